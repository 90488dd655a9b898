"""The monthly statement: what a cooperative owes each party for a Shanghai month, from the books and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from shop.cooperatives.income.models import Settlement, SettlementLine
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.queries import TRADE_KINDS
from shop.cooperatives.people.models import Household, Member, Village
from shop.cooperatives.produce.models import Supplier
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session
from shop.core.errors import Refused
from shop.core.text import N_

CREDIT_NAMES = {
    "intake": N_("买断交货"),
    "sale": N_("代销售出"),
    "reversal": N_("冲销"),
    "refund": N_("退货冲回"),
}
# Kinds that lower what is due and are no payment: each is named on the household's statement.
DEDUCTION_NAMES = {
    "deduction": N_("约定扣款"),
    "shipping": N_("运费"),
    "packaging": N_("包装费"),
    "fee": N_("支付手续费"),
    "shrinkage": N_("损耗"),
}

_ENTRIES = text(
    """
    with month as (
      select t.kind, e.member_id, e.household_id, e.supplier_id, e.fen, e.quantity,
             case t.source_type
               when 'intake_receipt' then (select r.produce_id from intake_receipt r where r.id = t.source_id)
               when 'order_line' then (select l.produce_id from attribution a join lot l on l.id = a.lot_id
                                        where a.line_id = t.source_id limit 1)
             end as produce_id
        from ledger_transaction t
        join ledger_entry e on e.transaction_id = t.id
       where t.cooperative_id = :cooperative and t.on_date >= :first and t.on_date < :next
         and e.account = any(:accounts) and t.kind = any(:kinds)
    )
    select m.kind, m.member_id, m.household_id, m.supplier_id, p.name as produce, p.unit_kind, p.count_word,
           sum(-m.fen)::bigint as fen, sum(m.quantity)::bigint as quantity
      from month m left join produce p on p.id = m.produce_id
     group by m.kind, m.member_id, m.household_id, m.supplier_id, p.id
     order by m.household_id, m.supplier_id, m.kind, p.id
    """
)


@dataclass
class _Due:
    """One party's month while it is added up."""

    member_id: int | None
    household_id: int | None
    supplier_id: int | None
    quantity: int = 0
    credit_fen: int = 0
    deduction_fen: int = 0
    details: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A party's line as the cooperative reads it; the name is decrypted, for the cooperative's own people."""

    household_id: int | None
    supplier_id: int | None
    member_number: int | None
    name: str
    village_name: str
    quantity: int
    credit_fen: int
    deduction_fen: int
    due_fen: int
    details: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Statement:
    """A month's settlement with its lines: members by number, then other households, then suppliers."""

    settlement_id: int
    period: str
    state: str
    computed_at: Any
    lines: tuple[StatementLine, ...]

    @property
    def credit_fen(self) -> int:
        return sum(line.credit_fen for line in self.lines)

    @property
    def deduction_fen(self) -> int:
        return sum(line.deduction_fen for line in self.lines)

    @property
    def due_fen(self) -> int:
        return sum(line.due_fen for line in self.lines)


def compute_month(cooperative_id: int, period: str, by: int | None = None) -> int:
    """Compute the draft of a month ('YYYY-MM') anew from the ledger; returns the settlement's id.

    Figure (b): credits of 114 payable and 211 for intake, sale and what was taken back, less named deductions; what
    was already paid out does not enter. Raises Refused for a month that is not written so, has not begun, or is past draft.
    """
    first, following = _days(period)
    settlement_id = _draft(cooperative_id, period)
    dues = _add_up(session().execute(_ENTRIES, _scope(cooperative_id, first, following)))
    session().execute(delete(SettlementLine).where(SettlementLine.settlement_id == settlement_id))
    faults.point("settlement.after_delete")
    insert_rows(
        SettlementLine,
        [
            {
                "settlement_id": settlement_id, "cooperative_id": cooperative_id, "household_id": due.household_id,
                "member_id": due.member_id, "supplier_id": due.supplier_id, "quantity": due.quantity,
                "credit_fen": due.credit_fen, "deduction_fen": due.deduction_fen,
                "due_fen": due.credit_fen - due.deduction_fen, "details": due.details,
            }
            for due in dues
        ],
    )  # fmt: skip
    activity.record(
        "settlement.computed", "settlement", settlement_id, cooperative_id=cooperative_id, actor_id=by,
        after={"period": period, "lines": len(dues), "due_fen": sum(due.credit_fen - due.deduction_fen for due in dues)},
    )  # fmt: skip
    return settlement_id


