"""A table's households entered by portions leave exactly the rows that the deeds of the pages leave, one by one."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from shop.cooperatives.people import register_facts, register_homes, register_tables
from shop.cooperatives.people.register_steps import Step
from shop.cooperatives.people.register_tables import Listed
from shop.cooperatives.people.registry import NewHousehold
from shop.core import clock
from shop.core.db import session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from tests.demo.rows import Rows, everything
from tests.support import town_builder as builder

TODAY = clock.today()
TOWN = builder.TOWNSHIP
CHANCE = {
    "register_step": ("id", "request_key"),
    "activity": ("id", "at"),
    "person": ("id",),
    "household_category": ("id",),
}


class Undone(Exception):
    """What was entered has been looked at and is not kept."""


@pytest.fixture
def place(app: Flask) -> tuple[list[int], list[int], int]:
    """Villages, households that are there, and who enters."""
    with app.app_context(), transaction():
        builder.regions()
        villages = [builder.village("大川村"), builder.village("唐家村")]
        homes = [builder.household(villages[0], f"赵{name}").household_id for name in "一二三"]
        by = session().scalar(
            text("insert into user_account (phone, name) values ('+8613900000099', '经办人') returning id")
        )
        return villages, homes, int(by or 0)


def listed(villages: list[int], homes: list[int]) -> list[Listed]:
    """New ones and known ones, with and without persons, a telephone, a category of today and of long ago."""
    found = []
    for number in range(6):
        persons = tuple(f"李{number}{other}" for other in range(number % 3))
        new = NewHousehold(
            villages[number % 2], f"王{number}", "+8613800138000" if number % 2 else None, bool(number % 3), persons, TODAY
        )  # fmt: skip
        category = ("", "registered_household", "monitored_household")[number % 3]
        found.append(Listed(new, TODAY, None, category, TODAY if number < 3 else date(2014, 4, 1)))
    for number, home in enumerate(homes):
        new = NewHousehold(villages[0], "—", None, True, ("周一", "周二")[:number], TODAY)
        found.append(Listed(new, TODAY, home, "exited_household" if number else "", TODAY))
    return found


def by_the_deeds(one: Listed, by: int) -> int:
    def step(on: date) -> Step:
        return Step(TOWN, by, secrets.token_hex(16), on)

    home = one.household_id
    if home is None:
        home = register_homes.enter(step(one.on), one.new)
    else:
        for name in one.new.persons:
            register_homes.add_person(home, step(one.on), name)
    if one.category:
        register_facts.give_category(home, step(one.since or one.on), one.category)
    return home


def looked_at(app: Flask, by: int, wanted: list[Listed], *, together: bool) -> Rows:
    """Every table afterwards; then all of it is taken back, and the next household's number too."""
    found: Rows = {}
    with app.app_context():
        number = session().execute(text("select last_value, is_called from household_id_seq")).one()
        session().rollback()
        with pytest.raises(Undone), transaction():
            _enter(by, wanted, found, together=together)
        with transaction():
            session().execute(
                text("select setval('household_id_seq', :v, :c)"), {"v": number[0], "c": number[1]}
            )
    return found


def _enter(by: int, wanted: list[Listed], found: Rows, *, together: bool) -> None:
    if together:
        register_tables.enter_all(TOWN, by, wanted)
    else:
        for one in wanted:
            by_the_deeds(one, by)
    session().flush()
    found |= everything()
    raise Undone


def plain(found: Rows) -> dict[str, list[Any]]:
    """Without what is given by order or by chance; a person is called by household and name."""
    persons = {str(row["id"]): f"{row['household_id']} {row['name']}" for row in found["person"]}
    shown = {}
    for table, lines in found.items():
        left_out = CHANCE.get(table, ())
        rows = [{key: value for key, value in row.items() if key not in left_out} for row in lines]
        for row in rows if table == "activity" else ():
            if "person" in (row["after"] or {}):
                row["after"] = row["after"] | {"person": persons[str(row["after"]["person"])]}
        shown[table] = sorted(map(repr, rows))
    return shown


def test_portions_leave_the_rows_of_single_deeds(app: Flask, place: tuple[list[int], list[int], int]) -> None:
    villages, homes, by = place
    wanted = listed(villages, homes)
    many = plain(looked_at(app, by, wanted, together=True))
    one = plain(looked_at(app, by, wanted, together=False))
    assert {name for name in many if many[name] != one[name]} == set()
    assert len(many["household"]) == 9
    assert len(many["household_category"]) == 6


def test_what_the_deeds_refuse_is_refused(app: Flask, place: tuple[list[int], list[int], int]) -> None:
    villages, homes, by = place
    new = NewHousehold(villages[0], "王一", entered_on=TODAY)
    join = NewHousehold(villages[0], "—", persons=("周一",), entered_on=TODAY)
    long_ago = date(2014, 4, 1)
    cases: list[tuple[type[Exception], str, list[Listed]]] = [
        (NotFound, "420302999", [Listed(new, TODAY)]),
        (NotFound, "420302999", [Listed(join, TODAY, homes[0])]),
        (Refused, TOWN, [Listed(new, TODAY + timedelta(days=1))]),
        (Refused, TOWN, [Listed(join, long_ago, homes[0])]),
        (Refused, TOWN, [Listed(join, TODAY, homes[0], "registered_household", long_ago)]),
        (Refused, TOWN, [Listed(new, TODAY, None, "rich_household")]),
        (Refused, TOWN, [Listed(NewHousehold(villages[0], "王一", persons=("李",) * 30), TODAY)]),
        (Conflict, TOWN, [Listed(join, TODAY, homes[0]), Listed(join, TODAY, homes[0])]),
    ]
    with app.app_context():
        for kind, region, wanted in cases:
            with pytest.raises(kind), transaction():
                register_tables.enter_all(region, by, wanted)
        with transaction():
            register_tables.enter_all(TOWN, by, [Listed(join, TODAY, homes[0], "exited_household")])
        with pytest.raises(Refused), transaction():
            register_tables.enter_all(TOWN, by, [Listed(join, TODAY, homes[0], "exited_household")])
        assert session().scalar(text("select count(*) from household")) == len(homes)
