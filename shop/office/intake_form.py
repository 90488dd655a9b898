"""The intake form: what it starts with, what was typed, and the delivery that this means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from flask import request
from flask_babel import gettext as _

from shop.cooperatives.people import queries as people_queries
from shop.cooperatives.produce import daybook, deliverers, intake, prices, queries
from shop.cooperatives.produce.deliverers import Deliverer
from shop.cooperatives.produce.mode_words import MODES
from shop.core import clock, typed
from shop.core.errors import NotFound
from shop.core.form_keys import new_key, sent_key
from shop.core.money import MAX_FEN, format_yuan, parse_yuan, price_times_quantity
from shop.core.numbers import row_id
from shop.core.quantity import UnitKind, format_quantity, format_weight
from shop.core.text import BadInput, clean_line, excerpt
from shop.core.typed import Form
from shop.office.typed_goods import read_goods, units_of

GRADES = ("统货", "特级", "一级", "二级", "三级")
PRICED = {"公斤": 1, "斤": 2}  # fen per kilogram is the typed price times this
OFFERED = 300  # households in the list that a browser completes from
# where a deed's refusal belongs on the page
FIELDS = {"household_id": "q", "price_fen": "price", "commission_rate": "mode", "grade_factor": "grade"}


def labels() -> dict[str, str]:
    return {
        "produce": _("产品"), "q": _("交货户"), "supplier": _("已有供货商"), "supplier_new": _("新供货商名称"),
        "mode": _("收货方式"), "quantity": _("数量"), "unit": _("单位"), "price": _("单价"), "price_unit": _("计价单位"),
        "grade": _("等级"), "certificate_no": _("合格证编号"), "received_on": _("收货日期"),
    }  # fmt: skip


@dataclass
class Entry:
    """One rendering of the page: the form with everything it offers, and the household that was meant."""

    form: Form
    key: str
    produces: Sequence[Any]
    produce: Any
    last: Mapping[int, Any]
    people: list[Deliverer]
    suppliers: Sequence[tuple[int, str]]
    charter: people_queries.CharterTerms | None
    listed: Mapping[tuple[str, str], Any]  # (grade, mode) → the price list's row on the day of the form
    filled: str = ""  # the price (fen per kilogram or piece) that the list put into the field
    candidates: list[Deliverer] = field(default_factory=list)
    chosen: Deliverer | None = None
    more: int = 0
    echo: list[str] = field(default_factory=list)

    @property
    def by_weight(self) -> bool:
        return bool(self.produce.unit_kind == "g")

    @property
    def units(self) -> tuple[str, ...]:
        return units_of(self.produce.unit_kind, self.produce.count_word)

    @property
    def price_units(self) -> tuple[str, ...]:
        return tuple(PRICED) if self.by_weight else (self.produce.count_word,)

    @property
    def price_words(self) -> dict[str, str]:
        return {unit: _("元/%(unit)s", unit=unit) for unit in self.price_units}


def fresh(cooperative_id: int) -> Entry | None:
    """The empty form, with what ?produce=, mode, price … keep from the receipt before; None where nothing is taken in."""
    values = {name: request.args.get(name, "")[:60] for name in labels()}
    values["received_on"] = values["received_on"] or clock.today().isoformat()
    entry = _entry(cooperative_id, values)
    if entry is None:
        return None
    last = entry.last.get(entry.produce.id)
    kept = entry.form.values
    if kept["unit"] not in entry.units:
        kept["unit"] = entry.units[0]
    if kept["price_unit"] not in entry.price_units:
        kept["price_unit"] = entry.price_units[0]
    if kept["mode"] not in MODES:
        kept["mode"] = last.mode if last else "buyout"
    if kept["grade"] not in GRADES:
        kept["grade"] = GRADES[0]
    return entry


def sent(cooperative_id: int) -> Entry | None:
    """The form as this request sends it."""
    entry = _entry(cooperative_id, typed.posted(labels()).values)
    if entry is None:
        return None
    entry.key = sent_key()
    entry.filled = request.form.get("filled", "")[:20]
    return entry


def _entry(cooperative_id: int, values: dict[str, str]) -> Entry | None:
    produces = queries.produce_of(cooperative_id)
    if not produces:
        return None
    last = {row.produce_id: row for row in daybook.latest(cooperative_id)}
    wanted = row_id(values["produce"])
    if request.method == "POST" and wanted not in {row.id for row in produces}:
        raise NotFound(_("没有找到这种产品"))
    if wanted is None:
        wanted = next(iter(last), None)
    produce = next((row for row in produces if row.id == wanted), produces[0])
    values["produce"] = str(produce.id)
    form = Form(labels(), values, frozenset({"q", "quantity", "mode", "grade", "received_on", "produce"}))
    return Entry(
        form=form,
        key=new_key(),
        produces=produces,
        produce=produce,
        last=last,
        people=deliverers.known(cooperative_id, clock.today()),
        suppliers=[(row.id, row.name) for row in queries.suppliers_of(cooperative_id)],
        charter=people_queries.charter_on(cooperative_id, clock.today()),
        listed=listed_on(cooperative_id, produce.id, values["received_on"]),
    )


def listed_on(cooperative_id: int, produce_id: int, day: str) -> Mapping[tuple[str, str], Any]:
    """The price list on the day that was typed, or today's where that is no day."""
    try:
        on = typed.day(day, label="")
    except BadInput:
        on = clock.today()
    return prices.in_force(cooperative_id, produce_id, on)


