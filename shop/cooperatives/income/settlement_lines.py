"""The sums of a month's settlement, in SQL: which ledger entries it takes, and the line of each party.

An entry belongs to the settlement of its own month; what is dated in a month that was approved before and stands in no
settlement yet is taken by the next open one, as a correction. Balances too small to pay are taken along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text

from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.queries import PAYOUT_KINDS
from shop.core.db import session
from shop.core.text import N_

# Kinds that lower what is due and are no payment: each is named on the household's statement.
DEDUCTION_NAMES = {
    "deduction": N_("约定扣款"),
    "shipping": N_("运费"),
    "packaging": N_("包装费"),
    "fee": N_("支付手续费"),
    "shrinkage": N_("损耗"),
}

_ACCOUNTS = [str(Account.MEMBER_PAYABLE), str(Account.OUTSIDE_PAYABLE)]
_SCOPE = """
    scope as (
      select * from unnest(cast(:settlements as bigint[]), cast(:cooperatives as bigint[]), cast(:reaches as date[]),
                           cast(:untils as date[])) s(settlement_id, cooperative_id, reach, approved_until)
    )"""
_TAKEN = f"""{_SCOPE},
    taken as (
      select e.id, sc.settlement_id, sc.cooperative_id, e.member_id, e.household_id, e.supplier_id, e.fen, e.quantity,
             t.kind, t.on_date, t.memo, t.source_type, t.source_id, t.reverses_id
        from scope sc
        join ledger_transaction t on t.cooperative_id = sc.cooperative_id and t.on_date >= sc.reach and t.on_date < :next
        join ledger_entry e on e.transaction_id = t.id
       where (t.on_date >= :first or t.on_date < sc.approved_until)
         and e.account = any(:accounts) and t.kind <> all(:paid_out)
         and (e.household_id is not null or e.supplier_id is not null)
         and not exists (select 1 from settlement_entry s where s.ledger_entry_id = e.id)
    )"""  # noqa: S608
_FRESH = f"""
    with {_TAKEN},
    source as (select distinct cooperative_id, source_type, source_id, on_date, reverses_id from taken),
    fact as materialized (
      select s.*,
             case s.source_type
               when 'intake_receipt' then (select r.produce_id from intake_receipt r where r.id = s.source_id)
               when 'order_line' then (select l.produce_id from attribution a join lot l on l.id = a.lot_id
                                        where a.line_id = s.source_id limit 1)
               when 'stock_loss' then (select l.produce_id from stock_loss x join lot l on l.id = x.lot_id
                                        where x.id = s.source_id)
               when 'refund_line' then (select l.produce_id from attribution a join lot l on l.id = a.lot_id
                                         where a.cooperative_id = s.cooperative_id and a.on_date = s.on_date
                                           and a.refund_line_id = s.source_id limit 1)
             end as produce_id,
             coalesce((select o.on_date from ledger_transaction o where o.id = s.reverses_id),
                      case when s.source_type = 'refund_line' then
                        (select o.on_date from attribution a join attribution o on o.id = a.reverses_id
                          where a.cooperative_id = s.cooperative_id and a.on_date = s.on_date
                            and a.refund_line_id = s.source_id limit 1)
                      end, s.on_date) as of_day
        from source s
    ),
    summed as (
      select t.settlement_id, t.member_id, t.household_id, t.supplier_id, t.kind,
             case when t.kind = any(:deductions) then t.memo else '' end as name, f.produce_id,
             case when f.of_day < :first then to_char(f.of_day, 'YYYY-MM') end as corrects,
             sum(-t.fen)::bigint as fen, sum(t.quantity)::bigint as quantity
        from taken t
        join fact f on f.cooperative_id = t.cooperative_id and f.source_type = t.source_type
                   and f.source_id = t.source_id and f.on_date = t.on_date
                   and f.reverses_id is not distinct from t.reverses_id
       group by 1, 2, 3, 4, 5, 6, 7, 8
    ),
    carried as (
      select sc.settlement_id, l.member_id, l.household_id, l.supplier_id,
             coalesce(sum(l.due_fen) filter (where l.state = 'carried'), 0)::bigint - sum(l.carried_in_fen)::bigint as fen
        from scope sc join settlement s on s.cooperative_id = sc.cooperative_id and s.state <> 'draft'
        join settlement_line l on l.settlement_id = s.id
       group by 1, 2, 3, 4
    ),
    part as (
      select s.settlement_id, s.member_id, s.household_id, s.supplier_id, s.quantity, 0::bigint as carried_fen,
             case when s.kind = any(:deductions) then 0 else s.fen end as credit_fen,
             case when s.kind = any(:deductions) then -s.fen else 0 end as deduction_fen,
             jsonb_build_object('kind', s.kind, 'name', s.name, 'produce', p.name, 'unit_kind', p.unit_kind,
                                'count_word', p.count_word, 'quantity', s.quantity, 'fen', s.fen,
                                'corrects', s.corrects) as detail
        from summed s left join produce p on p.id = s.produce_id
      union all
      select settlement_id, member_id, household_id, supplier_id, 0, fen, 0, 0, null from carried where fen <> 0
    ),
    fresh as (
      select settlement_id, household_id, member_id, supplier_id, sum(quantity)::bigint as quantity,
             sum(credit_fen)::bigint as credit_fen, sum(deduction_fen)::bigint as deduction_fen,
             sum(carried_fen)::bigint as carried_in_fen,
             (sum(credit_fen) - sum(deduction_fen) + sum(carried_fen))::bigint as due_fen,
             coalesce(jsonb_agg(detail order by detail ->> 'corrects' nulls first, detail ->> 'kind', detail)
                        filter (where detail is not null), '[]'::jsonb) as details
        from part group by 1, 2, 3, 4
    )
