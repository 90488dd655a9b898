"""Waybills from the express company's table: one parcel a row, everything of the order that is still to go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from shop.core.numbers import fold
from shop.core.table_file import TableRow
from shop.core.table_import.kind import Checked, Column
from shop.core.text import N_
from shop.orders import batch_waybills, express, fulfilment, states

# a deed's field → our column
_FIELDS = {"number": "waybill"}


@dataclass
class Context:
    """Read once for all rows of a file."""

    cooperative_id: int
    by: int
    parts: Mapping[str, Any]
    rows: dict[str, int] = field(default_factory=dict)  # number → its row in this file


class ParcelRows:
    code, name, subject = "parcels", N_("批量发货"), "suborder"
    note = N_("模板里已列好待发货的订单，只填快递公司和单号；空着的不动。礼品单请在页面上发")
    columns = (
        Column("number", N_("订单号"), "", required=True, long=True, width=24),
        Column("company", N_("快递公司"), "", headed=True, width=16),
        Column("waybill", N_("快递单号"), "", long=True, headed=True, width=24),
    )
    fields = _FIELDS

    def choices(self, cooperative_id: int) -> Mapping[str, Sequence[str]]:
        return {"company": [company.name for company in express.COMPANIES]}

    def filled(self, cooperative_id: int) -> list[tuple[str, ...]]:
        """The rows that the form brings with it."""
        return [(number, "", "") for number in batch_waybills.waiting_numbers(cooperative_id)]

    def begin(self, cooperative_id: int, by: int, lines: Sequence[TableRow]) -> Context:
        numbers = {_number(line["number"]) for line in lines}
        return Context(cooperative_id, by, batch_waybills.orders(cooperative_id, numbers))

    def check(self, context: Context, row: Checked) -> None:
        form = row.form
        if not form.text("company") and not form.text("waybill"):
            row.leave(_("没有填快递，不动"))
            return
        part = context.parts.get(_number(form.text("number")))
        if part is None:
            form.refuse("number", _("没有找到这张订单"))
            return
        before = context.rows.setdefault(part.number, row.number)
        if before != row.number:
            form.refuse("number", _("和第 %(number)s 行重复，请只留一行", number=before))
        if part.delivery == "gift":
            form.refuse("number", _("礼品单请在页面上发"))
        if part.state in (states.SHIPPED, states.RECEIVED):
            row.known = _("已经发过了，不再发")
            return
        if part.state != states.TO_SHIP:
            form.refuse("number", _("这张订单现在不能发货"))
        names = {word: one.code for one in express.COMPANIES for word in (one.name, _(one.name), one.code)}
        company = names.get(form.text("company"))
        if company is None:
            form.refuse("company", _("请选择快递公司"))
            return
        waybill = form.read("waybill", lambda text: fulfilment.waybill(company, text))
        if waybill is not None and express.looks_unusual(*waybill):
            row.warnings["waybill"] = _("单号和这家公司平常的样子不一样，请对一眼面单")
        row.wanted = (part.id, company, form.text("waybill"))

    def save(self, context: Context, row: Checked) -> int:
        suborder_id, company, number = row.wanted
        fulfilment.ship(suborder_id, context.cooperative_id, company, number, context.by)
        return int(suborder_id)


def _number(typed: str) -> str:
    return fold(typed).upper()