def searching() -> bool:
    """The press only looks a household up, or chooses another produce: nothing is stored."""
    return request.form.get("act", "save") not in ("save", "next")


def check_party(entry: Entry) -> None:
    """Exactly one of a household and an outside supplier; sentences go beside the fields."""
    form = entry.form
    text = form.text("q").strip()
    outside = form.text("supplier") or form.text("supplier_new").strip()
    if outside:
        if text or entry.chosen:
            form.refuse("q", _("农户和外部供货商只能填一个，请清空其中一个"))
        return
    if entry.chosen is not None:
        return
    if not text:
        form.refuse("q", _("请填写交货户，或在下面填外部供货商"))
    elif not entry.candidates:
        form.refuse("q", _("没有找到“%(text)s”。可以填姓名、拼音、首字母或成员编号", text=excerpt(text)))
    elif len(entry.candidates) == 1:
        form.refuse("q", _("请确认是不是下面这一户，是就再按一次保存"))
        entry.chosen = entry.candidates[0]
    else:
        form.refuse("q", _("有 %(n)s 户都对得上，请选一户", n=len(entry.candidates) + entry.more))


def quantity_of(entry: Entry) -> int | None:
    """Grams or pieces; a unit that the page does not offer is refused, never replaced."""
    goods = entry.produce
    return read_goods(
        entry.form,
        "quantity",
        "unit",
        produce=goods.name,
        unit_kind=goods.unit_kind,
        count_word=goods.count_word,
    )


def price_of(entry: Entry) -> int | None:
    """Fen per kilogram or piece; 0 in commission mode."""
    form = entry.form
    if form.text("mode") == "consign_commission":
        if form.text("price").strip():
            form.refuse("price", _("提成代销没有约定价，请清空单价"))
            return None
        return 0
    if form.text("price_unit") not in entry.price_units:
        form.refuse("price", _("请选择单价按什么算：%(units)s", units="、".join(entry.price_units)))
        return None
    fen = form.read("price", lambda text: parse_yuan(text, label=_("单价")))
    return None if fen is None else fen * PRICED.get(form.text("price_unit"), 1)


def delivery_of(entry: Entry, cooperative_id: int, by: int) -> intake.Delivery | None:
    """The delivery that the form means, but for a new supplier's id; None where something has to be mended."""
    form = entry.form
    check_party(entry)
    quantity, price = quantity_of(entry), price_of(entry)
    mode, grade = form.text("mode"), form.text("grade") or GRADES[0]
    if mode not in MODES:
        form.refuse("mode", _("请选择收货方式"))
    if grade not in GRADES:
        form.refuse("grade", _("请选择等级"))
    certificate = form.read(
        "certificate_no", lambda text: clean_line(text, label=_("合格证编号"), max_length=60, required=False)
    )
    received_on = form.read("received_on", lambda text: typed.day(text, label=_("收货日期")))
    supplier_id = _supplier(entry)
    note_echo(entry, quantity, price)
    if form.problems:
        return None
    return intake.Delivery(
        cooperative_id=cooperative_id,
        produce_id=entry.produce.id,
        quantity=quantity or 0,
        mode=mode,
        received_on=cast(date, received_on),
        household_id=entry.chosen.household_id if entry.chosen else None,
        supplier_id=supplier_id,
        price_fen=price or 0,
        grade=grade,
        certificate_no=certificate or "",
        recorded_by=by,
        request_key=entry.key,
    )


def _supplier(entry: Entry) -> int | None:
    form = entry.form
    wanted = form.text("supplier")
    if form.text("supplier_new").strip():
        form.read("supplier_new", lambda text: clean_line(text, label=_("供货商名称"), max_length=60))
        if wanted:
            form.refuse("supplier_new", _("已有供货商和新供货商只能填一个"))
        return None
    if not wanted:
        return None
    found = next((known for known, _name in entry.suppliers if known == row_id(wanted)), None)
    if found is None:
        form.refuse("supplier", _("没有找到这个供货商，请重新选择"))
    return found


def note_echo(entry: Entry, quantity: int | None, price: int | None) -> None:
    """Say back what was understood: the weight in kilograms, and what it comes to."""
    if quantity is None:
        return
    kind, word = cast(UnitKind, entry.produce.unit_kind), entry.produce.count_word
    shown = entry.form.text("quantity").strip().removesuffix(entry.form.text("unit")) + entry.form.text(
        "unit"
    )
    entry.echo.append(
        f"{excerpt(shown)} = {format_weight(quantity)}"
        if entry.by_weight
        else format_quantity(quantity, kind, word)
    )
    if price:
        value = price_times_quantity(price, quantity) if entry.by_weight else price * quantity
        if value <= MAX_FEN:
            entry.echo.append(_("货款 %(sum)s", sum=format_yuan(value)))
