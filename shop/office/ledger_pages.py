"""对账: attributed sales per household beside the money credited, down to the order lines, and the trace of an order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import abort, g, render_template
from flask_babel import gettext as _

from shop.accounts import guards
from shop.cooperatives.income import credited
from shop.cooperatives.income import queries as income
from shop.cooperatives.produce import deliverers
from shop.core import clock, pages
from shop.office import month
from shop.office.blueprint import bp
from shop.orders import attributed
from shop.orders.trace import trace

SIZE = 30


@dataclass
class PartyRow:
    """One party's month: figure (a) sold_fen and figure (b) credited_fen stand side by side and are never added."""

    household_id: int | None
    member_number: int | None
    head_name: str
    supplier: str
    village: str
    lines: int = 0
    sold_fen: int = 0
    credited_fen: int = 0


def parties(sales: Iterable[income.PartySales], credits_: Iterable[credited.Credit]) -> list[PartyRow]:
    """Both figures per party: members by number, other households, suppliers."""
    found: dict[tuple[int | None, int | None], PartyRow] = {}

    def row(of: income.PartySales | credited.Credit) -> PartyRow:
        own = of.household_id is not None
        return found.setdefault(
            (of.household_id, of.supplier_id),
            PartyRow(
                of.household_id,
                of.member_number,
                of.name if own else "",
                "" if own else of.name,
                of.village_name,
            ),
        )

    for sale in sales:
        one = row(sale)
        one.sold_fen += sale.fen
        one.lines += sale.lines
        one.member_number = one.member_number or sale.member_number
    for credit in credits_:
        one = row(credit)
        one.credited_fen += credit.fen
        one.member_number = one.member_number or credit.member_number
    return sorted(
        found.values(),
        key=lambda one: (
            one.member_number is None,
            one.member_number or 0,
            one.household_id is None,
            one.household_id or 0,
        ),
    )


@bp.get("/<coop>/ledger")
@guards.manager
def ledger(coop: str) -> str:
    asked = month.asked()
    rows = parties(
        income.sales_by_party(g.cooperative_id, asked.first, asked.last),
        credited.credits_by_party(g.cooperative_id, asked.first, asked.last),
    )
    number = pages.page_number()
    return render_template(
        "office/ledger.html",
        month=asked,
        page=pages.Page(rows[(number - 1) * SIZE : number * SIZE], number, SIZE, len(rows)),
        sold_fen=sum(row.sold_fen for row in rows),
        credited_fen=sum(row.credited_fen for row in rows),
        households=sum(1 for row in rows if row.household_id is not None and row.lines),
        waiting=attributed.waiting(g.cooperative_id),
        as_of=min(asked.last, clock.today()),
    )


@bp.get("/<coop>/ledger/households/<int:household_id>")
@guards.manager
def ledger_household(coop: str, household_id: int) -> str:
    asked = month.asked()
    who = deliverers.one(household_id, g.cooperative_id, asked.last)
    number = pages.page_number()
    rows = attributed.lines_of_household(
        g.cooperative_id, household_id, asked.first, asked.last, limit=SIZE, offset=(number - 1) * SIZE
    )
    title = _("%(n)s号 %(name)s", n=who.number, name=who.name) if who.number else who.name
    return _lines_page(asked, rows, number, title, f"{who.village} · {who.code}", household_id)


@bp.get("/<coop>/ledger/suppliers")
@guards.manager
def ledger_suppliers(coop: str) -> str:
    asked = month.asked()
    number = pages.page_number()
    rows = attributed.lines_of_suppliers(
        g.cooperative_id, asked.first, asked.last, limit=SIZE, offset=(number - 1) * SIZE
    )
    return _lines_page(asked, rows, number, _("外部供货商"), "", None)


def _lines_page(
    asked: month.Month, rows: list[Any], number: int, title: str, lead: str, household_id: int | None
) -> str:
    return render_template(
        "office/ledger_lines.html",
        month=asked,
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
        total_fen=rows[0].total_fen if rows else 0,
        title=title,
        lead=lead,
        household_id=household_id,
        as_of=min(asked.last, clock.today()),
    )


@bp.get("/<coop>/orders/<number>/trace")
@guards.manager
def trace_order(coop: str, number: str) -> str:
    """The own lines of an order: line → lot → household. What other cooperatives sold in it is not shown."""
    own = attributed.own_lines(number, g.cooperative_id)
    if not own:
        abort(404)
    document = trace(number)
    names = {row.code: row for row in deliverers.known(g.cooperative_id, clock.today())}
    return render_template(
        "office/trace.html",
        number=number,
        own=own,
        lines=[line for line in document["lines"] if line["line"] in own],
        names=names,
    )
