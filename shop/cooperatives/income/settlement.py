"""The monthly statement: what a cooperative owes each party for a Shanghai month, from the books and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Row,
    SQLColumnExpression,
    delete,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from shop.cooperatives.income import charter_deductions, settlement_lines
from shop.cooperatives.income.models import Settlement, SettlementLine
from shop.cooperatives.income.settlement_lines import DEDUCTION_NAMES, Scope
from shop.cooperatives.people.models import Household, Member, Village
from shop.cooperatives.produce.models import Supplier
from shop.core import activity, clock, faults
from shop.core.db import session
from shop.core.errors import Refused
from shop.core.text import N_

CREDIT_NAMES = {
    "intake": N_("买断交货"),
    "sale": N_("代销售出"),
    "shrinkage": N_("代销货在库损失（合作社承担）"),
    "reversal": N_("冲销"),
    "refund": N_("退货冲回"),
    "opening": N_("期初余额"),
}
NAMES = CREDIT_NAMES | DEDUCTION_NAMES
DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A party's line as the cooperative reads it; the name is decrypted, for the cooperative's own people.

    due = credit − deduction + carried in; a negative one is set off against the next month. `details` are the credits and
    deductions by kind and produce; `corrects` in one names the approved month that it puts right.
    """

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
    line_id: int = 0
    carried_in_fen: int = 0
    state: str = "due"

    @property
    def correction_fen(self) -> int:
        """What of it puts earlier months right."""
        return sum(int(part["fen"]) for part in self.details if part.get("corrects"))


@dataclass(frozen=True, slots=True)
class Statement:
    """A month's settlement with its lines: members by number, then other households, then suppliers."""

    settlement_id: int
    period: str
    state: str
    computed_at: datetime
    due_on: date | None
    made_by: int | None
    approved_by: int | None
    approved_at: datetime | None
    lines: tuple[StatementLine, ...]

    @property
    def credit_fen(self) -> int:
        return sum(line.credit_fen for line in self.lines)

    @property
    def deduction_fen(self) -> int:
        return sum(line.deduction_fen for line in self.lines)

    @property
    def carried_in_fen(self) -> int:
        return sum(line.carried_in_fen for line in self.lines)

    @property
    def due_fen(self) -> int:
        return sum(line.due_fen for line in self.lines)

    def due_in(self, *states: str) -> int:
        """The due of the lines in these states."""
        return sum(line.due_fen for line in self.lines if line.state in states)


def compute_month(cooperative_id: int, period: str, by: int | None = None) -> int:
    """Compute the draft of a month ('YYYY-MM') anew from the ledger; returns the settlement's id.

    Figure (b): what 114 payable and 211 were credited, less named deductions, what corrects approved months, and small
    balances of earlier months; what was already paid out does not enter. Raises Refused for a month that is not written so,
    has not begun, or is past draft.
    """
    first, following = days(period)
    (found,) = _heads([cooperative_id], period)
    if found.state != DRAFT:
        raise Refused("%(period)s 的结算单已经审批，不能重新计算", period=period)
    scope = Scope(found.id, cooperative_id, first, following, found.approved_until)
    if _is_behind(scope):
        raise Refused("后面的月份已经审批，这个月的账会作为更正并入下一张结算单", "period")
    charter_deductions.book([cooperative_id], first, following)
    if by is not None or found.made_by is None or settlement_lines.differing([scope]):
        _write([scope], period, by)
    return int(found.id)


def compute_due(cooperative_ids: Sequence[int], period: str) -> int:
    """The clock's drafts of a month for many cooperatives in a fixed number of statements; returns how many were written.

    What is past draft, behind an approved month, or still says what the books say stays as it is, its maker's.
    """
    first, following = days(period)
    scopes = [
        Scope(head.id, head.cooperative_id, first, following, head.approved_until)
        for head in _heads(cooperative_ids, period)
        if head.state == DRAFT
    ]
    scopes = [scope for scope in scopes if not _is_behind(scope)]
    charter_deductions.book([scope.cooperative_id for scope in scopes], first, following)
    written = set(
        session().scalars(
            select(SettlementLine.settlement_id)
            .where(SettlementLine.settlement_id.in_([scope.settlement_id for scope in scopes]))
            .distinct()
        )
    )
    stale = settlement_lines.differing([scope for scope in scopes if scope.settlement_id in written])
    due = [scope for scope in scopes if scope.settlement_id not in written - stale]
    _write(due, period, None)
    return len(due)


def _is_behind(scope: Scope) -> bool:
    return scope.approved_until is not None and scope.first < scope.approved_until


