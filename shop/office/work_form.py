"""The form of a piece of work in the store: what was typed, and the work that this means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from flask_babel import gettext as _

from shop.cooperatives.produce import queries
from shop.cooperatives.produce.kinds_of_goods import COUNT_WORD
from shop.cooperatives.produce.transformations import usable
from shop.cooperatives.produce.work_terms import KINDS, Made, Work
from shop.core import clock, typed
from shop.core.form_keys import new_key, sent_key
from shop.core.numbers import BadNumber, row_id
from shop.core.pages import percent
from shop.core.quantity import UnitKind, format_quantity, parse_pieces, parse_weight
from shop.core.text import N_, BadInput
from shop.core.typed import Form
from shop.office.typed_goods import WEIGHTS, units_of

NEW = "new"  # the produce that is made on the way
ROWS = (1, 2, 3)
NEW_KINDS = {"g": N_("按重量"), "piece": N_("按件")}


def labels() -> dict[str, str]:
    found = {"kind": _("加工方式")}
    for n in ROWS:
        found |= {f"lot{n}": _("批次"), f"quantity{n}": _("投入数量"), f"unit{n}": _("单位")}
    for n in ROWS:
        found |= {
            f"produce{n}": _("产出的产品"), f"out{n}": _("产出数量"), f"out_unit{n}": _("单位"),
            f"best{n}": _("保质到哪一天"), f"factor{n}": _("等级系数"),
        }  # fmt: skip
        if n == 1:
            found |= {"new_name": _("新产品名称"), "new_kind": _("新产品怎么计数")}
    return found | {"note": _("备注")}


@dataclass
class Entry:
    """One rendering: the form, the lot it stands on, the other lots and the produce that it offers."""

    form: Form
    key: str
    lot: Any
    others: Sequence[Any]
    produces: Sequence[Any]
    echo: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)  # a field of the deed → the form's

    @property
    def units(self) -> tuple[str, ...]:
        return units_of(self.lot.unit_kind, self.lot.count_word)

    @property
    def out_units(self) -> tuple[str, ...]:
        words = dict.fromkeys(p.count_word for p in self.produces if p.unit_kind != "g")
        return (*WEIGHTS, *(words | {COUNT_WORD: None}))

    @property
    def makes_new(self) -> bool:
        return self.form.text("produce1") == NEW

    def more(self, first: str) -> bool:
        """Whether anything stands in the further rows that begin with this field."""
        return any(self.form.text(f"{first}{n}") for n in ROWS[1:])


def fresh(lot: Any, cooperative_id: int) -> Entry:
    """The empty form: dry goods of this lot, the same produce, its best-before day."""
    last = lot.best_before or clock.today() + timedelta(days=lot.shelf_life_days)
    values = dict.fromkeys(labels(), "") | {"kind": "dry", "lot1": str(lot.id), "new_kind": "g"}
    for n in ROWS:
        values |= {f"unit{n}": "斤", f"out_unit{n}": "斤", f"factor{n}": "100", f"best{n}": last.isoformat()}
    return _entry(lot, cooperative_id, values, new_key())


def sent(lot: Any, cooperative_id: int) -> Entry:
    """The form as this request sends it; the first lot is the page's own."""
    values = typed.posted(labels()).values | {"lot1": str(lot.id)}
    return _entry(lot, cooperative_id, values, sent_key())


def _entry(lot: Any, cooperative_id: int, values: dict[str, str], key: str) -> Entry:
    form = Form(labels(), values, frozenset({"kind", "quantity1", "produce1", "out1", "best1"}))
    others = [
        row
        for row in usable(cooperative_id, clock.today(), lot.mode)
        if row.id != lot.id and row.unit_kind == lot.unit_kind
    ]
    return Entry(form, key, lot, others, queries.produce_of(cooperative_id))


def work_of(entry: Entry, cooperative_id: int, by: int) -> Work | None:
    """The work that the form means, the new produce as id 0; None where something has to be mended. Notes the echo."""
    form = entry.form
    if form.text("kind") not in KINDS:
        form.refuse("kind", _("请选择加工方式"))
    inputs = _inputs(entry)
    outputs = [made for n in ROWS if (made := _output(entry, n)) is not None]
    _note_yield(entry, inputs, outputs)
    if form.problems:
        return None
    return Work(
        cooperative_id, form.text("kind"), inputs, outputs, form.text("note").strip(), by, entry.key or None
    )


