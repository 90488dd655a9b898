"""The charter's parameters as a form: of the chair's new version, and of a cooperative that is founded."""

from __future__ import annotations

from functools import partial
from typing import cast

from flask_babel import gettext as _

from shop.cooperatives.income.charters import Terms
from shop.cooperatives.people.queries import CharterTerms
from shop.core import typed
from shop.core.money import format_plain, parse_yuan
from shop.core.numbers import percent_of, read_percent
from shop.core.quantity import parse_pieces
from shop.core.typed import Form

RATES = ("reserve_rate", "patronage_ratio", "commission_rate")
CHOICES = ("patronage_basis", "freight_bearer", "packaging_bearer", "fee_bearer")


def labels() -> dict[str, str]:
    return {
        "valid_from": _("从哪天起生效"),
        "reserve_rate": _("公积金提取比例"),
        "patronage_ratio": _("盈余返还比例"),
        "patronage_basis": _("返还依据"),
        "commission_rate": _("代销提成比例"),
        "freight_bearer": _("运费由谁承担"),
        "packaging_bearer": _("包装费由谁承担"),
        "fee_bearer": _("支付手续费由谁承担"),
        "minimum_payout_fen": _("起付额"),
        "notice_days": _("公示天数"),
    }


def values_of(terms: CharterTerms) -> dict[str, str]:
    """What is in force, as it would be typed; the day is left to be chosen."""
    values = {name: percent_of(getattr(terms, name)).removesuffix("%") for name in RATES}
    values |= {name: getattr(terms, name) for name in CHOICES}
    values["minimum_payout_fen"] = format_plain(terms.minimum_payout_fen)
    values["notice_days"] = str(terms.notice_days)
    return values


def read(form: Form) -> Terms | None:
    """What the form means; None, with sentences beside the fields, where it cannot be read."""
    day = form.read("valid_from", lambda text: typed.day(text, label=form.labels["valid_from"]))
    rates = {name: form.read(name, partial(read_percent, label=form.labels[name])) for name in RATES}
    minimum = form.read(
        "minimum_payout_fen",
        lambda text: parse_yuan(text, label=form.labels["minimum_payout_fen"], zero_allowed=True),
    )
    days = form.read("notice_days", lambda text: parse_pieces(text, "天", label=form.labels["notice_days"]))
    if form.problems or day is None:
        return None
    return Terms(
        valid_from=day,
        **cast(dict[str, str], rates),
        **{name: form.text(name) for name in CHOICES},
        minimum_payout_fen=minimum or 0,
        notice_days=days or 0,
    )
