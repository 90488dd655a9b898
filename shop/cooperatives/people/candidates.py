"""The township's register as a picker: households of the cooperative's township that are members nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from shop.cooperatives.people.models import Cooperative, Household, Member, Village
from shop.cooperatives.people.queries import spell
from shop.core.db import session


@dataclass(frozen=True, slots=True)
class Candidate:
    """A household of the register; the name is decrypted."""

    household_id: int
    code: str
    name: str
    village_id: int
    village_name: str
    agricultural: bool


_COLUMNS = (
    Household.id, Household.code, Household.head_name, Village.id, Village.name, Household.agricultural,
)  # fmt: skip


def candidates(
    cooperative_id: int, on: date, wanted: str = "", village_id: int | None = None
) -> list[Candidate]:
    """Households of the township that are no member anywhere on that day or later, the own village first. One statement.

    Found as members are: part of the name, beginning of pinyin or initials, or the code.
    """
    home = aliased(Village)
    taken = (
        select(Member.id)
        .where(Member.household_id == Household.id, or_(Member.left_on.is_(None), Member.left_on >= on))
        .exists()
    )
    statement = (
        select(*_COLUMNS)
        .join(Village, Village.id == Household.village_id)
        .join(home, home.region_code == Village.region_code)
        .join(Cooperative, Cooperative.village_id == home.id)
        .where(
            Cooperative.id == cooperative_id,
            ~taken,
            or_(Household.left_on.is_(None), Household.left_on >= on),
        )
        .order_by((Village.id != home.id), Village.pinyin, Village.id, Household.code)
    )
    if village_id is not None:
        statement = statement.where(Village.id == village_id)
    typed = wanted.strip().lower().replace(" ", "")
    rows = [Candidate(*row) for row in session().execute(statement)]
    return [row for row in rows if not typed or _matches(row, typed)]


def villages(cooperative_id: int) -> Sequence[tuple[int, str]]:
    """(id, name) of the villages of the cooperative's township, by name."""
    home = aliased(Village)
    rows = session().execute(
        select(Village.id, Village.name)
        .join(home, home.region_code == Village.region_code)
        .join(Cooperative, Cooperative.village_id == home.id)
        .where(Cooperative.id == cooperative_id)
        .order_by(Village.pinyin, Village.id)
    )
    return [(row.id, row.name) for row in rows]


def named(household_ids: Sequence[int]) -> dict[int, Candidate]:
    """Household id → who that is, for a list that was chosen."""
    rows = session().execute(
        select(*_COLUMNS)
        .join(Village, Village.id == Household.village_id)
        .where(Household.id.in_(household_ids))
    )
    return {row.id: Candidate(*row) for row in rows}


def register(cooperative_id: int) -> dict[str, Any]:
    """Household code → id, head_name and cooperative_id (of the live membership, or None) in the township. One statement."""
    home = aliased(Village)
    rows = session().execute(
        select(Household.id, Household.code, Household.head_name, Member.cooperative_id)
        .join(Village, Village.id == Household.village_id)
        .join(home, home.region_code == Village.region_code)
        .join(Cooperative, Cooperative.village_id == home.id)
        .outerjoin(Member, and_(Member.household_id == Household.id, Member.left_on.is_(None)))
        .where(Cooperative.id == cooperative_id)
    )
    return {row.code.upper(): row for row in rows}


def _matches(row: Candidate, wanted: str) -> bool:
    pinyin, initials = spell(row.name)
    if wanted == row.code.lower() or wanted in row.name.lower():
        return True
    return pinyin.startswith(wanted) or initials.startswith(wanted)
