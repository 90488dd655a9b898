"""Joining, leaving and staying as the law and the books allow: never into a year whose books are closed.

Cooperative Law art. 25: notice three months before the fiscal year ends, membership ends with it; art. 26: whom the assembly
expels is a member until the year ends; art. 28: capital and reserve share are then paid back, by the books. The charter's
model lets heirs of a dead member withdraw in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from sqlalchemy import func, select

from shop.cooperatives.ledger.models import FiscalYearClose
from shop.cooperatives.people import joining, member_events, registry
from shop.cooperatives.people.member_events import Request, Resolved
from shop.core import clock
from shop.core.db import session
from shop.core.errors import Conflict, Refused
from shop.core.text import N_

NOTICE_UNTIL = (9, 30)  # three months before 31 December


@dataclass(frozen=True, slots=True)
class Notice:
    """Why somebody leaves, when the written notice (or the news of a death) came in, and who decided it."""

    reason: str
    noticed_on: date
    resolved: Resolved = field(default_factory=Resolved)


def join(
    cooperative_id: int, household_ids: Sequence[int], on: date, resolved: Resolved, request: Request
) -> joining.Joined:
    """Admit every household that may join. Raises as `joining.admit`, and Refused for a day in a closed year."""
    member_events.hold_cooperative(cooperative_id)
    refuse_closed(cooperative_id, on, "joined_on")
    return joining.admit(cooperative_id, household_ids, on, resolved, request)


def join_each(cooperative_id: int, wanted: Sequence[tuple[int, date]], request: Request) -> list[int]:
    """Households of a list, each on its day; member ids in its order. Raises as `joining.admit_each`, and as `join`."""
    member_events.hold_cooperative(cooperative_id)
    refuse_closed(cooperative_id, min(day for _one, day in wanted), "joined_on")
    return joining.admit_each(cooperative_id, wanted, Resolved(), request)


def last_day(notice: Notice) -> date:
    """When membership ends: the fiscal year's end, the next one's where the notice came too late for this one."""
    if notice.reason == "expelled":
        return date((notice.resolved.on or notice.noticed_on).year, 12, 31)
    day = notice.noticed_on
    in_time = (day.month, day.day) <= NOTICE_UNTIL or notice.reason == "deceased"
    return date(day.year if in_time else day.year + 1, 12, 31)


def leave(member_id: int, cooperative_id: int, notice: Notice, request: Request) -> date:
    """Note that a member leaves; returns the last day of membership. A repeated request gets the first answer.

    Raises NotFound; Refused (reason, days, an expulsion without resolution, a year already closed); Conflict where the
    member has left already or somebody acted since the page was shown.
    """
    today = clock.today()
    if notice.reason not in member_events.REASONS:
        raise Refused(N_("请选择退社原因"), "reason")
    if notice.noticed_on > today:
        raise Refused(N_("申请日期不能晚于今天"), "noticed_on")
    member_events.check_days(today, notice.resolved)
    if notice.reason == "expelled" and (notice.resolved.on is None or not notice.resolved.text.strip()):
        raise Refused(N_("除名要由成员大会决定，请写明决议和日期（合作社法第二十六条）"), "resolution")
    member_events.hold_cooperative(cooperative_id)
    made = member_events.made_before(cooperative_id, request.key)
    if made is not None:
        return cast(date, made.on_date)
    held = member_events.hold(member_id, cooperative_id)
    if held.left_on is not None:
        raise Conflict("这个成员的退社已经办理过，成员资格到 %(day)s 终止", day=held.left_on.isoformat())
    if notice.noticed_on < held.joined_on:
        raise Refused(N_("申请日期不能早于入社日期"), "noticed_on")
    left_on = last_day(notice)
    refuse_closed(cooperative_id, left_on, "noticed_on")
    registry.leave(
        member_id,
        cooperative_id,
        left_on,
        request.by,
        reason=notice.reason,
        noticed_on=notice.noticed_on,
        resolved=notice.resolved,
        key=request.key,
        seen=request.seen,
    )
    return left_on


def stay(member_id: int, cooperative_id: int, resolved: Resolved, request: Request) -> None:
    """Take back a leaving before it is over. A repeated request changes nothing. Raises NotFound, Refused, Conflict."""
    member_events.hold_cooperative(cooperative_id)
    if member_events.made_before(cooperative_id, request.key) is None:
        registry.stay(member_id, cooperative_id, resolved, request)


def refuse_closed(cooperative_id: int, day: date, field: str) -> None:
    """The roster of a closed year stands: its surplus is divided by it. Hold the cooperative before. Raises Refused."""
    closed = closed_through(cooperative_id)
    if closed is not None and closed >= day.year:
        raise Refused("%(year)s 年的账已经结账，那一年的成员名册不能再变", field, year=day.year)


def closed_through(cooperative_id: int) -> int | None:
    """The last year whose books are closed; None where none is."""
    years = select(func.max(FiscalYearClose.year)).where(FiscalYearClose.cooperative_id == cooperative_id)
    return session().scalar(years)
