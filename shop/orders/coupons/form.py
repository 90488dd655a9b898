"""The form of a new coupon as both doors show it, and what it asks for."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from flask import request
from flask_babel import gettext as _

from shop.core import typed
from shop.core.db import transaction
from shop.core.errors import NotFound, Refused
from shop.core.money import parse_yuan
from shop.core.numbers import fold, row_id
from shop.core.quantity import parse_pieces
from shop.core.typed import Form
from shop.orders.coupons import issuing as coupons
from shop.orders.coupons.issuing import Issue

REQUIRED = frozenset({"name", "kind", "starts_on", "ends_on", "issued"})
LONGEST = 60
LONGEST_KEY = 80


def labels() -> dict[str, str]:
    """The fields in the order of the page."""
    return {
        "name": _("名称"), "kind": _("怎么减"), "off_fen": _("减多少钱"), "percent": _("减百分之几"),
        "cap_fen": _("最多减多少钱"),
        "threshold_fen": _("满多少钱可用"), "starts_on": _("第一天"), "ends_on": _("最后一天"), "issued": _("发多少张"),
        "budget_fen": _("总额"), "only_id": _("哪家合作社的商品可用"),
    }  # fmt: skip


def form(values: Mapping[str, str], *, of_town: bool) -> Form:
    """What was typed; a town is asked for a budget as well."""
    names = labels()
    return Form(
        names,
        {name: values.get(name, "")[:LONGEST] for name in names},
        REQUIRED | {"budget_fen"} if of_town else REQUIRED,
    )


def key() -> str:
    """For the hidden field: the one that was sent, or a new one."""
    return request.form.get("idempotency_key", "")[:LONGEST_KEY] or secrets.token_urlsafe(18)


def issue(
    wanted: Form, by: int, *, cooperative_id: int | None = None, region_code: str | None = None
) -> bool:
    """Issue what the form asks for, once a key; False, with sentences beside its fields, where that cannot be."""
    read = _read(wanted)
    if read is not None:
        sent = request.form.get("idempotency_key", "")[:LONGEST_KEY]
        try:
            with transaction():
                coupons.issue(read, sent, by, cooperative_id=cooperative_id, region_code=region_code)
        except (Refused, NotFound) as refusal:
            wanted.blame(refusal)
    return not wanted.problems


def _read(wanted: Form) -> Issue | None:
    kind = wanted.text("kind")
    amount, rate = kind == "amount", kind == "percent"
    if not (amount or rate):
        wanted.refuse("kind", _("请选择减金额还是打折"))
    off = wanted.read("off_fen", _yuan(wanted, "off_fen")) if amount else None
    percent = wanted.read("percent", _number(wanted, "percent", "%")) if rate else None
    cap = wanted.read("cap_fen", _yuan(wanted, "cap_fen")) if rate else None
    least = (
        wanted.read("threshold_fen", _yuan(wanted, "threshold_fen", zero=True))
        if _filled(wanted, "threshold_fen")
        else 0
    )
    first, last = (
        wanted.read(name, lambda words, name=name: typed.day(words, label=wanted.labels[name]))  # type: ignore[misc]
        for name in ("starts_on", "ends_on")
    )
    issued = wanted.read("issued", _number(wanted, "issued", "张"))
    wants_budget = "budget_fen" in wanted.required or _filled(wanted, "budget_fen")
    budget = wanted.read("budget_fen", _yuan(wanted, "budget_fen")) if wants_budget else None
    only = row_id(wanted.text("only_id")) if _filled(wanted, "only_id") else None
    if _filled(wanted, "only_id") and only is None:
        wanted.refuse("only_id", _("没有找到这家合作社，请重新选择"))
    if wanted.problems or first is None or last is None or issued is None:
        return None
    return Issue(wanted.text("name"), kind, off, percent, cap, least or 0, first, last, issued, budget, only)


def _filled(wanted: Form, name: str) -> bool:
    return bool(fold(wanted.text(name)))


def _yuan(wanted: Form, name: str, *, zero: bool = False) -> Callable[[str], int]:
    return lambda words: parse_yuan(words, label=wanted.labels[name], zero_allowed=zero)


def _number(wanted: Form, name: str, unit: str) -> Callable[[str], int]:
    return lambda words: parse_pieces(words, unit, label=wanted.labels[name])
