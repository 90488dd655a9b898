"""Households and persons of the register: entered, joined by somebody, left, a new head, another telephone, closed."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, or_, select, update

from shop.cooperatives.people import registry
from shop.cooperatives.people.models import Household, Member, Person, Village
from shop.cooperatives.people.register_models import RegisterStep
from shop.cooperatives.people.register_steps import Held, Step, begin, check_day, eve, tell
from shop.core import clock
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_

MOST_PERSONS = 30


def enter(step: Step, new: registry.NewHousehold) -> int:
    """A household comes into the register on that day, with its persons; returns its id. A repeated form gets the first one's.

    Raises NotFound for another township's village; Refused for names, too many persons and the day.
    """
    session().execute(
        select(func.pg_advisory_xact_lock(func.hashtext(_key(step))))
    )  # the same form at the same moment
    made = session().scalar(select(RegisterStep.household_id).where(RegisterStep.request_key == _key(step)))
    if made is not None:
        return int(made)
    check_day(step.on, None)
    if len(new.persons) >= MOST_PERSONS:
        raise Refused("一户最多 %(most)s 人，请核对", "persons", most=MOST_PERSONS)
    home = session().scalar(
        select(Village.id).where(
            Village.id == new.village_id, Village.region_code.startswith(step.region, autoescape=True)
        )
    )
    if home is None:
        raise NotFound(N_("没有找到这个村"), "village")
    household_id = registry.register_household(new, step.by)
    insert_rows(
        RegisterStep,
        [{"household_id": household_id, "act": "enter", "on_date": step.on, "request_key": _key(step), "made_by": step.by}],
    )  # fmt: skip
    return household_id


def close(household_id: int, step: Step) -> None:
    """From that day on the household is not in the register any more. Raises as `begin`; Refused for a member."""
    held = begin(household_id, step, "close", reasoned=True)
    if held is None:
        return
    member = Member.household_id == held.id, or_(Member.left_on.is_(None), Member.left_on >= step.on)
    if session().scalar(select(Member.id).where(*member).limit(1)) is not None:
        raise Refused(N_("这一户是合作社成员，先由合作社办理退社，才能注销"))
    refuse_before_entering(held, step.on)
    last = eve(step.on)
    session().execute(
        update(Person)
        .where(Person.household_id == held.id, Person.left_on.is_(None))
        .values(left_on=func.greatest(last, func.coalesce(Person.joined_on, last) - 1))
    )
    session().execute(update(Household).where(Household.id == held.id).values(left_on=last))
    tell(held, step, "household.closed")


def add_person(household_id: int, step: Step, name: str) -> None:
    """Somebody belongs to the household from that day on. Raises as `begin`, Refused for the name."""
    plain = registry.clean_name(name)
    held = begin(household_id, step, "join")
    if held is None:
        return
    refuse_before_entering(held, step.on)
    there = session().scalar(select(func.count()).where(*_there(held)))
    if (there or 0) >= MOST_PERSONS:
        raise Refused("一户最多 %(most)s 人，请核对", "person", most=MOST_PERSONS)
    made = insert_rows(Person, [{"household_id": held.id, "name": plain, "joined_on": step.on}], "id")
    tell(held, step, "household.person_added", person=int(made[0]))


def person_leaves(household_id: int, step: Step, person_id: int) -> None:
    """From that day on somebody belongs to it no more; the row stays. Raises as `begin`, NotFound, Conflict, Refused."""
    held = begin(household_id, step, "leave", reasoned=True)
    if held is None:
        return
    row: Any = session().execute(
        select(Person.is_head, Person.joined_on, Person.left_on).where(
            Person.id == person_id, Person.household_id == held.id
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这个人"), "person")
    if row.left_on is not None:
        raise Conflict(N_("他刚才已经登记离开了，请看过最新情况再办"))
    if row.is_head:
        raise Refused(N_("他是户主，先更换户主；全户都走了，请注销这一户"), "person")
    if row.joined_on is not None and step.on < row.joined_on:
        raise Refused("他 %(day)s 才来，离开不能更早", "on", day=row.joined_on.isoformat())
    session().execute(update(Person).where(Person.id == person_id).values(left_on=eve(step.on)))
    tell(held, step, "household.person_left", person=person_id)


def change_head(household_id: int, step: Step, person_id: int) -> None:
    """Somebody of the household becomes its head; the old one's consent to be named ends. A member's is the cooperative's matter.

    Raises as `begin`; NotFound; Conflict where he is the head already; Refused for a member household.
    """
    held = begin(household_id, step, "head")
    if held is None:
        return
    still = or_(Member.left_on.is_(None), Member.left_on >= clock.today())
    member = select(Member.id).where(Member.household_id == held.id, still)
    if session().scalar(member.limit(1)) is not None:
        raise Refused(N_("这一户是合作社成员，请合作社在成员页办理更换户主"))
    row: Any = session().execute(
        select(Person.name, Person.is_head).where(Person.id == person_id, *_there(held))
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这个人"), "person")
    if row.is_head:
        raise Conflict(N_("他现在就是户主"))
    session().execute(update(Person).where(*_there(held), Person.is_head).values(is_head=False))
    session().execute(update(Person).where(Person.id == person_id).values(is_head=True))
    session().execute(update(Household).where(Household.id == held.id).values(head_name=row.name))
    registry.withdraw_consent(held.id, step.on, step.by, N_("更换户主"))
    tell(held, step, "household.new_head", person=person_id)


def change_phone(household_id: int, step: Step, phone: str | None) -> None:
    """`phone` as +86…, or None for no telephone any more. Raises as `begin`."""
    held = begin(household_id, step, "phone")
    if held is None:
        return
    if held.phone == phone:
        raise Refused(N_("电话没有变"), "phone")
    session().execute(update(Household).where(Household.id == held.id).values(phone=phone))
    before = {"last_four": held.phone[-4:] if held.phone else None}
    tell(held, step, "household.phone", before=before, last_four=phone[-4:] if phone else None)


def assess_able(household_id: int, step: Step) -> None:
    """From that day on it counts as able to be led by an industry. Raises as `begin`, Refused where it does already."""
    held = begin(household_id, step, "able")
    if held is None:
        return
    if held.able_on is not None:
        raise Refused("从 %(day)s 起已经有了", "on", day=held.able_on.isoformat())
    session().execute(update(Household).where(Household.id == held.id).values(industry_able_on=step.on))
    tell(held, step, "household.able")


def take_back_able(household_id: int, step: Step) -> None:
    """An assessment that was a mistake; only one whose figures are still open. Raises as `begin`, Conflict, Refused."""
    held = begin(household_id, step, "unable", reasoned=True)
    if held is None:
        return
    if held.able_on is None:
        raise Conflict(N_("这一户现在没有产业认定"))
    check_day(held.able_on, held.entered_on)
    session().execute(update(Household).where(Household.id == held.id).values(industry_able_on=None))
    tell(held, step, "household.unable", before={"on": held.able_on.isoformat()})


def _there(held: Held) -> tuple[Any, ...]:
    return Person.household_id == held.id, Person.left_on.is_(None)


def refuse_before_entering(held: Held, on: date) -> None:
    """Raises Refused for a day on which the household was not yet there."""
    if held.entered_on is not None and on < held.entered_on:
        raise Refused("这一户 %(day)s 才登记，日期不能更早", "on", day=held.entered_on.isoformat())


def _key(step: Step) -> str:
    return f"{step.region}:{step.key}"