def statement(cooperative_id: int, period: str) -> Statement | None:
    """A month's settlement as it was last computed; None where it never was. Two statements."""
    head = session().execute(
        select(Settlement.id, Settlement.period, Settlement.state, Settlement.computed_at).where(
            Settlement.cooperative_id == cooperative_id, Settlement.period == period
        )
    ).one_or_none()  # fmt: skip
    if head is None:
        return None
    rows = session().execute(
        select(
            SettlementLine.household_id, SettlementLine.supplier_id, Member.number, Household.head_name, Supplier.name,
            Village.name.label("village_name"), SettlementLine.quantity, SettlementLine.credit_fen,
            SettlementLine.deduction_fen, SettlementLine.due_fen, SettlementLine.details,
        )
        .outerjoin(Member, Member.id == SettlementLine.member_id)
        .outerjoin(Household, Household.id == SettlementLine.household_id)
        .outerjoin(Village, Village.id == Household.village_id)
        .outerjoin(Supplier, Supplier.id == SettlementLine.supplier_id)
        .where(SettlementLine.settlement_id == head.id)
        .order_by(Member.number.nulls_last(), SettlementLine.household_id.nulls_last(), SettlementLine.supplier_id)
    )  # fmt: skip
    return Statement(*head, lines=tuple(_line(row) for row in rows))


def _line(row: Row[*tuple[Any, ...]]) -> StatementLine:
    return StatementLine(
        row.household_id, row.supplier_id, row.number, row.head_name or row.name, row.village_name or "", row.quantity,
        row.credit_fen, row.deduction_fen, row.due_fen, row.details,
    )  # fmt: skip


def _days(period: str) -> tuple[date, date]:
    """First day of the month and of the next one."""
    try:
        span = clock.month_range(period)
    except clock.BadPeriod as refusal:
        raise Refused(str(refusal), field="period") from refusal
    first, following = clock.shanghai_day(span.start), clock.shanghai_day(span.end)
    if first > clock.today():
        raise Refused("这个月还没有开始，不能结算", field="period")
    return first, following


def _draft(cooperative_id: int, period: str) -> int:
    """Lock the month's settlement, making it where there is none."""
    wanted = (Settlement.cooperative_id == cooperative_id, Settlement.period == period)
    session().execute(
        insert(Settlement).values(cooperative_id=cooperative_id, period=period).on_conflict_do_nothing()
    )
    found = session().execute(select(Settlement.id, Settlement.state).where(*wanted).with_for_update()).one()
    if found.state != "draft":
        raise Refused(f"{period} 的结算单已经提交审核，不能重新计算")
    session().execute(Settlement.__table__.update().where(*wanted).values(computed_at=clock.now()))  # type: ignore[attr-defined]
    return int(found.id)


def _scope(cooperative_id: int, first: date, following: date) -> dict[str, Any]:
    return {
        "cooperative": cooperative_id, "first": first, "next": following,
        "accounts": [str(Account.MEMBER_PAYABLE), str(Account.OUTSIDE_PAYABLE)],
        "kinds": [*TRADE_KINDS, *DEDUCTION_NAMES],
    }  # fmt: skip


def _add_up(rows: Iterable[Row[*tuple[Any, ...]]]) -> list[_Due]:
    dues: dict[tuple[int | None, int | None, int | None], _Due] = {}
    for row in rows:
        party = (row.member_id, row.household_id, row.supplier_id)
        if row.household_id is None and row.supplier_id is None:
            continue  # a carrier or another creditor on 211, not a deliverer
        due = dues.setdefault(party, _Due(*party))
        detail = {
            "kind": row.kind, "produce": row.produce, "unit_kind": row.unit_kind, "count_word": row.count_word,
            "quantity": row.quantity, "fen": row.fen,
        }  # fmt: skip
        due.details.append(detail)
        if row.kind in TRADE_KINDS:
            due.credit_fen += row.fen
            due.quantity += row.quantity
        else:
            due.deduction_fen -= row.fen
    return list(dues.values())
