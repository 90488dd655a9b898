"""Whether a household may join a cooperative on a day, and if not, why: a code and one plain sentence.

Cooperative Law art. 19 and 20; the exclusions (五保, 兜底, under 18) are the township's, by person and day.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, text

from shop.cooperatives.people.facts import EXCLUDED, present
from shop.cooperatives.people.models import Person, PersonExclusion
from shop.core.db import session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_

EXCLUSIONS = {
    "extreme_hardship": N_("特困供养（五保）"),
    "safety_net": N_("兜底保障"),
    "under_18": N_("未满 18 岁"),
}

# A membership that begins later counts too: nobody joins twice from one day on.
_STATE = text(
    f"""
    select h.id, w.day, h.agricultural, {present("h", "entered_on")} as present,
           v.region_code = home.region_code as near, p.persons, p.able,
           m.cooperative_id as member_of, m.name as member_of_name
      from unnest(cast(:households as bigint[]), cast(:days as date[])) w(household_id, day)
      join household h on h.id = w.household_id join village v on v.id = h.village_id
      join cooperative c on c.id = :cooperative join village home on home.id = c.village_id
      join lateral (
        select count(*) as persons, count(*) filter (where not {EXCLUDED}) as able
          from person p where p.household_id = h.id and {present("p")}) p on true
      left join lateral (
        select o.cooperative_id, oc.name from member o join cooperative oc on oc.id = o.cooperative_id
         where o.household_id = h.id and (o.left_on is null or o.left_on >= :day) order by o.joined_on limit 1) m on true
    """.replace(":day)", "w.day)").replace(":day ", "w.day ")  # noqa: S608 (our own SQL)
)
_FARMERS = text(
    """
    select d.day, count(m.id) as members, count(m.id) filter (where h.agricultural) as farmers
      from unnest(cast(:days as date[])) d(day)
      left join member m on m.cooperative_id = :cooperative and m.joined_on <= d.day
                        and (m.left_on is null or m.left_on >= d.day)
      left join household h on h.id = m.household_id
     group by d.day
    """
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """ok | member (here) | elsewhere | outside | gone | nobody_able | farmers | unknown; `refusal` says it, None where ok."""

    household_id: int
    code: str
    refusal: Refused | NotFound | None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person of a household; `reason` is why he may not join on that day, empty where he may."""

    person_id: int
    household_id: int
    name: str
    is_head: bool
    reason: str


def judge(cooperative_id: int, household_ids: Sequence[int], day: date) -> dict[int, Verdict]:
    """Household id → verdict for joining on that day, as if all that may join did. Two statements for any number."""
    wanted = [(household_id, day) for household_id in household_ids]
    rows = _states(cooperative_id, wanted)
    # farmers first, so that as many as possible of the others find room beside them
    wanted.sort(key=lambda one: (one not in rows or not rows[one].agricultural, one))
    verdicts = _one_by_one(cooperative_id, wanted, rows)
    return {household_id: verdict for (household_id, _day), verdict in zip(wanted, verdicts, strict=True)}


def judge_each(cooperative_id: int, wanted: Sequence[tuple[int, date]]) -> list[Verdict]:
    """Verdicts for households that join one after another, each on its day, as if those before it that may join had.

    In the order of `wanted`; two statements for any number.
    """
    return _one_by_one(cooperative_id, wanted, _states(cooperative_id, wanted))


def _states(cooperative_id: int, wanted: Sequence[tuple[int, date]]) -> dict[tuple[int, date], Any]:
    scope: dict[str, Any] = {
        "cooperative": cooperative_id, "households": [one for one, _day in wanted], "days": [day for _one, day in wanted],
    }  # fmt: skip
    return {(row.id, row.day): row for row in session().execute(_STATE, scope)}


def _one_by_one(
    cooperative_id: int, wanted: Sequence[tuple[int, date]], rows: Mapping[tuple[int, date], Any]
) -> list[Verdict]:
    days = sorted({day for _one, day in wanted})
    counted = session().execute(_FARMERS, {"cooperative": cooperative_id, "days": days})
    members = {row.day: [int(row.members), int(row.farmers)] for row in counted}
    joined: set[int] = set()
    found = []
    for household_id, day in wanted:
        row = rows.get((household_id, day))
        verdict = _unknown(household_id) if row is None else _one(cooperative_id, row)
        if verdict.refusal is None and household_id in joined:
            verdict = Verdict(household_id, "member", Refused(N_("这一户前面已经加入了"), "household_id"))
        if verdict.refusal is None and row is not None:
            verdict = _beside_farmers(row, *members[day])
        if verdict.refusal is None and row is not None:
            joined.add(household_id)
            for later in days[bisect_left(days, day) :]:
                members[later][0] += 1
                members[later][1] += 1 if row.agricultural else 0
        found.append(verdict)
    return found


def _beside_farmers(row: Any, members: int, farmers: int) -> Verdict:
    if row.agricultural or 5 * farmers >= 4 * (members + 1):
        return Verdict(row.id, "ok", None)
    sentence = Refused(
        N_("不是农业户；农民要占成员的八成以上（合作社法第二十条），再加就不够了"), "household_id"
    )
    return Verdict(row.id, "farmers", sentence)


def there_on(day: date) -> ColumnElement[bool]:
    """SQL: the person belongs to the household on that day."""
    return and_(
        or_(Person.joined_on.is_(None), Person.joined_on <= day),
        or_(Person.left_on.is_(None), Person.left_on >= day),
    )


def persons_of(household_ids: Sequence[int], day: date) -> dict[int, list[PersonRow]]:
    """Household id → its persons, the head first, with the exclusion of that day. One statement; names decrypted."""
    if not household_ids:
        return {}
    in_force = and_(
        PersonExclusion.person_id == Person.id,
        PersonExclusion.valid_from <= day,
        or_(PersonExclusion.valid_to.is_(None), PersonExclusion.valid_to >= day),
    )
    reason = (
        select(PersonExclusion.reason).where(in_force).order_by(PersonExclusion.id).limit(1).scalar_subquery()
    )
    rows = session().execute(
        select(Person.id, Person.household_id, Person.name, Person.is_head, reason)
        .where(Person.household_id.in_(household_ids), there_on(day))
        .order_by(Person.household_id, Person.is_head.desc(), Person.id)
    )
    found: dict[int, list[PersonRow]] = {}
    for person_id, household_id, name, is_head, why in rows:
        found.setdefault(household_id, []).append(
            PersonRow(person_id, household_id, name, is_head, why or "")
        )
    return found


def _unknown(household_id: int) -> Verdict:
    return Verdict(household_id, "unknown", NotFound(N_("没有找到这一户"), "household_id"))


def _one(cooperative_id: int, row: Any) -> Verdict:
    if not row.near and row.member_of != cooperative_id:
        return Verdict(row.id, "outside", Refused(N_("这一户不在本镇，请先由镇里登记"), "household_id"))
    if not row.present:
        return Verdict(row.id, "gone", Refused(N_("这一户在这一天不在镇里的册子上"), "household_id"))
    if row.member_of is not None:
        sentence = Refused("这一户在这一天已经是%(name)s的成员", "household_id", name=row.member_of_name)
        return Verdict(row.id, "member" if row.member_of == cooperative_id else "elsewhere", sentence)
    if row.persons and not row.able:
        sentence = Refused(
            N_("这一户没有可以入社的人（特困、兜底保障或未满 18 岁），不能入社"), "household_id"
        )
        return Verdict(row.id, "nobody_able", sentence)
    return Verdict(row.id, "ok", None)
