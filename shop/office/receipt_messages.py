"""What a household is told of its delivery by text message: the code to confirm it with, and the slip."""

from __future__ import annotations

from typing import Any, cast

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from shop.accounts import sms
from shop.cooperatives.people import slips
from shop.cooperatives.produce.confirming import Sendable
from shop.core.http import settings
from shop.core.language import LOCALES
from shop.core.money import format_yuan
from shop.core.quantity import UnitKind, format_quantity


def send_code(sendable: Sendable) -> None:
    """Raises OSError when it could not be handed over."""
    with force_locale(LOCALES["zh"]):
        words = _(
            "%(coop)s收您%(goods)s，%(money)s。确认码 %(code)s，数目对再告诉收货的人，15 分钟内有效",
            coop=sendable.row.cooperative, goods=_goods(sendable.row), money=_money(sendable.row), code=sendable.code,
        )  # fmt: skip
    sms.gateway(settings()).send(sendable.phone, words)


def send_slip(sendable: Sendable) -> None:
    """Raises OSError when it could not be handed over."""
    row = sendable.row
    with force_locale(LOCALES["zh"]):
        words = _(
            "%(coop)s %(day)s 收您%(goods)s，%(money)s，单号 %(number)s",
            coop=row.cooperative, day=row.received_on.isoformat(), goods=_goods(row), money=_money(row), number=row.number,
        )  # fmt: skip
        if row.cooperative_phone:
            words += _("。数目不对请打 %(phone)s", phone=row.cooperative_phone)
        address = household_address(row.household_id)
        if address:
            words += _("。查看和确认：%(address)s ", address=address)
    sms.gateway(settings()).send(sendable.phone, words)


def household_address(household_id: int | None) -> str | None:
    """Where the household reads its own page, while a slip of it stands."""
    token = slips.reprinted(household_id) if household_id is not None else None
    return (
        None
        if token is None
        else settings().public_url.rstrip("/") + url_for("storefront.household", token=token)
    )


def _goods(row: Any) -> str:
    return f"{row.produce} {format_quantity(row.quantity, cast(UnitKind, row.unit_kind), row.count_word)}"


def _money(row: Any) -> str:
    if row.mode == "consign_commission":
        return str(_("卖出后按卖价扣提成付款"))
    if row.mode == "consign_fixed":
        return str(_("卖出后付 %(sum)s", sum=format_yuan(row.value_fen)))
    return str(_("货款 %(sum)s", sum=format_yuan(row.value_fen)))
