"""Households become members: judged under their locks, numbered on, with the step that says who decided it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from shop.cooperatives.people import eligibility, member_events
from shop.cooperatives.people.member_events import Request, Resolved
from shop.cooperatives.people.models import Cooperative, Household, Member
from shop.cooperatives.people.roster_models import MemberEvent
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_


@dataclass(frozen=True, slots=True)
class Joined:
    """Household id → member id of those who joined, and why the others did not."""

    members: dict[int, int]
    refused: dict[int, Refused | NotFound]


def admit(
    cooperative_id: int, household_ids: Sequence[int], on: date, resolved: Resolved, request: Request
) -> Joined:
    """Every household that may join does, under the next numbers; the others are named with a reason.

    A repeated request gets what the first one made. Numbers count up under the cooperative's lock; those of members who
    left are not given again. Raises NotFound for the cooperative; Refused for a day to come or before the cooperative.
    """
    member_events.check_days(clock.today(), resolved)
    member_events.hold_cooperative(cooperative_id)
    _check_days(cooperative_id, [on])
    wanted = sorted(set(household_ids))
    earlier = _made_before(cooperative_id, wanted, request.key)
    fresh = [household_id for household_id in wanted if household_id not in earlier]
    _hold_households(fresh)
    verdicts = eligibility.judge(cooperative_id, fresh, on) if fresh else {}
    good = [household_id for household_id in fresh if verdicts[household_id].refusal is None]
    made = _insert(cooperative_id, [(one, on) for one in good], resolved, request)
    refused = {one: refusal for one in fresh if (refusal := verdicts[one].refusal) is not None}
    return Joined(earlier | dict(zip(good, made, strict=True)), refused)


def admit_each(
    cooperative_id: int, wanted: Sequence[tuple[int, date]], resolved: Resolved, request: Request
) -> list[int]:
    """Households join one after another, each on its day, under the next numbers in that order; their member ids.

    A dozen statements for any number. Raises as `admit`, and the refusal of the first that may not join: the whole is then
    to be rolled back.
    """
    member_events.check_days(clock.today(), resolved)
    member_events.hold_cooperative(cooperative_id)
    _check_days(cooperative_id, [day for _one, day in wanted])
    _hold_households([household_id for household_id, _day in wanted])
    for verdict in eligibility.judge_each(cooperative_id, wanted):
        if verdict.refusal is not None:
            raise verdict.refusal
    return _insert(cooperative_id, wanted, resolved, request)


def _check_days(cooperative_id: int, days: Sequence[date]) -> None:
    if max(days) > clock.today():
        raise Refused(N_("入社日期不能晚于今天"), field="joined_on")
    founded = session().scalar(select(Cooperative.founded_on).where(Cooperative.id == cooperative_id))
    if founded is not None and min(days) < founded:
        raise Refused("合作社 %(day)s 才成立，入社日期不能更早", "joined_on", day=founded.isoformat())


def _hold_households(household_ids: Sequence[int]) -> None:
    session().execute(
        select(Household.id)
        .where(Household.id.in_(household_ids))
        .order_by(Household.id)
        .with_for_update(key_share=True)
    )


def _insert(
    cooperative_id: int, wanted: Sequence[tuple[int, date]], resolved: Resolved, request: Request
) -> list[int]:
    if not wanted:
        return []
    last = session().scalar(
        select(func.coalesce(func.max(Member.number), 0)).where(Member.cooperative_id == cooperative_id)
    )
    rows = [
        {
            "cooperative_id": cooperative_id,
            "household_id": one,
            "number": (last or 0) + place,
            "joined_on": on,
        }
        for place, (one, on) in enumerate(wanted, 1)
    ]
    ids = [int(member_id) for member_id in insert_rows(Member, rows, "id")]
    insert_rows(
        MemberEvent,
        [
            {
                "cooperative_id": cooperative_id, "member_id": member_id, "seq": 1, "kind": "joined", "on_date": on,
                "resolution": member_events.resolution_words(resolved.text), "resolved_on": resolved.on,
                "made_by": request.by, "request_key": _key(cooperative_id, household_id, request.key),
            }
            for member_id, (household_id, on) in zip(ids, wanted, strict=True)
        ],
    )  # fmt: skip
    for member_id, row, (_one, on) in zip(ids, rows, wanted, strict=True):
        activity.record(
            "member.admitted", "member", member_id, cooperative_id=cooperative_id, actor_id=request.by,
            after={"number": row["number"], "joined_on": on.isoformat()},
        )  # fmt: skip
    return ids


def _made_before(cooperative_id: int, household_ids: Sequence[int], key: str | None) -> dict[int, int]:
    if key is None:
        return {}
    keys = [_key(cooperative_id, household_id, key) for household_id in household_ids]
    rows = session().execute(
        select(Member.household_id, Member.id)
        .join(MemberEvent, MemberEvent.member_id == Member.id)
        .where(MemberEvent.request_key.in_(keys))
    )
    return {int(household_id): int(member_id) for household_id, member_id in rows}


def _key(cooperative_id: int, household_id: int, key: str | None) -> str | None:
    return None if key is None else member_events.own_key(cooperative_id, f"{key}:{household_id}")
