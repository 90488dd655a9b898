"""收货登记 from a table: one receipt a row, read by the rules of the page and booked by its deed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _

from shop.cooperatives.produce import daybook, deliverers, intake, queries
from shop.cooperatives.produce.mode_words import MODES
from shop.core import clock
from shop.core.numbers import fold
from shop.core.table_file import TableRow, read_day
from shop.core.table_import.kind import Checked, Column
from shop.core.text import N_, clean_line
from shop.office import intake_form
from shop.office.intake_form import Entry
from shop.office.typed_goods import WEIGHTS

KEY = "import:"

# a deed's field → our column
_FIELDS = {**intake_form.FIELDS, "household_id": "q"}


@dataclass
class Context:
    """Read once for all rows of a file."""

    cooperative_id: int
    by: int
    produces: Mapping[str, Any]
    people: Mapping[str, Sequence[deliverers.Deliverer]]
    before: Mapping[str, bool]  # request key → whether that receipt stands (was not reversed)
    alike: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    first: dict[tuple[Any, ...], int] = field(default_factory=dict)


class IntakeRows:
    code, name, subject = "intake", N_("收货登记"), "intake_receipt"
    note = N_("交货户写成员编号、户编号或姓名；一行一单，入账和页面上登记的一样")
    columns = (
        Column("q", N_("交货户"), "12", required=True, long=True),
        Column("produce", N_("产品"), "干香菇", required=True),
        Column("grade", N_("等级"), "统货", width=8),
        Column("quantity", N_("数量"), "20", required=True, width=10),
        Column("unit", N_("单位"), "斤", required=True, width=8),
        Column("mode", N_("收货方式"), "买断", required=True),
        Column("price", N_("单价（元）"), "29.00", width=10),
        Column("price_unit", N_("计价单位"), "斤", width=10),
        Column("received_on", N_("收货日期"), "2026-11-01", required=True),
        Column("certificate_no", N_("合格证编号"), "HGZ-0001", long=True, width=20),
    )
    fields = _FIELDS

    def choices(self, cooperative_id: int) -> Mapping[str, Sequence[str]]:
        produces = queries.produce_of(cooperative_id)
        words = {row.count_word for row in produces if row.unit_kind != "g"}
        units = [*WEIGHTS, *sorted(words)]
        return {
            "q": [row.label for row in deliverers.known(cooperative_id, clock.today())],
            "produce": [row.name for row in produces], "grade": intake_form.GRADES, "unit": units,
            "mode": [short for _name, _note, short in MODES.values()],
            "price_unit": [*intake_form.PRICED, *sorted(words)],
        }  # fmt: skip

    def begin(self, cooperative_id: int, by: int, lines: Sequence[TableRow]) -> Context:
        people: dict[str, list[deliverers.Deliverer]] = {}
        for one in deliverers.known(cooperative_id, clock.today()):
            for word in {one.name, one.code, one.label, str(one.number)}:
                people.setdefault(_plain(word), []).append(one)
        produces = {_plain(row.name): row for row in queries.produce_of(cooperative_id)}
        return Context(cooperative_id, by, produces, people, daybook.requests(cooperative_id, KEY))

    def check(self, context: Context, row: Checked) -> None:
        form = row.form
        produce = context.produces.get(_plain(form.text("produce")))
        if produce is None:
            form.refuse("produce", _("没有找到这种产品"))
        who = self._who(context, row)
        _words(form.values)
        on = read_day(form.text("received_on"))
        if on is None:
            form.refuse("received_on", _("收货日期要写成 2026-11-01 这样"))
        elif on > clock.today():
            form.refuse("received_on", _("交货日期不能晚于今天"))
        if form.text("mode") not in MODES:
            form.refuse("mode", _("请选择收货方式"))
        if form.text("grade") not in intake_form.GRADES:
            form.refuse("grade", _("请选择等级"))
        certificate = form.read(
            "certificate_no",
            lambda text: clean_line(text, label=_("合格证编号"), max_length=60, required=False),
        )
        if produce is None:
            return
        entry = Entry(form, "", (), produce, {}, [], (), None, {})
        quantity, price = intake_form.quantity_of(entry), intake_form.price_of(entry)
        if form.problems or who is None or on is None:
            return
        row.wanted = intake.Delivery(
            cooperative_id=context.cooperative_id, produce_id=produce.id, quantity=quantity or 0,
            mode=form.text("mode"), received_on=on, household_id=who.household_id, price_fen=price or 0,
            grade=form.text("grade"), certificate_no=certificate or "", recorded_by=context.by,
        )  # fmt: skip
        self._seen(context, row)

    def save(self, context: Context, row: Checked) -> int:
        return intake.record(row.wanted)

    def save_many(self, context: Context, rows: Sequence[Checked]) -> list[int]:
        """`save` for many rows at once; a refusal does not say of which."""
        return intake.record_many([row.wanted for row in rows])

    def _who(self, context: Context, row: Checked) -> deliverers.Deliverer | None:
        found = context.people.get(_plain(row.form.text("q")).removesuffix("号"), ())
        found = found or context.people.get(_plain(row.form.text("q")), ())
        if len(found) == 1:
            return found[0]
        if found:
            row.form.refuse("q", _("有 %(n)s 户都对得上，请改写成员编号或户编号", n=len(found)))
        else:
            row.form.refuse("q", _("没有找到这一户，请写成员编号或户编号"))
        return None

    def _seen(self, context: Context, row: Checked) -> None:
        """A row that an earlier file brought is not booked again; alike rows of one file are counted, so that each is one."""
        wanted = row.wanted
        same = (
            wanted.household_id, wanted.produce_id, wanted.quantity, wanted.mode, wanted.price_fen, wanted.grade,
            wanted.received_on.isoformat(), wanted.certificate_no,
        )  # fmt: skip
        context.alike[same] += 1
        key = (
            KEY
            + hashlib.sha256(repr((context.cooperative_id, same, context.alike[same])).encode()).hexdigest()
        )
        row.wanted = replace(wanted, request_key=key)
        if key in context.before:
            if context.before[key]:
                row.known = _("以前导入过，没有重复记")
            else:
                row.form.refuse("", _("这一行导入过又冲销了，请在收货登记页面上重新登记"))
            return
        day = (wanted.household_id, wanted.produce_id, wanted.received_on)
        first = context.first.setdefault(day, row.number)
        if first != row.number:
            row.warnings["q"] = _("同一户同一天同一产品，第 %(number)s 行也有，请确认不是重复", number=first)


def _words(values: dict[str, str]) -> None:
    """Our codes for what the form's lists say; the grade that the page starts with; the weight's unit prices too."""
    modes = {word: code for code, words in MODES.items() for word in (words[0], words[2], code)}
    values["mode"] = modes.get(values["mode"], values["mode"])
    values["grade"] = values["grade"] or intake_form.GRADES[0]
    if values["mode"] != "consign_commission":
        values["price_unit"] = values["price_unit"] or values["unit"]


def _plain(text: str) -> str:
    return "".join(fold(text).lower().split())
