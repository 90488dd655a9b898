"""Full names and telephones are shown for a reason that is typed and kept (PIPL art. 51, 55): who, when, why, whose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import column, select, table

from shop.cooperatives.people.models import Household, Village
from shop.cooperatives.people.register_models import Reveal, RevealHousehold
from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_, clean_line

_WHO = table("user_account", column("id"), column("name"))  # accounts stand beside this subject, not below it
LEAST_WHY, MOST_WHY = 5, 100


def reveal(region: str, household_ids: Sequence[int], why: str, by: int, kind: str = "household") -> None:
    """Note that names of these households are shown now. Raises NotFound (another township's); Refused, BadText (reason)."""
    reason = clean_line(why, label=N_("原因"), max_length=MOST_WHY)
    if len(reason) < LEAST_WHY:
        raise Refused("原因至少写 %(least)s 个字，说明为什么要看", "why", least=LEAST_WHY)
    own = (
        select(Household.id)
        .join(Village, Village.id == Household.village_id)
        .where(Household.id.in_(household_ids), Village.region_code.startswith(region, autoescape=True))
    )
    found = sorted(session().scalars(own))
    if not found or len(found) != len(set(household_ids)):
        raise NotFound(N_("没有找到这一户"))
    row = {"region_code": region, "kind": kind, "reason": reason, "households": len(found), "made_by": by}
    made = int(insert_rows(Reveal, [row], "id")[0])
    insert_rows(RevealHousehold, [{"reveal_id": made, "household_id": one} for one in found])
    if kind == "household":
        activity.record("household.revealed", "household", found[0], after={"why": reason}, actor_id=by)


def of_region(region: str, limit: int, offset: int) -> Sequence[Any]:
    """The newest first, with the household's code where it was one. One statement."""
    code = (
        select(Household.code)
        .join(RevealHousehold, RevealHousehold.household_id == Household.id)
        .where(RevealHousehold.reveal_id == Reveal.id, Reveal.kind == "household")
        .scalar_subquery()
    )
    one = (
        select(RevealHousehold.household_id)
        .where(RevealHousehold.reveal_id == Reveal.id, Reveal.kind == "household")
        .scalar_subquery()
    )
    return session().execute(
        select(
            Reveal.id, Reveal.kind, Reveal.reason, Reveal.households, Reveal.made_at, _WHO.c.name.label("who"),
            code.label("code"), one.label("household_id"),
        )
        .join(_WHO, _WHO.c.id == Reveal.made_by)
        .where(Reveal.region_code.startswith(region, autoescape=True))
        .order_by(Reveal.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()  # fmt: skip


def of_household(household_id: int) -> Sequence[Any]:
    """Who saw this household's names, newest first, in whatever way. One statement."""
    return session().execute(
        select(Reveal.kind, Reveal.reason, Reveal.made_at, _WHO.c.name.label("who"))
        .join(_WHO, _WHO.c.id == Reveal.made_by)
        .join(RevealHousehold, RevealHousehold.reveal_id == Reveal.id)
        .where(RevealHousehold.household_id == household_id)
        .order_by(Reveal.id.desc())
    ).all()  # fmt: skip
