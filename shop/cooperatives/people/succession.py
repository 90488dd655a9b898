"""A household's head changes, the household and its member account go on: the old name is kept, sealed, in the step."""

from __future__ import annotations

from datetime import date

from sqlalchemy import and_, select, update

from shop.cooperatives.people import member_events, registry
from shop.cooperatives.people.member_events import Request, Resolved
from shop.cooperatives.people.models import Household, Person
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_


def succeed(
    member_id: int,
    cooperative_id: int,
    person_id: int | None,
    new_name: str,
    on: date,
    resolved: Resolved,
    request: Request,
) -> int:
    """A person of the household, or somebody new by name, becomes its head; returns the step's id.

    The old head's consent to be named ends that day: it was his name. A repeated request gets the first answer. Raises
    NotFound; Refused (day to come, the same person, a member who has left); Conflict where somebody acted before.
    """
    today = clock.today()
    if on > today:
        raise Refused(N_("更换日期不能晚于今天"), "on")
    member_events.check_days(today, resolved)
    member_events.hold_cooperative(cooperative_id)
    made = member_events.made_before(cooperative_id, request.key)
    if made is not None:
        return int(made.id)
    held = member_events.hold(member_id, cooperative_id, request.seen)
    if held.left_on is not None and held.left_on < today:
        raise Refused(N_("这个成员已经退社"))
    if on < held.joined_on:
        raise Refused(N_("更换日期不能早于入社日期"), "on")
    before = session().scalar(
        select(Household.head_name).where(Household.id == held.household_id).with_for_update(key_share=True)
    )
    after = _new_head(held.household_id, person_id, new_name)
    session().execute(update(Household).where(Household.id == held.household_id).values(head_name=after))
    registry.withdraw_consent(held.household_id, on, request.by, N_("更换户主"))
    step_id = member_events.note(
        held, "succession", on, request, resolved, head_before=before or "", head_after=after
    )
    activity.record(
        "member.head_changed", "member", member_id, cooperative_id=cooperative_id, actor_id=request.by,
        after={"step": step_id, "on": on.isoformat()},
    )  # fmt: skip
    return step_id


def _new_head(household_id: int, person_id: int | None, new_name: str) -> str:
    """Mark the new head among the persons; returns his name."""
    of_household = and_(Person.household_id == household_id, Person.left_on.is_(None))
    if person_id is None:
        name = registry.clean_name(new_name)
        session().execute(update(Person).where(of_household, Person.is_head).values(is_head=False))
        insert_rows(Person, [{"household_id": household_id, "name": name, "is_head": True}])
        return name
    row = session().execute(
        select(Person.name, Person.is_head).where(Person.id == person_id, of_household)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这个人"), "person")
    if row.is_head:
        raise Refused(N_("他现在就是户主"), "person")
    session().execute(update(Person).where(of_household, Person.is_head).values(is_head=False))
    session().execute(update(Person).where(Person.id == person_id).values(is_head=True))
    return str(row.name)
