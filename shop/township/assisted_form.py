"""The form of a sale entered by phone: what it offers, what was typed, and the sale that this means."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _

from shop.assisted import goods, matching, selling
from shop.core import clock, typed
from shop.core.money import format_plain, parse_yuan, price_times_quantity
from shop.core.numbers import row_id, trimmed
from shop.core.quantity import UNIT_GRAMS, format_quantity, parse_pieces, parse_weight
from shop.core.text import clean_line
from shop.core.typed import Form

WEIGHTS = ("斤", "公斤", "克")
PIECES = "件"
UNITS = (*WEIGHTS, PIECES)
TOTAL = "total"
# how the money was said: in all, or for a unit (fen per kilogram is the typed price times this)
PRICED = {"斤": 2, "公斤": 1}
LONGEST_NAME, LONGEST_NOTE = 60, 200
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
FIELDS = {"amount": "money", "received_on": "sold_on", "contact": "buyer"}  # a deed's field → ours


def labels() -> dict[str, str]:
    return {
        "goods": _("卖的什么"), "quantity": _("多少"), "unit": _("单位"), "money": _("多少钱"), "priced": _("怎么算的钱"),
        "buyer": _("卖给谁"), "paid": _("钱收到没有"), "reference": _("银行流水号"), "sold_on": _("哪天卖的"),
        "picture": _("收据或送货单照片"), "note": _("备注"), "confirmed": _("确认不是重复"),
    }  # fmt: skip


def priced() -> list[tuple[str, str]]:
    return [(TOTAL, _("元（合计）")), ("斤", _("元/斤")), ("公斤", _("元/公斤")), (PIECES, _("元/件"))]


@dataclass
class Entry:
    """One rendering: the form, its key, what can be sold."""

    form: Form
    key: str
    offered: Sequence[Any]
    match_id: int | None = None
    alike: Sequence[Any] = ()  # orders that it may be a repeat of

    @property
    def chosen(self) -> Any:
        return next((row for row in self.offered if str(row.sku_id) == self.form.text("goods")), None)

    @property
    def groups(self) -> Mapping[str, list[tuple[str, str]]]:
        """Cooperative → (sku, name with what is left of it), what has stock first."""
        found: dict[str, list[tuple[str, str]]] = {}
        for row in sorted(self.offered, key=lambda row: row.left <= 0):
            left = format_quantity(int(row.left), row.unit_kind, row.count_word)
            words = _("%(name)s（现有 %(left)s）", name=row.name, left=left) if row.left > 0 else row.name
            found.setdefault(f"{row.village} · {row.cooperative}", []).append((str(row.sku_id), str(words)))
        return found


REQUIRED = frozenset({"goods", "quantity", "money", "buyer", "paid", "sold_on"})


def fresh(region_code: str) -> Entry:
    """The empty form, for today; filled from a match where ?match= names one."""
    entry = Entry(Form(labels(), {}, REQUIRED), secrets.token_urlsafe(18), _offered(region_code))
    values = entry.form.values
    values |= {"sold_on": clock.today().isoformat(), "unit": WEIGHTS[0], "priced": TOTAL, "paid": ""}
    entry.match_id = row_id(request.args.get("match", ""))
    said = matching.for_entry(entry.match_id, region_code) if entry.match_id else None
    if said is None:
        entry.match_id = None
        return entry
    fits = [
        row
        for row in entry.offered
        if said.goods in (row.produce, row.name) and said.cooperative in (None, row.code)
    ]
    by_weight = said.unit_kind == "g"
    return _filled(entry, str(fits[0].sku_id) if fits else "", said, by_weight)


def _filled(entry: Entry, sku: str, said: Any, by_weight: bool) -> Entry:
    entry.form.values |= {
        "goods": sku, "buyer": said.contact, "unit": "公斤" if by_weight else PIECES,
        "quantity": trimmed(said.quantity, 3).replace(",", "") if by_weight else str(said.quantity),
        "money": format_plain(said.price_fen).replace(",", "") if said.price_fen else "",
        "priced": "公斤" if by_weight else PIECES,
    }  # fmt: skip
    return entry


def sent(region_code: str) -> Entry:
    """As this request sends it."""
    key = request.form.get("idempotency_key", "")
    if not _KEY.fullmatch(key):
        key = secrets.token_urlsafe(18)
    return Entry(
        typed.posted(labels(), REQUIRED), key, _offered(region_code), row_id(request.form.get("match", ""))
    )


def _offered(region_code: str) -> Sequence[Any]:
    code = request.values.get("coop", "")[:60]
    return goods.on_offer(region_code, clock.today(), (code,) if code else ())


def read(entry: Entry, region_code: str, by: int) -> selling.Sale | None:
    """What the form means, without its contact; None, with sentences beside the fields, where it means nothing."""
    form, row = entry.form, entry.chosen
    if row is None:
        form.refuse("goods", _("请选择卖的是哪家合作社的什么货"))
    buyer = form.read("buyer", lambda text: clean_line(text, label=_("买家名称"), max_length=LONGEST_NAME))
    note = form.read(
        "note", lambda text: clean_line(text, label=_("备注"), max_length=LONGEST_NOTE, required=False)
    )
    sold_on = form.read("sold_on", lambda text: typed.day(text, label=_("销售日期")))
    reference = form.read(
        "reference", lambda text: clean_line(text, label=_("银行流水号"), max_length=100, required=False)
    )
    if form.text("paid") not in selling.PAID:
        form.refuse("paid", _("请选择钱收到没有"))
    quantity = _quantity(form, row)
    fen = _fen(form, row, quantity)
    if form.problems or quantity is None or fen is None or sold_on is None or row is None:
        return None
    return selling.Sale(
        region_code=region_code, sku_id=row.sku_id, quantity=quantity, fen=fen, sold_on=sold_on, request_key=entry.key, by=by,
        buyer=buyer or "", paid=form.text("paid"), reference=reference or "", note=note or "", match_id=entry.match_id,
        confirmed=form.text("confirmed") == "1",
    )  # fmt: skip


def _quantity(form: Form, row: Any) -> int | None:
    unit = form.text("unit")
    if unit not in UNITS:
        form.refuse("quantity", _("请选择单位"))
        return None
    if row is None:
        return form.read(
            "quantity", lambda text: parse_weight(text, None if unit == PIECES else unit, label=_("数量"))
        )
    if (row.unit_kind == "g") != (unit in UNIT_GRAMS):
        word = "、".join(WEIGHTS) if row.unit_kind == "g" else PIECES
        form.refuse("quantity", _("“%(name)s”的单位要选%(units)s", name=row.name, units=word))
        return None
    if row.unit_kind == "g":
        return form.read("quantity", lambda text: parse_weight(text, unit, label=_("数量")))
    return form.read("quantity", lambda text: parse_pieces(text, row.count_word, label=_("数量")))


def _fen(form: Form, row: Any, quantity: int | None) -> int | None:
    """In all: as typed, or the price times the quantity, rounded once."""
    fen = form.read("money", lambda text: parse_yuan(text, label=_("金额")))
    how = form.text("priced")
    if how == TOTAL or fen is None:
        return fen
    if how not in (*PRICED, PIECES) or (row is not None and (row.unit_kind == "g") != (how in PRICED)):
        form.refuse("money", _("请选择合计，或按这种货的单位算"))
        return None
    if quantity is None:
        return None
    worth = fen * quantity if how == PIECES else price_times_quantity(fen * PRICED[how], quantity)
    if worth <= 0:
        form.refuse("money", _("金额不足 1 分钱，请检查单价"))
        return None
    return int(worth)
