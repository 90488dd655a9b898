"""Households and their persons for the rows of a file: those that it names and no others, names opened."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, func, or_, select

from shop.cooperatives.people.models import Household, Person, Village
from shop.core.db import session


def named(
    region_code: str, codes: Collection[str], villages: Collection[str]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """id, code, head_name, village and left_on of a region's households: by their codes (in capitals), and all of
    `villages` (names) that are still there. By code. One statement."""
    wanted = or_(
        func.upper(Household.code).in_(codes), Village.name.in_(villages) & Household.left_on.is_(None)
    )
    return session().execute(
        select(Household.id, Household.code, Household.head_name, Village.name.label("village"), Household.left_on)
        .join(Village, Village.id == Household.village_id)
        .where(Village.region_code.startswith(region_code, autoescape=True), wanted)
        .order_by(Household.code)
    ).all()  # fmt: skip


def persons(household_ids: Collection[int]) -> Sequence[Row[int, int, str]]:
    """id, household_id and name of everybody on the rosters of these households. One statement."""
    return session().execute(
        select(Person.id, Person.household_id, Person.name)
        .where(Person.household_id.in_(household_ids))
        .order_by(Person.id)
    ).all()  # fmt: skip
