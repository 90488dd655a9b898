"""A settlement after its draft: approved by another person, its lines due, paid, failed or carried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import case, or_, select, update

from shop.cooperatives.income import settlement_lines
from shop.cooperatives.income.models import Settlement, SettlementLine
from shop.cooperatives.income.settlement import DRAFT, approved_until, days
from shop.cooperatives.income.settlement_lines import Scope
from shop.cooperatives.people.models import Cooperative
from shop.cooperatives.people.queries import charter_on
from shop.core import activity, clock, faults
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.terms import MINIMUM_PAYOUT_FEN, due_day
from shop.core.text import N_

APPROVED, PAYING, PAID = "approved", "paying", "paid"
DUE, FAILED, CARRIED = "due", "failed", "carried"  # and paying, paid
PAYABLE = (DUE, FAILED)
LAST_MONTH = 12


@dataclass(frozen=True, slots=True)
class Head:
    """A locked settlement."""

    id: int
    cooperative_id: int
    period: str
    state: str
    due_on: date | None
    made_by: int | None


def lock(settlement_id: int, cooperative_id: int) -> Head:
    """Hold the settlement. Raises NotFound for another cooperative's."""
    row = session().execute(
        select(
            Settlement.id, Settlement.cooperative_id, Settlement.period, Settlement.state, Settlement.due_on,
            Settlement.made_by,
        )
        .where(Settlement.id == settlement_id, Settlement.cooperative_id == cooperative_id)
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这张结算单"))
    return Head(*row)


def approve(settlement_id: int, cooperative_id: int, by: int) -> Head:
    """Take the month's entries for good and make its lines due, or carried where too small to pay or negative.

    Raises Refused when the approver made it, nobody did (the clock), the month is not over, or an earlier one waits;
    Conflict when it was approved before or the books say something else by now.
    """
    _one_at_a_time(cooperative_id)
    head = lock(settlement_id, cooperative_id)
    if head.state != DRAFT:
        raise Conflict(N_("这张结算单已经审批过"))
    if head.made_by is None:
        raise Refused(N_("这张草稿是系统自动算的，请经办人先核对并重新计算一遍，再由理事长审批"))
    if head.made_by == by:
        raise Refused(N_("计算的人不能自己审批，请换一个人"))
    scope = _scope(head)
    if settlement_lines.differing([scope]) or not settlement_lines.link(scope):
        raise Conflict(N_("算完以后账又有变动，请经办人重新计算后再审批"))
    faults.point("settlement.linked")
    _set_lines(head)
    due_on = due_day(scope.following - timedelta(days=1))
    session().execute(
        update(Settlement)
        .where(Settlement.id == head.id)
        .values(state=APPROVED, approved_by=by, approved_at=clock.now(), due_on=due_on)
        .execution_options(synchronize_session=False)
    )
    activity.record(
        "settlement.approved", "settlement", head.id, cooperative_id=cooperative_id, actor_id=by,
        before={"state": DRAFT}, after={"state": APPROVED, "period": head.period, "due_on": due_on.isoformat()},
    )  # fmt: skip
    close_if_paid(head.id)
    return head


def payable_lines(settlement_id: int) -> Sequence[SettlementLine]:
    """Lines that wait for a payment, by id; locked."""
    return (
        session()
        .execute(
            select(SettlementLine)
            .where(SettlementLine.settlement_id == settlement_id, SettlementLine.state.in_(PAYABLE))
            .order_by(SettlementLine.id)
            .with_for_update()
        )
        .scalars()
        .all()
    )


def move_lines(line_ids: Sequence[int], sources: Sequence[str], state: str) -> None:
    """Move lines on; those in another state than `sources` stay, and that is a Conflict."""
    moved = session().execute(
        update(SettlementLine)
        .where(SettlementLine.id.in_(line_ids), SettlementLine.state.in_(sources))
        .values(state=state)
        .returning(SettlementLine.id)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    if len(moved) != len(set(line_ids)):
        raise Conflict(N_("结算单的付款状态刚刚变了，请刷新后再操作"))


def begin_paying(settlement_id: int) -> None:
    """A batch pays it."""
    session().execute(
        update(Settlement)
        .where(Settlement.id == settlement_id, Settlement.state == APPROVED)
        .values(state=PAYING)
        .execution_options(synchronize_session=False)
    )


def close_if_paid(settlement_id: int) -> bool:
    """Paid when every line is paid or carried."""
    open_line = select(SettlementLine.id).where(
        SettlementLine.settlement_id == settlement_id, SettlementLine.state.not_in((PAID, CARRIED))
    )
    moved = session().execute(
        update(Settlement)
        .where(Settlement.id == settlement_id, Settlement.state.in_((APPROVED, PAYING)), ~open_line.exists())
        .values(state=PAID)
        .returning(Settlement.id)
        .execution_options(synchronize_session=False)
    )
    return moved.one_or_none() is not None


def reopen(settlement_id: int) -> None:
    """A payment came back: one that was paid waits for another."""
    session().execute(
        update(Settlement)
        .where(Settlement.id == settlement_id, Settlement.state == PAID)
        .values(state=PAYING)
        .execution_options(synchronize_session=False)
    )


def _one_at_a_time(cooperative_id: int) -> None:
    """Two approvals of a cooperative would both take the same corrections; postings of trade go on meanwhile."""
    held = select(Cooperative.id).where(Cooperative.id == cooperative_id).with_for_update(key_share=True)
    if session().scalar(held) is None:
        raise NotFound(N_("没有找到这个合作社"))


def _scope(head: Head) -> Scope:
    first, following = days(head.period)
    if following > clock.today():
        raise Refused("%(period)s 还没有过完，不能审批", period=head.period)
    scope = Scope(head.id, head.cooperative_id, first, following, approved_until(head.cooperative_id))
    if scope.approved_until is not None and first < scope.approved_until:
        raise Refused(N_("后面的月份已经审批，这个月的账会作为更正并入下一张结算单"))
    earlier = settlement_lines.earlier_open(scope)
    if earlier is not None:
        raise Refused("请先审批 %(earlier)s 的结算单，月份要按顺序", earlier=format(earlier, "%Y-%m"))
    return scope


def minimum_payout(cooperative_id: int, period: str) -> int:
    """Fen below which a month carries a balance on, as the charter of its last day says."""
    last = days(period)[1] - timedelta(days=1)
    charter = charter_on(cooperative_id, last)
    return MINIMUM_PAYOUT_FEN if charter is None else charter.minimum_payout_fen


def _set_lines(head: Head) -> None:
    """Too small, nothing or less than nothing is carried; in December every fen that is due is paid."""
    small = [SettlementLine.due_fen <= 0]
    if int(head.period[5:]) != LAST_MONTH:
        small.append(SettlementLine.due_fen < minimum_payout(head.cooperative_id, head.period))
    session().execute(
        update(SettlementLine)
        .where(SettlementLine.settlement_id == head.id)
        .values(state=case((or_(*small), CARRIED), else_=DUE))
        .execution_options(synchronize_session=False)
    )
