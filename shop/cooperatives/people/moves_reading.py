"""The moves of a household as its page shows them: who went or came, when, why, by which paper, and whether it was undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import column, or_, select, table
from sqlalchemy.orm import aliased

from shop.cooperatives.people.models import Household, Person
from shop.cooperatives.people.move_models import PersonMove
from shop.core.db import session

_WHO = table("user_account", column("id"), column("name"))  # accounts stand beside this subject, not below it


@dataclass(frozen=True, slots=True)
class MoveLine:
    """`coming`: into this household; `other_*` is the one at the other end, None where there is none."""

    id: int
    name: str
    kind: str
    on_date: date
    evidence: str
    coming: bool
    other_id: int | None
    other_code: str | None
    undone: bool
    who: str
    made_at: datetime


def of_household(household_id: int) -> Sequence[MoveLine]:
    """Newest first, without those that only take another back: they show as `undone`. One statement."""
    before, after, home, goal = aliased(Person), aliased(Person), aliased(Household), aliased(Household)
    undoing = aliased(PersonMove)
    rows: Sequence[Any] = session().execute(
        select(
            PersonMove.id, before.name, PersonMove.kind, PersonMove.on_date, PersonMove.evidence, PersonMove.household_id,
            home.code.label("home_code"), goal.id.label("goal_id"), goal.code.label("goal_code"),
            undoing.id.label("undoing"), _WHO.c.name.label("who"), PersonMove.made_at,
        )
        .join(before, before.id == PersonMove.person_id)
        .join(home, home.id == PersonMove.household_id)
        .join(_WHO, _WHO.c.id == PersonMove.made_by)
        .outerjoin(after, after.id == PersonMove.to_person_id)
        .outerjoin(goal, goal.id == after.household_id)
        .outerjoin(undoing, undoing.reverses_id == PersonMove.id)
        .where(
            PersonMove.reverses_id.is_(None),
            or_(PersonMove.household_id == household_id, after.household_id == household_id),
        )
        .order_by(PersonMove.id.desc())
        .limit(100)
    ).all()  # fmt: skip
    lines = []
    for row in rows:
        coming = row.household_id != household_id
        other = (row.household_id, row.home_code) if coming else (row.goal_id, row.goal_code)
        lines.append(
            MoveLine(
                row.id, row.name, row.kind, row.on_date, row.evidence, coming, *other, row.undoing is not None, row.who,
                row.made_at,
            )
        )  # fmt: skip
    return lines
