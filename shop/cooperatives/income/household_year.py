"""A household's own year: what it brought, where it sold, what was credited and deducted, what was paid, what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text

from shop.cooperatives.ledger.queries import PAYOUT_KINDS, TRADE_KINDS
from shop.core.db import session

_DELIVERIES = text(
    """
    select r.received_on, g.name as produce, g.unit_kind, r.quantity, r.mode, r.value_fen, r.number, l.code as lot
      from intake_receipt r join produce g on g.id = r.produce_id join lot l on l.id = r.lot_id
     where r.household_id = :household and r.received_on between :first and :last
     order by r.received_on desc, r.id desc limit 200
    """
)
_SOLD = text(
    """
    select to_char(a.on_date, 'YYYY-MM') as month, g.name as produce, g.unit_kind, sum(a.quantity)::bigint as quantity,
           sum(a.fen)::bigint as fen, count(distinct a.line_id) as orders
      from attribution a join lot l on l.id = a.lot_id join produce g on g.id = l.produce_id
     where a.household_id = :household and a.on_date between :first and :last
     group by 1, 2, 3 order by 1 desc, 2
    """
)
# the accounts on which we owe a household; credits are money for it, debits are deductions and payments
_MONEY = text(
    """
    select coalesce(sum(-e.fen) filter (where t.on_date between :first and :last
                      and t.kind = any(:trade)), 0)::bigint as credited,
           coalesce(sum(e.fen) filter (where t.on_date between :first and :last and t.kind = 'deduction'), 0)::bigint
             as deducted,
           coalesce(sum(e.fen) filter (where t.on_date between :first and :last
                      and t.kind = any(:paid_out)), 0)::bigint as paid,
           coalesce(sum(-e.fen) filter (where e.account in ('221', '222') and t.kind = 'distribution'
                      and t.on_date between :first and :last), 0)::bigint as distributed,
           coalesce(sum(-e.fen), 0)::bigint as due
      from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
     where e.household_id = :household and e.account in ('114.payable', '211', '221', '222')
    """
)
_CONSIGNED = text(
    """
    select coalesce(sum(-e.fen), 0)::bigint from ledger_entry e
     where e.household_id = :household and e.account in ('114.consigned', '211.consigned')
    """
)
_SHARES = text(
    """
    select d.id, d.year, d.state, l.number, l.trade_fen, l.capital_fen, l.reserve_share_fen, l.patronage_fen,
           l.residual_fen, l.converted_fen, c.name as cooperative, n.starts_on, n.ends_on
      from distribution_line l join distribution d on d.id = l.distribution_id
      join member m on m.id = l.member_id join cooperative c on c.id = d.cooperative_id
      left join notice n on n.distribution_id = d.id and n.withdrawn_at is null
     where m.household_id = :household and d.state in ('published', 'approved', 'posted', 'paying', 'paid')
     order by d.year desc, d.id desc limit 10
    """
)
_HOME = text(
    """
    select h.code, h.head_name, v.name as village, c.name as cooperative, c.phone, c.supervision_phone, m.number
      from household h join village v on v.id = h.village_id
      left join member m on m.household_id = h.id and m.left_on is null
      left join cooperative c on c.id = m.cooperative_id
     where h.id = :household
    """
)


@dataclass(frozen=True)
class HouseholdYear:
    """Rows and sums of one household and year. Sold (a), credited (b) and distributed (c) are never added together."""

    home: Any
    year: int
    deliveries: list[Any]
    sold: list[Any]
    sold_fen: int
    sold_before_fen: int
    money: Any
    consigned_fen: int
    shares: list[Any]


def read(household_id: int, year: int) -> HouseholdYear:
    """Everything for the household's page of a year, in seven statements."""
    scope = {"household": household_id, "first": date(year, 1, 1), "last": date(year, 12, 31)}
    before = {"household": household_id, "first": date(year - 1, 1, 1), "last": date(year - 1, 12, 31)}
    sold = list(session().execute(_SOLD, scope))
    return HouseholdYear(
        home=session().execute(_HOME, scope).one(),
        year=year,
        deliveries=list(session().execute(_DELIVERIES, scope)),
        sold=sold,
        sold_fen=sum(row.fen for row in sold),
        sold_before_fen=sum(row.fen for row in session().execute(_SOLD, before)),
        money=session()
        .execute(_MONEY, scope | {"paid_out": list(PAYOUT_KINDS), "trade": list(TRADE_KINDS)})
        .one(),
        consigned_fen=int(session().scalar(_CONSIGNED, scope) or 0),
        shares=list(session().execute(_SHARES, scope)),
    )


def years(household_id: int) -> list[int]:
    """Years in which the household brought, sold or was entered something, newest first."""
    statement = text(
        "select extract(year from on_date)::int as year from attribution where household_id = :household"
        " union select extract(year from received_on)::int from intake_receipt where household_id = :household"
        " union select extract(year from on_date)::int from household_income_entry where household_id = :household"
        " order by 1 desc"
    )
    return list(session().execute(statement, {"household": household_id}).scalars())
