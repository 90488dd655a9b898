"""Deeds of the register: a household is entered, becomes a member, leaves. One live member account per household."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, text, update

from shop.cooperatives.people import member_events
from shop.cooperatives.people.consents import PUBLIC_NAME
from shop.cooperatives.people.member_events import Request, Resolved
from shop.cooperatives.people.models import (
    Household,
    HouseholdConsent,
    Member,
    Person,
    Village,
)
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused, beside
from shop.core.text import N_, clean_line


@dataclass(frozen=True, slots=True)
class NewHousehold:
    """A household as the clerk enters it; persons are the other names of its roster, the head comes first by himself."""

    village_id: int
    head_name: str
    phone: str | None = None
    agricultural: bool = True
    persons: tuple[str, ...] = ()
    entered_on: date | None = None


def register_household(new: NewHousehold, by: int | None = None) -> int:
    """Enter a household with its persons; returns its id. Raises NotFound for the village, Refused for names."""
    names = [clean_name(new.head_name), *(clean_name(name) for name in new.persons)]
    new_id = open_household(new.village_id, names[0], new.phone, new.agricultural, new.entered_on)
    insert_rows(
        Person,
        [{"household_id": new_id, "name": name, "is_head": place == 0} for place, name in enumerate(names)],
    )
    activity.record("household.registered", "household", new_id, after={"persons": len(names)}, actor_id=by)
    return new_id


def open_household(
    village_id: int, head_name: str, phone: str | None, agricultural: bool, entered_on: date | None = None
) -> int:
    """Enter a household that has no persons yet, under a code of its village; returns its id. Raises NotFound.

    Without `entered_on` it counts as having been there ever since.
    """
    village = session().execute(select(Village.code).where(Village.id == village_id)).one_or_none()
    if village is None:
        raise NotFound("没有找到这个村")
    new_id = int(session().scalar(text("select nextval('household_id_seq')")) or 0)
    household = {
        "id": new_id, "code": f"{village.code}-{new_id:05d}", "village_id": village_id, "head_name": head_name,
        "phone": phone, "agricultural": agricultural, "entered_on": entered_on,
    }  # fmt: skip
    insert_rows(Household, [household])
    return new_id


def leave(
    member_id: int,
    cooperative_id: int,
    left_on: date,
    by: int | None = None,
    *,
    reason: str = "withdrew",
    noticed_on: date | None = None,
    resolved: Resolved | None = None,
    key: str | None = None,
    seen: int | None = None,
) -> None:
    """Membership ends with the end of a fiscal year (Cooperative Law art. 25). Raises NotFound, Refused, Conflict."""
    held = member_events.hold(member_id, cooperative_id, seen)
    if held.left_on is not None:
        raise Refused(N_("这个成员已经退社"))
    if (left_on.month, left_on.day) != (12, 31):
        raise Refused(
            "成员资格到会计年度终了时终止（合作社法第二十五条），退社日期要写 12 月 31 日", field="left_on"
        )
    if left_on < held.joined_on:
        raise Refused("退社日期不能早于入社日期", field="left_on")
    session().execute(update(Member).where(Member.id == member_id).values(left_on=left_on))
    member_events.note(
        held,
        "leaving",
        left_on,
        Request(by, key),
        resolved or Resolved(),
        reason=reason,
        noticed_on=noticed_on,
    )
    activity.record(
        "member.left", "member", member_id, cooperative_id=cooperative_id, actor_id=by,
        before={"left_on": None}, after={"left_on": left_on.isoformat(), "reason": reason},
    )  # fmt: skip


def stay(member_id: int, cooperative_id: int, resolved: Resolved, request: Request) -> None:
    """A leaving that is not yet over is taken back. Raises NotFound, Refused, Conflict."""
    member_events.check_days(clock.today(), resolved)
    held = member_events.hold(member_id, cooperative_id, request.seen)
    if held.left_on is None:
        raise Refused(N_("这个成员没有退社"))
    if held.left_on < clock.today():
        raise Refused(N_("成员资格已经终止，不能撤回；可以重新入社"))
    session().execute(update(Member).where(Member.id == member_id).values(left_on=None))
    member_events.note(held, "stayed", clock.today(), request, resolved)
    activity.record(
        "member.stayed", "member", member_id, cooperative_id=cooperative_id, actor_id=request.by,
        before={"left_on": held.left_on.isoformat()}, after={"left_on": None},
    )  # fmt: skip


def give_consent(
    household_id: int, on: date, by: int | None = None, how: str = "", paper_id: int | None = None
) -> None:
    """The household agrees to be named in public (PIPL art. 25); a second time changes nothing.

    `how` is the number of the signed paper. Raises NotFound; Refused for a day to come or within an earlier consent.
    """
    if on > clock.today():
        raise Refused(N_("同意的日期不能晚于今天"), "on")
    if _lock_consents(household_id):
        return
    last = session().scalar(
        select(func.max(HouseholdConsent.withdrawn_on)).where(
            HouseholdConsent.household_id == household_id, HouseholdConsent.purpose == PUBLIC_NAME
        )
    )
    if last is not None and on < last:
        raise Refused("上一次同意到 %(day)s 才撤回，新的不能更早", "on", day=last.isoformat())
    row = {
        "household_id": household_id, "purpose": PUBLIC_NAME, "given_on": on, "how": paper_words(how), "paper_id": paper_id,
    }  # fmt: skip
    insert_rows(HouseholdConsent, [row])
    activity.record("consent.given", "household", household_id, after={"purpose": PUBLIC_NAME}, actor_id=by)


def withdraw_consent(household_id: int, on: date, by: int | None = None, how: str = "") -> None:
    """From that day on the household is not named in public any more; without a consent nothing happens.

    A consent given later than that day ends on its own first day. Raises NotFound, Refused for a day to come.
    """
    if on > clock.today():
        raise Refused(N_("撤回的日期不能晚于今天"), "on")
    consents = _lock_consents(household_id)
    if not consents:
        return
    session().execute(
        update(HouseholdConsent)
        .where(HouseholdConsent.id.in_(consents))
        .values(withdrawn_on=func.greatest(HouseholdConsent.given_on, on), withdrawn_how=paper_words(how))
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


def clean_name(name: str) -> str:
    """A person's name as it is kept. Raises Refused."""
    with beside("head_name"):
        return clean_line(name, label="姓名", max_length=40)


def paper_words(text_typed: str) -> str:
    """How a consent was said, as it is kept. Raises BadText."""
    return clean_line(text_typed, label=N_("书面材料"), max_length=60, required=False)
