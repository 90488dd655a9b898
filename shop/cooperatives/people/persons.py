"""Persons go from one household to another: the old row ends, a new one begins and names it, exclusions in force go along.

So every earlier day still shows who lived where, and who was the head. Deeds of a register's page and of a cooperative's
splitting share this.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func, insert, literal, select, update

from shop.cooperatives.people.models import Person, PersonExclusion
from shop.core.db import insert_rows, session
from shop.core.errors import Refused
from shop.core.text import N_


def move(person_ids: Sequence[int], to_household: int, on: date, head_id: int | None = None) -> None:
    """Let persons live in another household from that day on. The caller holds both households. Raises Refused."""
    rows = session().execute(
        select(Person.id, Person.joined_on)
        .where(Person.id.in_(person_ids), Person.left_on.is_(None))
        .order_by(Person.id)
    ).all()  # fmt: skip
    if any(row.joined_on is not None and row.joined_on > on for row in rows):
        raise Refused(N_("这一天他还没有来到现在这一户"), "on")
    follow([row.id for row in rows], to_household, on, head_id)


def follow(before: Sequence[int], to_household: int, on: date, head_id: int | None = None) -> list[int]:
    """A new row for each of these from that day on; returns their ids in that order. What still holds ends on the eve."""
    rows = session().execute(select(Person.id, Person.name).where(Person.id.in_(before)))
    names = {row.id: row.name for row in rows}
    still = Person.id.in_(before), Person.left_on.is_(None)
    session().execute(update(Person).where(*still).values(left_on=on - timedelta(days=1)))
    new = insert_rows(
        Person,
        [
            {"household_id": to_household, "name": names[one], "is_head": one == head_id, "joined_on": on, "before_id": one}
            for one in before
        ],
        "id",
    )  # fmt: skip
    for one, after in zip(before, new, strict=True):
        _take_along(one, int(after), on)
    return [int(one) for one in new]


def _take_along(before: int, after: int, on: date) -> None:
    """Exclusions that hold on that day or later hold for the new row from then on."""
    going = select(
        literal(after), PersonExclusion.reason, func.greatest(PersonExclusion.valid_from, on), PersonExclusion.valid_to
    ).where(
        PersonExclusion.person_id == before,
        func.coalesce(PersonExclusion.valid_to, date.max) >= func.greatest(PersonExclusion.valid_from, on),
    )  # fmt: skip
    columns = ["person_id", "reason", "valid_from", "valid_to"]
    session().execute(insert(PersonExclusion).from_select(columns, going))
