"""A table's worth of the register: households entered, joined by persons, given a category, by a dozen statements in all.

What stands afterwards is what the single deeds leave (`register_homes.enter`, `.add_person`, `register_facts.give_category`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select, text

from shop.cooperatives.people.lists import CATEGORIES
from shop.cooperatives.people.models import Household, HouseholdCategory, Person, Village
from shop.cooperatives.people.register_homes import MOST_PERSONS, refuse_before_entering
from shop.cooperatives.people.register_models import RegisterStep
from shop.cooperatives.people.register_steps import Held, Step, check_day, check_there, held_columns, tell
from shop.cooperatives.people.registry import NewHousehold, clean_name
from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_


@dataclass(frozen=True, slots=True)
class Listed:
    """A household of a table: to be entered as `new`, or, with an id, joined from `on` by new's persons; with a category from
    `since` on, or '' for none."""

    new: NewHousehold
    on: date
    household_id: int | None = None
    category: str = ""
    since: date | None = None


def enter_all(region: str, by: int, listed: Sequence[Listed]) -> list[int]:
    """All of them or none; their ids in order. A household stands among them once.

    Raises NotFound, Refused and BadText as the single deeds do, without saying for which.
    """
    known = [one.household_id for one in listed if one.household_id is not None]
    if len(known) != len(set(known)):
        raise Conflict(N_("同一户在表里有两行，请合成一行"))
    held = _hold(region, known)
    made = iter(_enter(region, by, [one for one in listed if one.household_id is None]))
    ids = [one.household_id or next(made) for one in listed]
    _join(region, by, held, [one for one in listed if one.household_id is not None and one.new.persons])
    _categorise(region, by, held, [(id_, one) for id_, one in zip(ids, listed, strict=True) if one.category])
    return ids


def _enter(region: str, by: int, listed: Sequence[Listed]) -> list[int]:
    if not listed:
        return []
    places = {one.new.village_id for one in listed}
    own = Village.region_code.startswith(region, autoescape=True)
    codes: Mapping[int, str] = {
        row.id: row.code
        for row in session().execute(select(Village.id, Village.code).where(Village.id.in_(places), own))
    }
    if set(codes) != places:
        raise NotFound(N_("没有找到这个村"), "village")
    for day in {one.on for one in listed}:
        check_day(day, None)
    names = [_names(one) for one in listed]
    ids = list(
        session().scalars(
            text("select nextval('household_id_seq') from generate_series(1, :n)"), {"n": len(listed)}
        )
    )
    insert_rows(
        Household,
        [
            {
                "id": id_, "code": f"{codes[one.new.village_id]}-{id_:05d}", "village_id": one.new.village_id,
                "head_name": own_names[0], "phone": one.new.phone, "agricultural": one.new.agricultural,
                "entered_on": one.new.entered_on,
            }
            for id_, one, own_names in zip(ids, listed, names, strict=True)
        ],
    )  # fmt: skip
    insert_rows(
        Person,
        [
            {"household_id": id_, "name": name, "is_head": place == 0}
            for id_, own_names in zip(ids, names, strict=True)
            for place, name in enumerate(own_names)
        ],
    )
    for id_, own_names in zip(ids, names, strict=True):
        activity.record(
            "household.registered", "household", id_, after={"persons": len(own_names)}, actor_id=by
        )
    _note(region, by, "enter", [(id_, one.on) for id_, one in zip(ids, listed, strict=True)])
    return ids


def _names(one: Listed) -> list[str]:
    if len(one.new.persons) >= MOST_PERSONS:
        raise Refused("一户最多 %(most)s 人，请核对", "persons", most=MOST_PERSONS)
    return [clean_name(one.new.head_name), *(clean_name(name) for name in one.new.persons)]


def _join(region: str, by: int, held: Mapping[int, Held], listed: Sequence[Listed]) -> None:
    """Persons come to households that are there."""
    counted = session().execute(
        select(Person.household_id, func.count().label("persons"))
        .where(Person.household_id.in_([one.household_id for one in listed]), Person.left_on.is_(None))
        .group_by(Person.household_id)
    )
    there: dict[int, int] = {row.household_id: row.persons for row in counted}
    rows: list[dict[str, Any]] = []
    for one in listed:
        home = held[one.household_id or 0]
        check_there(home, one.on)
        refuse_before_entering(home, one.on)
        if there.get(home.id, 0) + len(one.new.persons) > MOST_PERSONS:
            raise Refused("一户最多 %(most)s 人，请核对", "person", most=MOST_PERSONS)
        rows += [
            {"household_id": home.id, "name": clean_name(name), "joined_on": one.on}
            for name in one.new.persons
        ]
    made = insert_rows(Person, rows, "id")
    _note(region, by, "join", [(row["household_id"], row["joined_on"]) for row in rows])
    for row, person_id in zip(rows, made, strict=True):
        step = Step(region, by, "", row["joined_on"])
        tell(held[row["household_id"]], step, "household.person_added", person=int(person_id))


def _categorise(region: str, by: int, held: Mapping[int, Held], wanted: Sequence[tuple[int, Listed]]) -> None:
    if not wanted:
        return
    if not {one.category for _id, one in wanted} <= set(CATEGORIES):
        raise Refused(N_("请选择类别"), "category")
    new = [id_ for id_, _one in wanted if id_ not in held]
    homes = dict(held) | (_hold(region, new) if new else {})
    before = _categories([id_ for id_, _one in wanted])
    rows: list[dict[str, Any]] = []
    for id_, one in wanted:
        since = one.since or one.on
        check_there(homes[id_], since)
        for first, last in before.get((id_, one.category), ()):
            _refuse_overlap(first, last, since)
        rows.append({"household_id": id_, "category": one.category, "valid_from": since})
    insert_rows(HouseholdCategory, rows)
    _note(region, by, "category", [(row["household_id"], row["valid_from"]) for row in rows])
    for row in rows:
        step = Step(region, by, "", row["valid_from"])
        tell(homes[row["household_id"]], step, "household.category", category=row["category"])


def _categories(household_ids: Sequence[int]) -> dict[tuple[int, str], list[tuple[date, date | None]]]:
    """What was not ended as a mistake: (household, category) → its days."""
    rows = session().execute(
        select(
            HouseholdCategory.household_id, HouseholdCategory.category, HouseholdCategory.valid_from,
            HouseholdCategory.valid_to,
        )
        .where(
            HouseholdCategory.household_id.in_(household_ids),
            or_(HouseholdCategory.valid_to.is_(None), HouseholdCategory.valid_to >= HouseholdCategory.valid_from),
        )
        .order_by(HouseholdCategory.valid_from)
    )  # fmt: skip
    found: dict[tuple[int, str], list[tuple[date, date | None]]] = {}
    for row in rows:
        found.setdefault((row.household_id, row.category), []).append((row.valid_from, row.valid_to))
    return found


def _refuse_overlap(first: date, last: date | None, since: date) -> None:
    if last is None:
        raise Refused("从 %(day)s 起已经有了", "category", day=first.isoformat())
    if last >= since:
        raise Refused(
            "%(first)s 到 %(last)s 已经有了，日期不能重叠", "category", first=first.isoformat(), last=last.isoformat()
        )  # fmt: skip


def _hold(region: str, household_ids: Sequence[int]) -> dict[int, Held]:
    """The households under their locks, taken in the order of ids. Raises NotFound for another township's."""
    if not household_ids:
        return {}
    rows: Sequence[Any] = session().execute(
        held_columns(region)
        .where(Household.id.in_(household_ids))
        .order_by(Household.id)
        .with_for_update(key_share=True, of=Household)
    ).all()  # fmt: skip
    if len(rows) != len(set(household_ids)):
        raise NotFound(N_("没有找到这一户"))
    return {row.id: Held(*row) for row in rows}


def _note(region: str, by: int, act: str, steps: Sequence[tuple[int, date]]) -> None:
    """A step of the register for each; their requests are the file's, so the keys need only be new."""
    insert_rows(
        RegisterStep,
        [
            {
                "household_id": id_, "act": act, "on_date": on, "request_key": f"{region}:{secrets.token_hex(16)}",
                "made_by": by,
            }
            for id_, on in steps
        ],
    )  # fmt: skip
