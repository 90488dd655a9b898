"""What one row of a table of sales made elsewhere says by itself: its line of an order, its goods, its money."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from shop.assisted import selling
from shop.assisted.outside import Told
from shop.assisted.selling import External, Sale
from shop.core.errors import Refused
from shop.core.money import parse_yuan
from shop.core.numbers import fold, row_id
from shop.core.quantity import parse_pieces, parse_weight
from shop.core.table_file import read_day
from shop.core.text import clean_line
from shop.core.typed import Form

PAID = {"": selling.LATER, "未收": selling.LATER, "现金": selling.CASH, "转账": selling.TRANSFER}
TICKS = {"是", "√", "✓", "y", "yes", "1"}
PIECE = "件"
# a deed's field → our column
FIELDS = {"received_on": "sold_on", "contact": "buyer", "count": "quantity", "request_key": "number"}


@dataclass
class Line:
    """A row by itself, before it is held against the others and against what is here."""

    form: Form
    goods: Any = None
    external: External | None = None
    sale: Sale | None = None
    alike: Sequence[str] = ()  # orders that it may tell again

    @property
    def told(self) -> Told | None:
        if self.sale is None or self.external is None:
            return None
        return Told(
            self.goods.cooperative_id,
            self.goods.produce_id,
            self.sale.fen,
            self.sale.sold_on,
            self.external.platform,
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """Who sells what in a region: code or name → cooperatives, and (cooperative's code, name of the goods) → product."""

    region: str
    by: int
    sellers: Mapping[str, Sequence[Any]]
    goods: Mapping[tuple[str, str], Any]


def by_name(sellers: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in sellers:
        found.setdefault(fold(row.name), []).append(row)
    return found


def by_goods(offered: Sequence[Any]) -> dict[tuple[str, str], Any]:
    """Products by their name, and by the produce where one product alone of the cooperative is made of it."""
    made: dict[tuple[str, str], list[Any]] = {}
    for row in offered:
        made.setdefault((row.code, fold(row.produce)), []).append(row)
    alone = {key: rows[0] for key, rows in made.items() if len(rows) == 1}
    return alone | {(row.code, fold(row.name)): row for row in offered}


def read_line(offer: Offer, form: Form) -> Line:
    """What a row says, with its problems beside the columns."""
    line = Line(form)
    platform = form.read("platform", lambda text: clean_line(text, label=_("平台"), max_length=40))
    number = form.read("number", lambda text: clean_line(text, label=_("平台订单号"), max_length=60))
    at = row_id(fold(form.text("line") or "1"))
    if at is None:
        form.refuse("line", _("订单行要写 1、2 这样的数"))
    buyer = form.read("buyer", lambda text: clean_line(text, label=_("买家"), max_length=60))
    line.goods = _goods(offer, form)
    quantity = _quantity(form, line.goods)
    fen = form.read("amount", lambda text: int(parse_yuan(text, label=_("金额"))))
    sold_on = read_day(form.text("sold_on"))
    if sold_on is None:
        form.refuse("sold_on", _("日期要写成 2026-11-01 这样"))
    reference = form.read(
        "reference", lambda text: clean_line(text, label=_("银行流水号"), max_length=100, required=False)
    )
    if form.text("paid") not in PAID:
        form.refuse("paid", _("收款只能写现金、转账或未收"))
    if platform and number and at is not None and not {"platform", "number", "line"} & form.problems.keys():
        line.external = External(platform, number, at)
    if form.problems or line.external is None or line.goods is None or sold_on is None:
        return line
    sale = Sale(
        region_code=offer.region, sku_id=line.goods.sku_id, quantity=quantity or 0, fen=fen or 0, sold_on=sold_on,
        request_key="sheet-" + hashlib.sha256(repr(tuple(line.external)).encode()).hexdigest(), by=offer.by,
        buyer=buyer or "", paid=PAID[form.text("paid")], reference=reference or "", external=line.external,
        confirmed=fold(form.text("confirmed")).lower() in TICKS,
    )  # fmt: skip
    try:
        selling.check(sale)
    except Refused as refusal:
        form.blame(refusal, FIELDS)
        return line
    line.sale = sale
    return line


def _goods(offer: Offer, form: Form) -> Any:
    found = offer.sellers.get(fold(form.text("cooperative")), ())
    if not found:
        form.refuse("cooperative", _("本镇没有这家合作社，请从选项里选"))
        return None
    if len(found) > 1:
        codes = "、".join(row.code for row in found)
        form.refuse("cooperative", _("有几家同名的，请改写代码：%(codes)s", codes=codes))
        return None
    what = offer.goods.get((found[0].code, fold(form.text("goods"))))
    if what is None:
        form.refuse("goods", _("这家合作社没有叫“%(name)s”的货", name=form.text("goods")[:40]))
    return what


def _quantity(form: Form, what: Any) -> int | None:
    if what is None:
        return None
    if what.unit_kind == "g":
        unit = form.text("unit") or None
        return form.read("quantity", lambda text: parse_weight(text, unit, label=_("数量")))
    if form.text("unit") not in (what.count_word, PIECE):
        form.refuse("unit", _("这种货按%(word)s卖，单位请写%(word)s", word=what.count_word))
    return form.read("quantity", lambda text: parse_pieces(text, what.count_word, label=_("数量")))
