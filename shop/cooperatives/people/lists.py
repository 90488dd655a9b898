"""The households behind a figure, and any part of the register: one filter for the screen, the file and the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, true

from shop.cooperatives.people.eligibility import there_on
from shop.cooperatives.people.facts import LISTS, scope, statement
from shop.cooperatives.people.models import Cooperative, Household, Person, Village
from shop.core.db import session
from shop.core.errors import Refused
from shop.core.text import N_

CATEGORIES = {
    "registered_household": N_("建档立卡户"),
    "exited_household": N_("脱贫户"),
    "monitored_household": N_("监测对象"),
}
_TOWNSHIP_DIGITS = 9  # of GB/T 2260 with the township
_ENDING = """
    select facts.id, facts.code, facts.head_name, facts.phone, facts.village_id, facts.village, facts.agricultural, facts.persons,
           facts.eligible_persons, facts.categories, facts.registered, facts.able, facts.led, facts.loan_fen,
           facts.member_id, facts.member_number, c.name as cooperative, count(*) over () as total,
           (sum(facts.persons) over ())::bigint as total_persons,
           (sum(facts.eligible_persons) over ())::bigint as total_eligible,
           (sum(facts.loan_fen) over ())::bigint as total_loan_fen
      from facts left join cooperative c on c.id = facts.cooperative_id
     where {condition} order by facts.village_id, facts.code limit :limit offset :offset
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part of the register: `which` is a key of LISTS, `village` a code, `search` a household's code or a full name."""

    which: str = "all"
    village: str = ""
    category: str = ""
    cooperative: str = ""
    member: str = ""  # yes | no | '' for both
    search: str = ""


def households(region_code: str, day: date, wanted: Wanted, limit: int, offset: int) -> list[Any]:
    """Rows by village and code; head_name comes encrypted (bytes), the totals stand on every row. One or two statements."""
    narrow, conditions = "", [LISTS[wanted.which]]
    more: dict[str, Any] = {}
    if wanted.village:
        narrow, more["village"] = " and v.code = :village", wanted.village
    if wanted.search:
        narrow += " and h.id = any(:found)"
        more["found"] = find(region_code, wanted.search, day, wanted.village)
    if wanted.category:
        conditions.append(":category = any(categories)")
        more["category"] = wanted.category
    if wanted.cooperative:
        conditions.append("c.code = :cooperative")
        more["cooperative"] = wanted.cooperative
    if wanted.member:
        conditions.append("member_id is not null" if wanted.member == "yes" else "member_id is null")
    asked = statement(_ENDING.format(condition=" and ".join(f"({one})" for one in conditions)), narrow)
    return list(session().execute(asked, scope(region_code, day, limit=limit, offset=offset) | more))


def find(region_code: str, search: str, day: date, village: str = "") -> list[int]:
    """Household ids for a code (or its end), or for the exact full name of anybody who lives there.

    Names are sealed, so they are opened one by one: a township's four thousand in some hundredths of a second.
    Parts of names find nothing: a masked list must not be guessed open letter by letter. Raises Refused for a name in a
    whole county, whose names are too many to open.
    """
    typed = search.strip()
    if any(char.isascii() and char.isdigit() for char in typed):
        code = Household.code.ilike("%" + _plain(typed), escape="\\")
        return list(session().scalars(_within(region_code).where(code)))
    if len(region_code) < _TOWNSHIP_DIGITS and not village:
        raise Refused(N_("按姓名查找，请先选村"), "search")
    home = Village.code == village if village else true()
    rows = session().execute(
        _within(region_code).join(Person, Person.household_id == Household.id).add_columns(Person.name).where(there_on(day), home)
    )  # fmt: skip
    found = {row.id for row in rows if row.name == typed}
    heads = session().execute(_within(region_code).add_columns(Household.head_name).where(home))
    return sorted(found | {row.id for row in heads if row.head_name == typed})


def villages(region_code: str) -> Sequence[Any]:
    """id, code and name of a region's villages. One statement."""
    own = Village.region_code.startswith(region_code, autoescape=True)
    return (
        session()
        .execute(select(Village.id, Village.code, Village.name).where(own).order_by(Village.id))
        .all()
    )


def cooperatives(region_code: str) -> Sequence[Any]:
    """code and name of a region's cooperatives. One statement."""
    own = Village.region_code.startswith(region_code, autoescape=True)
    statement = select(Cooperative.code, Cooperative.name).join(Village, Village.id == Cooperative.village_id)
    return session().execute(statement.where(own).order_by(Cooperative.id)).all()


def _within(region_code: str) -> Any:
    own = Village.region_code.startswith(region_code, autoescape=True)
    return select(Household.id).join(Village, Village.id == Household.village_id).where(own)


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def known(region_code: str) -> Sequence[Any]:
    """id, code, village_id, head_name and agricultural of every household that is still in the register. One statement."""
    columns = (Household.code, Household.village_id, Household.head_name, Household.agricultural)
    return (
        session().execute(_within(region_code).add_columns(*columns).where(Household.left_on.is_(None))).all()
    )
