"""A list of households comes into the register in one deed: for each what `register_homes.enter` and `give_category` do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from shop.cooperatives.people import registry
from shop.cooperatives.people.lists import CATEGORIES
from shop.cooperatives.people.models import HouseholdCategory, Village
from shop.cooperatives.people.register_homes import check_size
from shop.cooperatives.people.register_models import RegisterStep
from shop.cooperatives.people.register_steps import Step, check_day, tell_of
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_


@dataclass(frozen=True, slots=True)
class Entering:
    """A household with its persons, from the step's day on; and the category that it has from `since` on, '' for none."""

    step: Step
    new: registry.NewHousehold
    category: str
    since: date


def enter_list(wanted: Sequence[Entering]) -> list[int]:
    """Any number of one township's households, in seven statements; their ids in the same order.

    Every step has a key of its own that was not used before. Raises what the single deeds do, of whichever is wrong.
    """
    region = wanted[0].step.region
    villages = set(
        session().scalars(select(Village.id).where(Village.region_code.startswith(region, autoescape=True)))
    )
    for one in wanted:
        check_day(one.step.on, None)
        check_size(one.new)
        if one.new.village_id not in villages:
            raise NotFound(N_("没有找到这个村"), "village")
        if one.category:
            check_day(one.since, one.new.entered_on)
            if one.category not in CATEGORIES:
                raise Refused(N_("请选择类别"), "category")
    ids = registry.register_many([one.new for one in wanted])
    steps: list[dict[str, Any]] = []
    for home, one in zip(ids, wanted, strict=True):
        steps.append(_step(home, "enter", one.step.on, one.step, ""))
        registry.tell_registered(home, one.new, one.step.by)
        if one.category:
            steps.append(_step(home, "category", one.since, one.step, ":category"))
            tell_of(
                home, one.step, "household.category", {"category": one.category, "on": one.since.isoformat()}
            )
    insert_rows(RegisterStep, steps)
    insert_rows(
        HouseholdCategory,
        [
            {"household_id": home, "category": one.category, "valid_from": one.since}
            for home, one in zip(ids, wanted, strict=True)
            if one.category
        ],
    )
    return ids


def _step(home: int, act: str, on: date, step: Step, tail: str) -> dict[str, Any]:
    return {
        "household_id": home, "act": act, "on_date": on, "reason": "", "request_key": f"{step.region}:{step.key}{tail}",
        "made_by": step.by,
    }  # fmt: skip
