"""A village and its clerk, whose steps have keys of their own."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text

from shop.accounts.models import User
from shop.cooperatives.people import lists, register_homes
from shop.cooperatives.people.lists import Wanted
from shop.cooperatives.people.models import Person
from shop.cooperatives.people.register_steps import Step, open_from
from shop.cooperatives.people.registry import NewHousehold
from shop.core import clock
from shop.core.db import insert_rows, session, transaction
from tests.support import town_builder as town

TODAY = clock.today()
FIRST = open_from(TODAY)
LAST_YEAR = date(FIRST.year - 1, 12, 31)


class Scene:
    """A village, a clerk, and steps with keys of their own."""

    def __init__(self) -> None:
        with transaction():
            self.region = town.regions()
            self.village = town.village()
            self.clerk = int(insert_rows(User, [{"phone": "+8613900000051", "name": "办事员"}], "id")[0])
        self.keys = 0

    def step(self, on: date = TODAY, why: str = "核查登记", key: str = "") -> Step:
        self.keys += 1
        return Step(self.region, self.clerk, key or f"key-{self.keys}", on, why)

    def home(self, *others: str, on: date = TODAY) -> int:
        """A household with a head 赵大山 and others."""
        with transaction():
            new = NewHousehold(self.village, "赵大山", "+8613812345678", True, others, on)
            return register_homes.enter(self.step(on), new)

    def old_home(self) -> int:
        """One that was there before any figure was closed."""
        with transaction():
            home = int(town.household(self.village).household_id or 0)
            insert_rows(Person, [{"household_id": home, "name": "钱一", "is_head": True}])
        return home

    def number(self, which: str, on: date = TODAY) -> int:
        rows = lists.households(self.region, on, Wanted(which), 1, 0)
        session().rollback()
        return rows[0].total if rows else 0

    def persons(self, home: int) -> list[int]:
        found = session().scalars(
            text("select id from person where household_id = :h order by id"), {"h": home}
        )
        ids = list(found)
        session().rollback()
        return ids
