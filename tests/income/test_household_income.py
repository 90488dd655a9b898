"""The household income ledger: entered once, taken back once, and what the books say flows in by itself."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shop.cooperatives.income import income_entering, income_entries, income_year, movements
from shop.cooperatives.income.income_entering import Draft
from shop.cooperatives.income.income_words import CLASSES, EXPENSE, SOURCES
from shop.cooperatives.people.models import Person
from shop.core import clock
from shop.core.db import db, insert_rows, session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import BadText
from shop.orders import figures
from tests.access.identities import OTHER_TOWN, TOWN
from tests.support import town_builder as town

DAY = date(2020, 5, 6)
TOWNSHIP = town.TOWNSHIP


@pytest.fixture
def home(db_session: object) -> int:
    with transaction():
        return town.household(town.village()).household_id or 0


def draft(household_id: int, **changed: object) -> Draft:
    made = Draft(household_id, "work_local", DAY, 300_000, "工资表 5 月", "k1")
    return replace(made, **changed)  # type: ignore[arg-type]


def enter(wanted: Draft) -> int:
    with transaction():
        return income_entering.record(wanted, TOWNSHIP, None)


def take_back(entry_id: int, key: str = "r1", reason: str = "记错了人") -> int:
    with transaction():
        return income_entries.reverse(entry_id, TOWNSHIP, reason, key, None)


def test_sources_of_the_table_have_words_and_classes(home: int) -> None:
    rows = (
        session().execute(text("select code, name, income_class, system, by_hand from income_source")).all()
    )
    assert {row.code: row.name for row in rows} == SOURCES
    assert {row.income_class for row in rows} == set(CLASSES)
    assert {row.system for row in rows if not row.by_hand} == {
        "books",
        "pv",
        "microloan",
        "industry",
        "guarantee",
    }
    assert {row.code for row in income_entries.by_hand()} == {row.code for row in rows if row.by_hand}


def test_the_same_request_enters_once(home: int) -> None:
    first = enter(draft(home))
    assert enter(draft(home)) == first
    assert movements.year_sums(home, 2020).of_class("wage") == 300_000
    with pytest.raises(Conflict):
        enter(draft(home, fen=1))
    session().rollback()
    assert enter(draft(home, request_key="k2", evidence="工资表 5 月第 2 行")) != first
    assert movements.year_sums(home, 2020).of_class("wage") == 600_000


@pytest.mark.parametrize(
    "changed",
    [
        {"source_code": "none"}, {"source_code": "goods_sold"}, {"source_code": "pv_post_wage"}, {"fen": 0}, {"fen": -5},
        {"on_date": date(2014, 12, 31)}, {"on_date": date(2999, 1, 1)}, {"person_id": 999_999},
    ],
)  # fmt: skip
def test_what_cannot_be_entered_is_refused(home: int, changed: dict[str, object]) -> None:
    with pytest.raises(Refused):
        enter(draft(home, **changed))


def test_an_entry_needs_its_evidence_and_its_own_town(home: int) -> None:
    with pytest.raises(BadText):
        enter(draft(home, evidence="  "))
    session().rollback()
    with pytest.raises(NotFound), transaction():
        income_entering.record(draft(home), OTHER_TOWN, None)
    entry_id = enter(draft(home))
    with pytest.raises(NotFound), transaction():
        income_entries.reverse(entry_id, OTHER_TOWN, "记错了人", "r1", None)
    with pytest.raises(NotFound):
        income_entries.entry(entry_id, OTHER_TOWN)


def test_a_reversal_mirrors_its_entry_and_counts_once(home: int) -> None:
    spent = enter(draft(home, source_code="inputs", fen=70_00))
    earned = enter(draft(home, request_key="k2"))
    before = movements.year_sums(home, 2020)
    assert (before.of_class(EXPENSE), before.net_fen) == (70_00, 300_000 - 70_00)
    reversal = take_back(spent)
    assert take_back(spent) == reversal, "the same request again is the same reversal"
    with pytest.raises(Conflict):
        take_back(spent, "r2")
    session().rollback()
    with pytest.raises(Refused):
        take_back(reversal, "r3")
    session().rollback()
    with pytest.raises(BadText):
        take_back(earned, "r4", " ")
    session().rollback()
    after = movements.year_sums(home, 2020)
    assert (after.of_class(EXPENSE), after.net_fen) == (0, 300_000)
    shown = movements.movements(home, 2020, TOWNSHIP, 10)
    assert sorted(row.fen for row in shown) == [-70_00, 70_00, 300_000]
    assert [row.undone_id for row in shown if row.entry_id == spent] == [reversal]


CROOKED = """
    insert into household_income_entry (household_id, on_date, income_class, source_code, fen, evidence, request_key, reverses_id)
    select household_id, on_date, income_class, source_code, fen + 1, 'x', 'x', id from household_income_entry
