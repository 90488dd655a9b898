"""Deeds of the register: a household is entered, becomes a member, leaves. One live member account per household."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select, text, update

from shop.cooperatives.people import joining, member_events
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
from shop.core.errors import NotFound, Refused
from shop.core.text import N_, BadText, clean_line

_NEXT_IDS = text("select nextval('household_id_seq') from generate_series(1, :count)")


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
    new_id = register_many([new])[0]
    tell_registered(new_id, new, by)
    return new_id


def register_many(wanted: Sequence[NewHousehold]) -> list[int]:
    """Any number in four statements, ids in their order; `tell_registered` each. Raises as `register_household`."""
    names = [[clean_name(name) for name in (new.head_name, *new.persons)] for new in wanted]
    ids = _open([replace(new, head_name=cleaned[0]) for new, cleaned in zip(wanted, names, strict=True)])
    insert_rows(
        Person,
        [
            {"household_id": new_id, "name": name, "is_head": place == 0}
            for new_id, cleaned in zip(ids, names, strict=True)
            for place, name in enumerate(cleaned)
        ],
    )
    return ids


def tell_registered(household_id: int, new: NewHousehold, by: int | None) -> None:
    """Into the activity log."""
    after = {"persons": 1 + len(new.persons)}
    activity.record("household.registered", "household", household_id, after=after, actor_id=by)


def open_household(
    village_id: int, head_name: str, phone: str | None, agricultural: bool, entered_on: date | None = None
) -> int:
    """Enter a household that has no persons yet, under a code of its village; returns its id. Raises NotFound.

    Without `entered_on` it counts as having been there ever since.
    """
    return _open([NewHousehold(village_id, head_name, phone, agricultural, (), entered_on)])[0]


def _open(wanted: Sequence[NewHousehold]) -> list[int]:
    villages = {new.village_id for new in wanted}
    codes = {
        row.id: row.code
        for row in session().execute(select(Village.id, Village.code).where(Village.id.in_(villages)))
    }
    if len(codes) < len(villages):
        raise NotFound("没有找到这个村")
    ids = [int(new_id) for new_id in session().execute(_NEXT_IDS, {"count": len(wanted)}).scalars()]
    insert_rows(
        Household,
        [
            {
                "id": new_id, "code": f"{codes[new.village_id]}-{new_id:05d}", "village_id": new.village_id,
                "head_name": new.head_name, "phone": new.phone, "agricultural": new.agricultural, "entered_on": new.entered_on,
            }
            for new_id, new in zip(ids, wanted, strict=True)
        ],
    )  # fmt: skip
    return ids


def admit(cooperative_id: int, household_id: int, joined_on: date, by: int | None = None) -> int:
    """Make one household a member under the next number; returns the member id. Raises as `joining.admit`, and why not."""
    return joining.admit_each(cooperative_id, [(household_id, joined_on)], Resolved(), Request(by))[0]


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
    try:
        return clean_line(name, label="姓名", max_length=40)
    except BadText as refusal:
        raise Refused(str(refusal), field="head_name") from refusal


def paper_words(text_typed: str) -> str:
    """How a consent was said, as it is kept. Raises BadText."""
    return clean_line(text_typed, label=N_("书面材料"), max_length=60, required=False)
