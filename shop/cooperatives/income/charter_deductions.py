"""What the charter says the producers bear of their consigned sales: freight, packaging, the payment provider's fee.

Once a month, cooperative and kind of cost, before the month's settlement is computed. Costs that came too late for their
month are taken up by the next; a sale of goods that the cooperative bought is its own, and so is that sale's part of the cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from shop.cooperatives.income.deductions import KIND
from shop.cooperatives.income.models import CharterDeduction
from shop.cooperatives.income.settlement_lines import DEDUCTION_NAMES
from shop.cooperatives.ledger.accounts import Account, payable
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.shares import largest_remainder
from shop.core import clock, faults
from shop.core.db import insert_rows, session
from shop.core.money import format_yuan

Party = tuple[int | None, int | None, int | None]  # household, member account, supplier

_BEARING = text(
    """
    select distinct cooperative_id from charter
     where cooperative_id = any(:cooperatives) and valid_from < :next
       and 'producers' in (freight_bearer, packaging_bearer, fee_bearer)
    """
)
# What was spent while the charter put it on the producers (what buyers paid for sending is taken off), less what earlier
# months took up. A kind that this month has taken up is left out.
_COSTS = text(
    """
    with cost as (
      select t.cooperative_id, t.on_date, e.fen,
             case when e.account = '521' then t.kind else 'shipping' end as kind
        from ledger_transaction t join ledger_entry e on e.transaction_id = t.id
       where t.cooperative_id = any(:cooperatives) and t.on_date < :next
         and ((e.account = '521' and t.kind in ('shipping', 'packaging', 'fee'))
           or (e.account = '502' and t.kind in ('freight', 'refund')))
    ),
    borne as (
      select c.cooperative_id, c.kind, sum(c.fen)::bigint as fen from cost c
        join lateral (select case c.kind when 'shipping' then h.freight_bearer when 'packaging' then h.packaging_bearer
                                         else h.fee_bearer end as bearer
                        from charter h where h.cooperative_id = c.cooperative_id and h.valid_from <= c.on_date
                       order by h.valid_from desc limit 1) h on h.bearer = 'producers'
       group by 1, 2
    )
    select b.cooperative_id, b.kind, b.fen - coalesce(sum(d.cost_fen), 0)::bigint as fen
      from borne b left join charter_deduction d on d.cooperative_id = b.cooperative_id and d.kind = b.kind
     group by b.cooperative_id, b.kind, b.fen
    having b.fen - coalesce(sum(d.cost_fen), 0) > 0 and not bool_or(coalesce(d.period, '') >= :period)
     order by 1, 2
    """
)
_SALES = text(
    """
    select a.cooperative_id, l.mode <> 'buyout' as consigned, a.household_id, a.member_id, a.supplier_id,
           sum(a.fen)::bigint as fen
      from attribution a join lot l on l.id = a.lot_id
     where a.cooperative_id = any(:cooperatives) and a.on_date >= :first and a.on_date < :next
     group by 1, 2, 3, 4, 5 having sum(a.fen) > 0 order by 1, 2, 3, 4, 5
    """
)


@dataclass(frozen=True, slots=True)
class Sales:
    """A month's sales of a cooperative in fen: by party what was consigned, and the rest."""

    consigned: Mapping[Party, int]
    own_fen: int

    def shares(self, cost_fen: int) -> dict[Party, int]:
        """What each party bears of a cost, in proportion to its consigned sales; the cooperative bears the rest. Exact."""
        weights = [*self.consigned.values(), self.own_fen]
        parts = largest_remainder(cost_fen, weights)
        return {party: fen for party, fen in zip(self.consigned, parts, strict=False) if fen}


def book(cooperative_ids: Sequence[int], first: date, following: date) -> int:
    """Book what a month [first, following) that is over put on the producers; returns how many. A fixed number of statements.

    Dr 114 payable (211 for outsiders), Cr 521, on the month's last day or the first open day after it. Call it under the
    settlements' locks; what was booked is not booked again (unique by cooperative, month and kind).
    """
    if following > clock.today() or not cooperative_ids:
        return 0
    period = f"{first:%Y-%m}"
    values: dict[str, Any] = {"next": following, "first": first, "period": period}
    bearing = list(session().scalars(_BEARING, values | {"cooperatives": list(cooperative_ids)}))
    if not bearing:
        return 0
    values["cooperatives"] = bearing
    sales = _sales(values)
    found = [
        (row.cooperative_id, row.kind, int(row.fen))
        for row in session().execute(_COSTS, values)
        if row.cooperative_id in sales and sales[row.cooperative_id].consigned
    ]
    last = following - timedelta(days=1)
    days = open_days([(cooperative_id, last) for cooperative_id, _, _ in found])
    rows, postings = [], []
    for cooperative_id, kind, cost_fen in found:
        of = sales[cooperative_id]
        shares = of.shares(cost_fen)
        rows.append(_row(cooperative_id, period, kind, cost_fen, of, shares))
        if shares:
            day = days[cooperative_id, last]
            memo = f"{DEDUCTION_NAMES[kind]}（{period} 全社 {format_yuan(cost_fen)}，按代销额分摊）"
            key = f"charter-deduction:{cooperative_id}:{period}:{kind}"
            source = ("cooperative", cooperative_id)
            postings.append(Posting(cooperative_id, KIND, key, day, *source, _entries(shares), memo=memo))
    insert_rows(CharterDeduction, rows)
    faults.point("charter_deductions.noted")
    post(postings)
    return len(postings)


def _sales(values: Mapping[str, Any]) -> dict[int, Sales]:
    consigned: dict[int, dict[Party, int]] = defaultdict(dict)
    own: dict[int, int] = defaultdict(int)
    for row in session().execute(_SALES, values):
        if row.consigned:
            consigned[row.cooperative_id][row.household_id, row.member_id, row.supplier_id] = int(row.fen)
        else:
            own[row.cooperative_id] += int(row.fen)
    return {each: Sales(consigned[each], own[each]) for each in {*consigned, *own}}


def _row(
    cooperative_id: int, period: str, kind: str, cost_fen: int, of: Sales, shares: Mapping[Party, int]
) -> dict[str, Any]:
    consigned = sum(of.consigned.values())
    return {
        "cooperative_id": cooperative_id, "period": period, "kind": kind, "cost_fen": cost_fen,
        "borne_fen": sum(shares.values()), "consigned_fen": consigned, "sales_fen": consigned + of.own_fen,
    }  # fmt: skip


def _entries(shares: Mapping[Party, int]) -> tuple[Entry, ...]:
    borne = [
        Entry(payable(member_id), fen, member_id, household_id, supplier_id)
        for (household_id, member_id, supplier_id), fen in shares.items()
    ]
    return (*borne, Entry(Account.OPERATING_EXPENSE, -sum(shares.values())))