"""
WRONG_CLASS = """
    insert into household_income_entry (household_id, on_date, income_class, source_code, fen, evidence, request_key)
    select id, '2020-01-01', 'transfer', 'work_local', 1, 'x', 'y' from household
"""


@pytest.mark.parametrize(
    "statement",
    [
        "update household_income_entry set fen = 1",
        "delete from household_income_entry",
        "truncate household_income_entry cascade",
        CROOKED,
        WRONG_CLASS,
    ],
)
def test_the_database_itself_refuses_edits_and_crooked_reversals(home: int, statement: str) -> None:
    enter(draft(home))
    with pytest.raises(DBAPIError), transaction():
        session().execute(text(statement))


def test_two_reversals_at_once_one_is_told(app: Flask, home: int) -> None:
    entry_id = enter(draft(home))
    outcomes: list[str] = []

    def go(key: str) -> None:
        with app.app_context():
            try:
                take_back(entry_id, key)
                outcomes.append("done")
            except Conflict:
                outcomes.append("second")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=go, args=(key,)) for key in ("r1", "r2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "second"]
    assert movements.year_sums(home, 2020).net_fen == 0


@pytest.mark.parametrize("seed", range(6))
def test_classes_months_villages_and_households_sum_to_the_movements(db_session: object, seed: int) -> None:
    """Random entries and reversals in three villages: every way of adding up gives what the rows give."""
    random = Random(seed)  # noqa: S311 (the same villages each time)
    with transaction():
        villages = [town.village(f"{name}村") for name in "甲乙丙"]
        homes = [town.household(random.choice(villages)).household_id or 0 for _ in range(9)]
        insert_rows(Person, [{"household_id": owner, "name": "某人"} for owner in homes])
    codes = [row.code for row in income_entries.by_hand()]
    kept: list[tuple[int, str, date, int]] = []
    for number in range(40):
        wanted = draft(
            random.choice(homes), source_code=random.choice(codes), fen=random.randint(1, 10**6), request_key=f"k{number}",
            on_date=date(2020, random.randint(1, 12), random.randint(1, 28)),
        )  # fmt: skip
        entry_id = enter(wanted)
        if random.random() < 0.3:
            take_back(entry_id, f"r{number}")
        else:
            kept.append((wanted.household_id, wanted.source_code, wanted.on_date, wanted.fen))
    class_of = {row.code: row.income_class for row in income_entries.by_hand()}
    signed = [-fen if class_of[code] == EXPENSE else fen for _, code, _, fen in kept]
    found = income_year.region_year(TOWNSHIP, 2020)
    rows = income_year.households(TOWNSHIP, 2020, income_year.Wanted(everybody=True), 100)
    for name in CLASSES:
        exact = sum(fen for _, code, _, fen in kept if class_of[code] == name)
        assert found.total.classes.get(name, 0) == exact
        assert sum(sums.classes.get(name, 0) for sums in found.villages.values()) == exact
        assert sum(sums.classes.get(name, 0) for sums in found.months.values()) == exact
        assert sum(getattr(row, name) or 0 for row in rows) == exact
        assert sum(movements.year_sums(home, 2020).of_class(name) for home in homes) == exact
    assert found.total.net_fen == sum(signed)
    earned = dict.fromkeys(homes, 0)
    by_month: dict[tuple[int, int], int] = {}
    for home, code, on, fen in kept:
        if class_of[code] != EXPENSE:
            earned[home] += fen
            by_month[home, on.month] = by_month.get((home, on.month), 0) + fen
    assert found.total.households == sum(1 for fen in earned.values() if fen > 0)
    assert found.total.households == sum(sums.households for sums in found.villages.values())
    assert found.months_of_households == len(by_month) >= found.total.households
    assert found.total.persons == found.total.households
    assert len(rows) == len(homes)


def test_2020_of_the_demo_town_is_what_the_books_say(shared_town: Flask) -> None:
    with shared_town.app_context():
        found = income_year.region_year(TOWN, 2020)
        money = figures.households_paid(TOWN, date(2020, 1, 1), date(2020, 12, 31))
        assert found.figures["credited"] == money.fen > 0
        assert found.total.households == money.households
        assert found.total.classes["operating"] == money.fen
        assert set(found.total.classes) == {"operating"}, "nothing was entered, nothing distributed"
        assert found.gross_households == money.households, "no cost is on record"
        assert found.months_of_households > found.total.households
        rows = income_year.households(TOWN, 2020, income_year.Wanted(), 5000)
        assert len(rows) == money.households
        assert sum(row.operating for row in rows) == money.fen
        one = rows[0]
        sums = movements.year_sums(one.id, 2020)
        shown = movements.movements(one.id, 2020, TOWN, 5000)
        assert sum(row.fen for row in shown) == sums.income_fen == one.operating
        assert all(row.within and (row.receipt or row.order_number) for row in shown)
        assert sums.is_gross
        assert sums.gained_fen == sums.income_fen
        assert 2020 in income_year.years(TOWN)
        assert clock.today().year in income_year.years(TOWN)
