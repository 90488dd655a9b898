"""A buyer's delivery addresses. Orders copy what they need, so editing or removing one changes no order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import phonenumbers
from flask_babel import gettext as _
from sqlalchemy import Row, func, select, update

from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import BadInput, clean_line, excerpt
from shop.orders import divisions
from shop.orders.models import Address

MOST = 20


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where to send goods, as typed."""

    recipient: str
    phone: str
    province: str
    city: str
    district: str
    detail: str
    street: str = ""


def of_buyer(user_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The buyer's addresses, the default one first. One statement."""
    return (
        session()
        .execute(
            select(
                Address.id,
                Address.recipient,
                Address.phone,
                Address.province,
                Address.city,
                Address.district,
                Address.street,
                Address.detail,
                Address.is_default,
            )
            .where(Address.user_id == user_id, Address.deleted_at.is_(None))
            .order_by(Address.is_default.desc(), Address.id.desc())
        )
        .all()
    )


def one(user_id: int, address_id: int) -> Row[*tuple[Any, ...]]:
    """One of the buyer's addresses. Raises NotFound for anybody else's."""
    row = next((row for row in of_buyer(user_id) if row.id == address_id), None)
    if row is None:
        raise NotFound(_("没有找到这个收货地址"))
    return row


def cleaned(typed: Delivery) -> tuple[dict[str, Any], dict[str, str]]:
    """The columns, and by field what is wrong with it; the columns only count when nothing is."""
    values: dict[str, Any] = asdict(typed)
    problems: dict[str, str] = {}
    for name, label, most in (
        ("recipient", _("收货人"), 30), ("detail", _("详细地址"), 100),
    ):  # fmt: skip
        try:
            values[name] = clean_line(values[name], label=label, max_length=most)
        except BadInput as error:
            problems[name] = _(error.template, **error.values)
    try:
        values["phone"] = _phone(typed.phone)
    except Refused as refusal:
        problems["phone"] = refusal.message
    part = divisions.wrong_part(typed.province, typed.city, typed.district, typed.street)
    if part:
        asked = {
            "province": _("请选择省份"), "city": _("请选择城市"), "district": _("请选择区县"),
            "street": _("请从名单里选乡镇街道，没有就空着"),
        }  # fmt: skip
        problems[part] = asked[part]
    return values, problems


def save(user_id: int, values: dict[str, Any], *, default: bool, address_id: int | None = None) -> int:
    """Keep a new address, or change an old one; the first one is the default. Returns its id. Raises NotFound, Refused."""
    if default:
        _clear_default(user_id)
    if address_id is not None:
        done = session().execute(
            update(Address)
            .where(Address.id == address_id, Address.user_id == user_id, Address.deleted_at.is_(None))
            .values(**values, **({"is_default": True} if default else {}))
            .returning(Address.id)
            .execution_options(synchronize_session=False)
        )
        if done.scalar() is None:
            raise NotFound(_("没有找到这个收货地址"))
        return address_id
    kept = session().execute(
        select(func.count(), func.bool_or(Address.is_default)).where(Address.user_id == user_id, Address.deleted_at.is_(None))
    ).one()  # fmt: skip
    if kept[0] >= MOST:
        raise Refused(_("最多保存 %(most)d 个地址，请先删掉不用的", most=MOST))
    row = values | {"user_id": user_id, "is_default": default or not kept[1]}
    return int(insert_rows(Address, [row], "id")[0])


def remove(user_id: int, address_id: int) -> None:
    """Take an address off the list. Raises NotFound."""
    done = session().execute(
        update(Address)
        .where(Address.id == address_id, Address.user_id == user_id, Address.deleted_at.is_(None))
        .values(deleted_at=func.now(), is_default=False)
        .returning(Address.id)
        .execution_options(synchronize_session=False)
    )
    if done.scalar() is None:
        raise NotFound(_("没有找到这个收货地址"))


def _clear_default(user_id: int) -> None:
    session().execute(
        update(Address)
        .where(Address.user_id == user_id, Address.is_default)
        .values(is_default=False)
        .execution_options(synchronize_session=False)
    )


def _phone(text: str) -> str:
    """A number of the mainland as E.164; full-width digits, blanks and dashes are fine. Raises Refused."""
    shown = excerpt(text.strip())
    if not shown:
        raise Refused(_("请填写手机号"), "phone")
    try:
        number = phonenumbers.parse(text[:40], "CN")
    except phonenumbers.NumberParseException:
        raise Refused(_("手机号要填 11 位数字，现在是“%(text)s”", text=shown), "phone") from None
    if number.country_code != 86 or not phonenumbers.is_valid_number(number):
        raise Refused(_("手机号要填 11 位数字，现在是“%(text)s”", text=shown), "phone")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