"""  # noqa: S608
_COLUMNS = "household_id, member_id, supplier_id, quantity, credit_fen, deduction_fen, carried_in_fen, due_fen, details"
# The pieces put together here are constants of this file.
_INSERT = text(
    f"""{_FRESH} insert into settlement_line (settlement_id, cooperative_id, {_COLUMNS})
    select sc.settlement_id, sc.cooperative_id, {_COLUMNS} from fresh join scope sc using (settlement_id)
     order by sc.settlement_id, household_id, supplier_id, member_id"""  # noqa: S608
)
_DIFFERS = text(
    f"""{_FRESH}, stored as (select settlement_id, {_COLUMNS} from settlement_line
                              where settlement_id = any(cast(:settlements as bigint[]))),
    now as (select settlement_id, {_COLUMNS} from fresh)
    select settlement_id from (table now except table stored) gone
    union select settlement_id from (table stored except table now) new"""  # noqa: S608
)
_LINK = text(
    f"""with {_TAKEN} insert into settlement_entry (ledger_entry_id, settlement_line_id)
    select t.id, l.id from taken t
      join settlement_line l on l.settlement_id = t.settlement_id
       and coalesce(l.household_id, 0) = coalesce(t.household_id, 0)
       and coalesce(l.member_id, 0) = coalesce(t.member_id, 0)
       and coalesce(l.supplier_id, 0) = coalesce(t.supplier_id, 0)"""  # noqa: S608
)
_UNEQUAL = text(
    """
    select exists (select 1 from settlement_line l
                     left join settlement_entry s on s.settlement_line_id = l.id
                     left join ledger_entry e on e.id = s.ledger_entry_id
                    where l.settlement_id = :settlement
                    group by l.id having l.credit_fen - l.deduction_fen <> coalesce(-sum(e.fen), 0))
    """
)
_EARLIER = text(
    """
    select min(t.on_date) from ledger_transaction t join ledger_entry e on e.transaction_id = t.id
     where t.cooperative_id = :cooperative and t.on_date < :first and t.on_date >= coalesce(:approved_until, date '1949-01-01')
       and e.account = any(:accounts) and t.kind <> all(:paid_out)
       and (e.household_id is not null or e.supplier_id is not null)
       and not exists (select 1 from settlement_entry s where s.ledger_entry_id = e.id)
    """
)


@dataclass(frozen=True, slots=True)
class Scope:
    """A month of a cooperative: its first day, the next month's, and the day up to which months are approved, if any is."""

    settlement_id: int
    cooperative_id: int
    first: date
    following: date
    approved_until: date | None


def _values(scopes: Sequence[Scope]) -> Mapping[str, Any]:
    """All of the same month."""
    return {
        "settlements": [scope.settlement_id for scope in scopes],
        "cooperatives": [scope.cooperative_id for scope in scopes],
        "reaches": [scope.first if scope.approved_until is None else date.min for scope in scopes],
        "untils": [scope.approved_until for scope in scopes],
        "first": scopes[0].first, "next": scopes[0].following,
        "accounts": _ACCOUNTS, "paid_out": list(PAYOUT_KINDS), "deductions": list(DEDUCTION_NAMES),
    }  # fmt: skip


def write(scopes: Sequence[Scope]) -> None:
    """The drafts' lines of one month, anew. One statement for any number of cooperatives."""
    if scopes:
        session().execute(_INSERT, _values(scopes))


def differing(scopes: Sequence[Scope]) -> set[int]:
    """Ids of the settlements whose stored lines are not what the books say now. One statement."""
    return set(session().scalars(_DIFFERS, _values(scopes))) if scopes else set()


def link(scope: Scope) -> bool:
    """Take the entries: each stands in exactly one settlement from now on. False where they are not what the lines say."""
    session().execute(_LINK, _values([scope]))
    return not session().scalar(_UNEQUAL, {"settlement": scope.settlement_id})


def earlier_open(scope: Scope) -> date | None:
    """The first day before this month with something that no approved month will take; None where months are in order."""
    found: date | None = session().scalar(
        _EARLIER,
        {
            "cooperative": scope.cooperative_id, "first": scope.first, "approved_until": scope.approved_until,
            "accounts": _ACCOUNTS, "paid_out": list(PAYOUT_KINDS),
        },
    )  # fmt: skip
    return found
