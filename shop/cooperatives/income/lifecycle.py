"""The life of a distribution after its draft: one legal step at a time, two people, an assembly, a counter-run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from shop.cooperatives.income import appropriation, notices, resolutions
from shop.cooperatives.income.lifecycle_models import DistributionEvent
from shop.cooperatives.income.models import Distribution
from shop.cooperatives.income.rules import DistributionRefused
from shop.cooperatives.income.rules_document import inputs_document, sha256
from shop.cooperatives.income.year_inputs import read_year
from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused

# state → (step, next state): everything a distribution may do; reversal is a counter-run, never an edit
MOVES: dict[str, dict[str, str]] = {
    "draft": {"preview": "previewed", "discard": "void"},
    "previewed": {"publish": "published", "discard": "void"},
    "published": {"approve": "approved", "uphold": "void"},
    "approved": {"post": "posted"},
    "posted": {"pay": "paying", "reverse": "reversed"},
    "paying": {"settle": "paid"},
    "paid": {"reopen": "paying"},
}


@dataclass(frozen=True)
class Head:
    """A locked distribution: what every step looks at."""

    id: int
    cooperative_id: int
    year: int
    state: str
    made_by: int | None
    inputs_sha256: str | None


def lock(distribution_id: int, cooperative_ids: set[int] | None = None) -> Head:
    """Lock the row for a step. Raises NotFound, also for a cooperative outside `cooperative_ids`."""
    row = (
        session()
        .execute(
            select(
                Distribution.id,
                Distribution.cooperative_id,
                Distribution.year,
                Distribution.state,
                Distribution.made_by,
                Distribution.inputs_sha256,
            )
            .where(Distribution.id == distribution_id)
            .with_for_update()
        )
        .one_or_none()
    )
    if row is None or (cooperative_ids is not None and row.cooperative_id not in cooperative_ids):
        raise NotFound
    return Head(*row)


def move(head: Head, step: str, by: int | None, note: str = "") -> str:
    """Take a legal step under the lock and note it; returns the new state. Raises Conflict for an illegal one."""
    target = MOVES.get(head.state, {}).get(step)
    if target is None:
        raise Conflict("这份分配的状态已经变了，请刷新后再操作")
    session().execute(update(Distribution).where(Distribution.id == head.id).values(state=target))
    insert_rows(
        DistributionEvent,
        [
            {
                "distribution_id": head.id,
                "event": step,
                "from_state": head.state,
                "to_state": target,
                "actor_id": by,
                "note": note,
            }
        ],
    )
    activity.record(
        f"distribution.{step}",
        "distribution",
        head.id,
        cooperative_id=head.cooperative_id,
        before={"state": head.state},
        after={"state": target},
        actor_id=by,
    )
    return target


def preview(distribution_id: int, by: int) -> None:
    """Say that the draft was looked through; its maker may do that."""
    head = lock(distribution_id)
    _refuse_stale(head)
    move(head, "preview", by)


def discard(distribution_id: int, by: int, reason: str) -> None:
    """Drop a draft that nobody has seen posted; a new run may follow."""
    move(lock(distribution_id), "discard", by, _words(reason))


def publish(distribution_id: int, by: int, days: int) -> str:
    """Post it for the members to check for `days` days; returns the notice's code. Raises Refused below the statutory 15."""
    head = lock(distribution_id)
    _refuse_stale(head)
    move(head, "publish", by, f"公示 {days} 天")
    return notices.post_notice(head.cooperative_id, head.id, by, days)


def approve(distribution_id: int, by: int) -> None:
    """The assembly's word, checked by another person than the maker.

    Raises Refused while the notice runs, an objection is open, the resolution is missing or fails quorum or majority
    (Cooperative Law art. 29, 30), or the approver made or published it.
    """
    head = lock(distribution_id)
    if by in {head.made_by, notices.publisher_of(head.id)}:
        raise Refused("计算或公示的人不能自己审核，请换一个人")
    notices.refuse_unless_over(head.id)
    resolutions.refuse_unless_passed(head.id, "distribution")
    _refuse_stale(head)
    session().execute(update(Distribution).where(Distribution.id == head.id).values(approved_by=by))
    move(head, "approve", by)


def post(distribution_id: int, by: int) -> None:
    """Book it: reserve, patronage refunds and residual shares out of 332; years post in order."""
    head = lock(distribution_id)
    appropriation.refuse_out_of_order(head.cooperative_id, head.year)
    move(head, "post", by)
    appropriation.post_distribution(head.id, head.cooperative_id, head.year, by)


def reverse(distribution_id: int, by: int, reason: str) -> int:
    """Undo a posted distribution of which nothing is paid, by a counter-run; returns the counter-run's id.

    Raises Refused when a later year is posted or part of it was converted to capital, Conflict when payment has begun.
    """
    head = lock(distribution_id)
    appropriation.refuse_if_later_posted(head.cooperative_id, head.year)
    move(head, "reverse", by, _words(reason))
    counter = insert_rows(
        Distribution,
        [
            {
                "cooperative_id": head.cooperative_id,
                "year": head.year,
                "state": "void",
                "reverses_id": head.id,
                "made_by": by,
                "refusal": reason,
            }
        ],
        "id",
    )[0]
    appropriation.post_reversal(head.id, head.cooperative_id, int(counter), by)
    return int(counter)


def uphold(distribution_id: int, by: int) -> None:
    """An objection was right: the notice is withdrawn and the distribution void; a new draft must be computed."""
    head = lock(distribution_id)
    move(head, "uphold", by)
    notices.withdraw(head.id, "upheld")


def _refuse_stale(head: Head) -> None:
    """The books of a closed year cannot change, but charters can be entered late: inputs must still be the same."""
    try:
        now = inputs_document(read_year(head.cooperative_id, head.year).inputs)
    except DistributionRefused as refusal:
        raise Refused(str(refusal)) from None
    if sha256(now) != head.inputs_sha256:
        raise Conflict("账目或章程与计算时不同，请重新计算后再继续")


def _words(reason: str) -> str:
    reason = reason.strip()
    if not 2 <= len(reason) <= 200:
        raise Refused("请写明原因，2 到 200 个字", field="reason")
    return reason


def events(distribution_id: int) -> list[Any]:
    """Its steps, oldest first: rows (event, from_state, to_state, actor_id, note, at)."""
    return list(
        session().execute(
            select(
                DistributionEvent.event,
                DistributionEvent.from_state,
                DistributionEvent.to_state,
                DistributionEvent.actor_id,
                DistributionEvent.note,
                DistributionEvent.at,
            )
            .where(DistributionEvent.distribution_id == distribution_id)
            .order_by(DistributionEvent.id)
        )
    )