def _inputs(entry: Entry) -> list[tuple[int, int]]:
    form = entry.form
    found: list[tuple[int, int]] = []
    offered = {row.id: row for row in (entry.lot, *entry.others)}
    for n in ROWS:
        if n > 1 and not form.text(f"lot{n}"):
            if form.text(f"quantity{n}").strip():
                form.refuse(f"lot{n}", _("请选择批次，或清空这一行的数量"))
            continue
        lot = offered.get(row_id(form.text(f"lot{n}")) or 0)
        if lot is None:
            form.refuse(f"lot{n}", _("没有找到这个批次，请重新选择"))
            continue
        quantity = _quantity(form, f"quantity{n}", f"unit{n}", lot.unit_kind, lot.count_word)
        if quantity is not None and quantity > lot.available:
            left = format_quantity(int(lot.available), cast(UnitKind, lot.unit_kind), lot.count_word)
            form.refuse(
                f"quantity{n}",
                _("批次 %(code)s 现在最多能用 %(left)s，其余已经有人订了或已发出", code=lot.code, left=left),
            )
        if quantity is not None:
            entry.places[f"input-{len(found)}"] = f"quantity{n}"
            found.append((int(lot.id), quantity))
    return found


def _output(entry: Entry, n: int) -> Made | None:
    form = entry.form
    chosen = form.text(f"produce{n}")
    if n > 1 and not chosen:
        if form.text(f"out{n}").strip():
            form.refuse(f"produce{n}", _("请选择产品，或清空这一行的数量"))
        return None
    goods = _new_goods(form) if n == 1 and chosen == NEW else _goods(entry, n)
    if goods is None:
        return None
    produce_id, kind, word = goods
    quantity = _quantity(form, f"out{n}", f"out_unit{n}", kind, word)
    best = form.read(f"best{n}", lambda text: typed.day(text, label=_("保质日期")))
    factor = form.read(f"factor{n}", _factor)
    if quantity is None or best is None or factor is None:
        return None
    place = sum(1 for name in entry.places if name.startswith("output-"))
    entry.places |= {
        f"output-{place}": f"out{n}",
        f"best-{place}": f"best{n}",
        f"factor-{place}": f"factor{n}",
    }
    return Made(produce_id, quantity, best, factor)


def _goods(entry: Entry, n: int) -> tuple[int, str, str] | None:
    """Produce id, how it is counted, its count word."""
    wanted = row_id(entry.form.text(f"produce{n}"))
    produce = next((row for row in entry.produces if row.id == wanted), None)
    if produce is None:
        entry.form.refuse(f"produce{n}", _("请选择产出的产品"))
        return None
    return int(produce.id), produce.unit_kind, produce.count_word


def _new_goods(form: Form) -> tuple[int, str, str] | None:
    if not form.text("new_name").strip():
        form.refuse("new_name", _("请填写新产品的名称"))
    if form.text("new_kind") not in NEW_KINDS:
        form.refuse("new_kind", _("请选择按重量还是按件"))
        return None
    return 0, form.text("new_kind"), COUNT_WORD


def _quantity(form: Form, name: str, unit_name: str, kind: str, word: str) -> int | None:
    """Grams or pieces; a unit that does not fit the goods is refused, never replaced."""
    unit = form.text(unit_name)
    if kind != "g":
        if unit in WEIGHTS:
            form.refuse(name, _("这种货按件数，单位请选“%(word)s”", word=word))
            return None
        return form.read(name, lambda text: parse_pieces(text, word, label=form.labels[name]))
    if unit not in WEIGHTS:
        form.refuse(name, _("这种货按重量，单位请选斤、公斤或克"))
        return None
    return form.read(name, lambda text: parse_weight(text, unit, label=form.labels[name]))


def _factor(text: str) -> int:
    try:
        return parse_pieces(text or "100", label=_("等级系数"))
    except BadNumber as refusal:
        raise BadInput(N_("等级系数写整数，普通是 100，好一倍写 200")) from refusal


def _note_yield(entry: Entry, inputs: Sequence[tuple[int, int]], outputs: Sequence[Made]) -> None:
    """Say back what was understood: what goes in, what comes out, and what is left of it."""
    if not inputs or not outputs:
        return
    went, came = sum(quantity for _lot, quantity in inputs), sum(made.quantity for made in outputs)
    kind, word = cast(UnitKind, entry.lot.unit_kind), entry.lot.count_word
    out_kind = _kind_of(entry, outputs[0])
    entry.echo = [
        _("投入 %(into)s", into=format_quantity(went, kind, word)),
        _("产出 %(out)s", out=format_quantity(came, out_kind, COUNT_WORD)),
    ]
    if kind == out_kind == "g" and came <= went:
        lost = format_quantity(went - came, "g")
        entry.echo.append(_("得率 %(rate)s，少了 %(lost)s", rate=percent(came, went), lost=lost))


def _kind_of(entry: Entry, made: Made) -> UnitKind:
    produce = next((row for row in entry.produces if row.id == made.produce_id), None)
    return cast(UnitKind, produce.unit_kind if produce else entry.form.text("new_kind"))
