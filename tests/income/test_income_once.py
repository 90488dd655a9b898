"""The same paper counts once: for a second form, for two clerks at the same moment, for a table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import text

from shop.cooperatives.income import income_entering, income_entries, movements
from shop.cooperatives.income.income_entering import Draft
from shop.core.db import session, transaction
from shop.core.errors import NotFound, Refused
from tests.support import town_builder as builder

TOWN = builder.TOWNSHIP
DAY = date(2020, 5, 6)


@pytest.fixture
def homes(app: Flask) -> list[int]:
    with app.app_context(), transaction():
        builder.regions()
        village = builder.village("大川村")
        return [builder.household(village, name).household_id for name in ("赵大山", "钱二")]


def draft(home: int, key: str, **changed: object) -> Draft:
    values: dict[str, object] = {
        "household_id": home, "source_code": "work_local", "on_date": DAY, "fen": 300_000, "evidence": "工资表 5 月",
    } | changed  # fmt: skip
    return Draft(request_key=key, **values)  # type: ignore[arg-type]


def enter(wanted: Draft) -> int:
    with transaction():
        return income_entering.record(wanted, TOWN, None)


def test_the_same_paper_is_refused_and_says_which_entry_has_it(app: Flask, homes: list[int]) -> None:
    with app.app_context():
        first = enter(draft(homes[0], "a"))
        for evidence in ("工资表 5 月", " 工资表5月", "工资表　５ 月"):
            with pytest.raises(Refused, match=f"登记 {first}"):
                enter(draft(homes[0], "b", evidence=evidence))
        others = (
            draft(homes[1], "c"), draft(homes[0], "d", fen=300_001), draft(homes[0], "e", source_code="work_away"),
            draft(homes[0], "f", on_date=date(2020, 5, 7)), draft(homes[0], "g", evidence="工资表 6 月"),
        )  # fmt: skip
        assert len({enter(one) for one in others}) == len(others)


def test_what_was_taken_back_may_be_entered_again_but_once(app: Flask, homes: list[int]) -> None:
    with app.app_context():
        for turn in range(3):
            entry_id = enter(draft(homes[0], f"k{turn}"))
            with pytest.raises(Refused):
                enter(draft(homes[0], f"twice{turn}"))
            with transaction():
                income_entries.reverse(entry_id, TOWN, "记错了", f"r{turn}", None)
        enter(draft(homes[0], "last"))
        assert movements.year_sums(homes[0], 2020).of_class("wage") == 300_000


def test_a_row_of_before_there_were_fingerprints_counts_too(app: Flask, homes: list[int]) -> None:
    with app.app_context():
        first = enter(draft(homes[0], "a"))
        with transaction():
            session().execute(text("alter table household_income_entry disable trigger user"))
            session().execute(text("update household_income_entry set content_key = null"))
            session().execute(text("alter table household_income_entry enable trigger user"))
        with pytest.raises(Refused, match=f"登记 {first}"):
            enter(draft(homes[0], "b"))


def test_two_clerks_at_the_same_moment(app: Flask, homes: list[int]) -> None:
    ready = Barrier(2)

    def clerk(key: str) -> bool:
        with app.app_context():
            ready.wait()
            try:
                enter(draft(homes[0], key))
            except Refused:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(clerk, ("a", "b"))) == [False, True]


class Undone(Exception):
    """What was entered has been looked at and is not kept."""


def _one_by_one(wanted: list[Draft], found: list[tuple[object, ...]]) -> None:
    for one in wanted:
        income_entering.record(one, TOWN, None)
    session().flush()
    found += _rows()
    raise Undone


def _rows() -> list[tuple[object, ...]]:
    """Of both tables, ids apart."""
    found = session().execute(
        text(
            "select e.household_id, e.income_class, e.source_code, e.on_date, e.fen, e.request_key, e.content_key, e.turn,"
            " a.act, a.after from household_income_entry e join activity a on a.subject_type = 'household_income_entry'"
            " and a.subject_id = e.id::text order by e.id"
        )
    )
    return [tuple(map(str, row)) for row in found]


def test_many_at_once_leave_what_one_by_one_leave(app: Flask, homes: list[int]) -> None:
    wanted = [draft(home, f"{home}-{n}", fen=100 + n, evidence=f"表 {n}") for home in homes for n in range(5)]

    with app.app_context():
        single: list[tuple[object, ...]] = []
        with pytest.raises(Undone), transaction():
            _one_by_one(wanted, single)
        with transaction():
            made = income_entering.record_many(wanted, TOWN, None)
            session().flush()
            assert _rows() == single
        with transaction():
            assert income_entering.record_many(wanted, TOWN, None) == made
        assert len(single) == len(set(made)) == 10


def test_all_or_none_and_no_other_towns_household(app: Flask, homes: list[int]) -> None:
    with app.app_context():
        with pytest.raises(Refused), transaction():
            income_entering.record_many([draft(homes[0], "a"), draft(homes[0], "b")], TOWN, None)
        with pytest.raises(NotFound), transaction():
            income_entering.record_many([draft(homes[0], "a")], "420302999", None)
        assert session().scalar(text("select count(*) from household_income_entry")) == 0
