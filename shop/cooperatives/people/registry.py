"""Deeds of the register: a household is entered, becomes a member, leaves. One live member account per household."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, text, update

from shop.cooperatives.people.consents import PUBLIC_NAME
from shop.cooperatives.people.models import (
    Cooperative,
    Household,
    HouseholdConsent,
    Member,
    Person,
    PersonExclusion,
    Village,
)
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import BadText, clean_line


@dataclass(frozen=True, slots=True)
class NewHousehold:
    """A household as the clerk enters it; persons are the other names of its roster, the head comes first by himself."""

    village_id: int
    head_name: str
    phone: str | None = None
    agricultural: bool = True
    persons: tuple[str, ...] = ()


def register_household(new: NewHousehold, by: int | None = None) -> int:
    """Enter a household with its persons; returns its id. Raises NotFound for the village, Refused for names."""
    village = session().execute(select(Village.code).where(Village.id == new.village_id)).one_or_none()
    if village is None:
        raise NotFound("没有找到这个村")
    names = [_name(new.head_name), *(_name(name) for name in new.persons)]
    new_id = session().scalar(text("select nextval('household_id_seq')"))
    household = {
        "id": new_id, "code": f"{village.code}-{new_id:05d}", "village_id": new.village_id, "head_name": names[0],
        "phone": new.phone, "agricultural": new.agricultural,
    }  # fmt: skip
    insert_rows(Household, [household])
    insert_rows(
        Person,
        [{"household_id": new_id, "name": name, "is_head": place == 0} for place, name in enumerate(names)],
    )
    activity.record(
        "household.registered", "household", new_id or 0, after={"persons": len(names)}, actor_id=by
    )
    return int(new_id or 0)


def admit(cooperative_id: int, household_id: int, joined_on: date, by: int | None = None) -> int:
    """Make a household a member under the next number; returns the member id.

    Raises NotFound; Refused for a day to come, a household that is a member somewhere, or one of whom nobody may join.
    Numbers count up under the cooperative's lock; those of members who left are not given again.
    """
    if joined_on > clock.today():
        raise Refused("入社日期不能晚于今天", field="joined_on")
    own = select(Cooperative.id).where(Cooperative.id == cooperative_id).with_for_update(key_share=True)
    if session().scalar(own) is None:
        raise NotFound("没有找到这个合作社")
    locked = select(Household.id).where(Household.id == household_id).with_for_update(key_share=True)
    if session().scalar(locked) is None:
        raise NotFound("没有找到这一户")
    _refuse_second_membership(household_id, joined_on)
    if not _eligible(household_id, joined_on):
        raise Refused("这一户没有可以入社的人（特困、兜底保障或未满 18 岁），不能入社", field="household_id")
    last = session().scalar(
        select(func.coalesce(func.max(Member.number), 0)).where(Member.cooperative_id == cooperative_id)
    )
    row = {
        "cooperative_id": cooperative_id, "household_id": household_id, "number": (last or 0) + 1, "joined_on": joined_on,
    }  # fmt: skip
    member_id = int(insert_rows(Member, [row], "id")[0])
    activity.record(
        "member.admitted", "member", member_id, cooperative_id=cooperative_id, actor_id=by,
        after={"number": row["number"], "joined_on": joined_on.isoformat()},
    )  # fmt: skip
    return member_id


def leave(member_id: int, cooperative_id: int, left_on: date, by: int | None = None) -> None:
    """Membership ends with the end of a fiscal year (Cooperative Law art. 25). Raises NotFound, Refused."""
    member = session().execute(
        select(Member.joined_on, Member.left_on)
        .where(Member.id == member_id, Member.cooperative_id == cooperative_id)
        .with_for_update(key_share=True)
    ).one_or_none()  # fmt: skip
    if member is None:
        raise NotFound("没有找到这个成员")
    if member.left_on is not None:
        raise Refused("这个成员已经退社")
    if (left_on.month, left_on.day) != (12, 31):
        raise Refused(
            "成员资格到会计年度终了时终止（合作社法第二十五条），退社日期要写 12 月 31 日", field="left_on"
        )
    if left_on < member.joined_on:
        raise Refused("退社日期不能早于入社日期", field="left_on")
    session().execute(update(Member).where(Member.id == member_id).values(left_on=left_on))
    activity.record(
        "member.left", "member", member_id, cooperative_id=cooperative_id, actor_id=by,
        before={"left_on": None}, after={"left_on": left_on.isoformat()},
    )  # fmt: skip


def give_consent(household_id: int, on: date, by: int | None = None) -> None:
    """The household agrees to be named in public (PIPL art. 25); a second time changes nothing."""
    if _lock_consents(household_id):
        return
    insert_rows(HouseholdConsent, [{"household_id": household_id, "purpose": PUBLIC_NAME, "given_on": on}])
    activity.record("consent.given", "household", household_id, after={"purpose": PUBLIC_NAME}, actor_id=by)


def withdraw_consent(household_id: int, on: date, by: int | None = None) -> None:
    """From now on the household is not named in public any more; without a consent nothing happens."""
    consents = _lock_consents(household_id)
    if not consents:
        return
    session().execute(
        update(HouseholdConsent).where(HouseholdConsent.id.in_(consents)).values(withdrawn_on=on)
    )
    activity.record(
        "consent.withdrawn", "household", household_id, after={"purpose": PUBLIC_NAME}, actor_id=by
    )


def _lock_consents(household_id: int) -> list[int]:
    """Lock the household and return its consents in force."""
    locked = select(Household.id).where(Household.id == household_id).with_for_update(key_share=True)
    if session().scalar(locked) is None:
        raise NotFound("没有找到这一户")
    live = (
        HouseholdConsent.household_id == household_id,
        HouseholdConsent.purpose == PUBLIC_NAME,
        HouseholdConsent.withdrawn_on.is_(None),
    )
    return list(session().scalars(select(HouseholdConsent.id).where(*live)))


def _name(name: str) -> str:
    try:
        return clean_line(name, label="姓名", max_length=40)
    except BadText as refusal:
        raise Refused(str(refusal), field="head_name") from refusal


def _refuse_second_membership(household_id: int, day: date) -> None:
    """No account may be open, or have been open, on the day of joining or after it."""
    live = or_(Member.left_on.is_(None), Member.left_on >= day)
    name = session().scalar(
        select(Cooperative.name)
        .join(Member, Member.cooperative_id == Cooperative.id)
        .where(Member.household_id == household_id, live)
        .limit(1)
    )
    if name is not None:
        raise Refused("这一户在这一天已经是%(name)s的成员", field="household_id", name=name)


def _eligible(household_id: int, day: date) -> bool:
    """At least one person of the household may join, or no person has been entered yet."""
    excluded = (
        select(PersonExclusion.id).where(PersonExclusion.person_id == Person.id, _in_force(day)).exists()
    )
    counted: Any = session().execute(
        select(func.count(Person.id), func.count(Person.id).filter(~excluded)).where(Person.household_id == household_id)
    ).one()  # fmt: skip
    persons, able = counted
    return bool(able or not persons)


def _in_force(day: date) -> ColumnElement[bool]:
    return (PersonExclusion.valid_from <= day) & or_(
        PersonExclusion.valid_to.is_(None), PersonExclusion.valid_to >= day
    )