def _write(scopes: Sequence[Scope], period: str, by: int | None) -> None:
    """The lines anew, who made them and when, and what came out in the log."""
    ids = [scope.settlement_id for scope in scopes]
    session().execute(delete(SettlementLine).where(SettlementLine.settlement_id.in_(ids)))
    faults.point("settlement.after_delete")
    settlement_lines.write(scopes)
    head = update(Settlement).where(Settlement.id.in_(ids))
    session().execute(
        head.values(computed_at=clock.now(), made_by=by).execution_options(synchronize_session=False)
    )
    sums = select(SettlementLine.settlement_id, func.count(), func.sum(SettlementLine.due_fen))
    found = {
        settlement_id: (count, int(due))
        for settlement_id, count, due in session().execute(
            sums.where(SettlementLine.settlement_id.in_(ids)).group_by(SettlementLine.settlement_id)
        )
    }
    for scope in scopes:
        count, due = found.get(scope.settlement_id, (0, 0))
        activity.record(
            "settlement.computed", "settlement", scope.settlement_id, cooperative_id=scope.cooperative_id, actor_id=by,
            after={"period": period, "lines": count, "due_fen": due},
        )  # fmt: skip


def statement(cooperative_id: int, period: str) -> Statement | None:
    """A month's settlement as it was last computed; None where it never was. Two statements."""
    head = session().execute(
        select(
            Settlement.id, Settlement.period, Settlement.state, Settlement.computed_at, Settlement.due_on,
            Settlement.made_by, Settlement.approved_by, Settlement.approved_at,
        ).where(Settlement.cooperative_id == cooperative_id, Settlement.period == period)
    ).one_or_none()  # fmt: skip
    if head is None:
        return None
    rows = session().execute(
        select(
            SettlementLine.household_id, SettlementLine.supplier_id, Member.number, Household.head_name, Supplier.name,
            Village.name.label("village_name"), SettlementLine.quantity, SettlementLine.credit_fen,
            SettlementLine.deduction_fen, SettlementLine.due_fen, SettlementLine.details, SettlementLine.id,
            SettlementLine.carried_in_fen, SettlementLine.state,
        )
        .outerjoin(Member, Member.id == SettlementLine.member_id)
        .outerjoin(Household, Household.id == SettlementLine.household_id)
        .outerjoin(Village, Village.id == Household.village_id)
        .outerjoin(Supplier, Supplier.id == SettlementLine.supplier_id)
        .where(SettlementLine.settlement_id == head.id)
        .order_by(Member.number.nulls_last(), SettlementLine.household_id.nulls_last(), SettlementLine.supplier_id)
    )  # fmt: skip
    return Statement(*head, lines=tuple(_line(row) for row in rows))


def days(period: str) -> tuple[date, date]:
    """First day of the month and of the next one. Raises Refused for one that cannot be meant or has not begun."""
    try:
        span = clock.month_range(period)
    except clock.BadPeriod as refusal:
        raise Refused(str(refusal), field="period") from refusal
    first, following = clock.shanghai_day(span.start), clock.shanghai_day(span.end)
    if first > clock.today():
        raise Refused("这个月还没有开始，不能结算", field="period")
    return first, following


def approved_until(cooperative_id: int) -> date | None:
    """The day after the last approved month; None where none is. What is dated before it goes into the next settlement."""
    return session().scalar(select(_approved_until(literal(cooperative_id))))


def _approved_until(cooperative_id: SQLColumnExpression[int]) -> ColumnElement[date | None]:
    done = aliased(Settlement)
    last = (
        select(func.max(done.period))
        .where(done.cooperative_id == cooperative_id, done.state != DRAFT)
        .scalar_subquery()
    )
    first = func.to_date(last, "YYYY-MM")
    return sql_cast(first + text("interval '1 month'"), Date)


def _line(row: Row[*tuple[Any, ...]]) -> StatementLine:
    return StatementLine(
        row.household_id, row.supplier_id, row.number, row.head_name or row.name, row.village_name or "", row.quantity,
        row.credit_fen, row.deduction_fen, row.due_fen, row.details, row.id, row.carried_in_fen, row.state,
    )  # fmt: skip


def _heads(cooperative_ids: Sequence[int], period: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """Lock the month's settlements, making those that are not there: id, state, maker, and up to when months are approved."""
    session().execute(
        insert(Settlement)
        .values([{"cooperative_id": each, "period": period} for each in cooperative_ids])
        .on_conflict_do_nothing()
    )
    return (
        session()
        .execute(
            select(
                Settlement.id,
                Settlement.cooperative_id,
                Settlement.state,
                Settlement.made_by,
                _approved_until(Settlement.cooperative_id).label("approved_until"),
            )
            .where(Settlement.cooperative_id.in_(cooperative_ids), Settlement.period == period)
            .order_by(Settlement.cooperative_id)
            .with_for_update(of=Settlement)
        )
        .all()
    )
