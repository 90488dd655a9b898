"""What a cooperative credits, deducts, takes back and distributes stands in its households' ledgers by itself, with its sign."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shop.audit.run import CHECKS, run_check
from shop.cooperatives.income import income_entering, income_year, lifecycle, movements
from shop.cooperatives.income.deductions import deduct, household_party
from shop.cooperatives.income.income_entering import Draft
from shop.core import clock
from shop.core.db import session, transaction
from shop.orders import figures
from tests.income.village_year import Stock, Year, begin
from tests.support import town_builder as town

INCOME = [check for check in CHECKS if check.code.startswith("income-")]


@pytest.fixture
def made(db_session: object) -> Year:
    """Bought and consigned goods, three orders, one sent back by half, a deduction; the year is closed."""
    year = begin(
        clock.today().year - 1,
        [Stock("buyout", (500, 0, 200, 0), 3_000), Stock("consign_commission", (400, 300, 0, 0), 0)],
        [2_000, 3_000], 500_000, 0,
    )  # fmt: skip
    for month, place in ((3, 0), (4, 1), (5, 1)):
        year.order({year.skus[place]: 3}, month)
    year.refund(1, 50, "returned", year.day(6))
    on = year.day(7)
    with transaction():
        party = household_party(year.scene.parties[0].household_id or 0, year.coop.id, on)
        deduct(year.coop.id, party, 345, "代垫农资", reason="收据 12", request_key="d", by=None, on=on)
    year.close_month(12)
    year.close_year()
    return year


def sums(year: Year) -> dict[str, int]:
    return income_year.region_year(town.TOWNSHIP, year.year).figures


def paid(year: Year) -> Any:
    return figures.households_paid(town.TOWNSHIP, date(year.year, 1, 1), date(year.year, 12, 31))


def broken() -> dict[str, Any]:
    session().rollback()
    found = {check.code: run_check(check)["rows"] for check in INCOME}
    session().rollback()
    return {code: rows for code, rows in found.items() if rows}


def test_credits_are_the_books_to_the_fen_and_costs_stand_apart(made: Year) -> None:
    found = sums(made)
    assert found["credited"] == paid(made).fen > 0
    assert found["cost"] == 345
    home = made.scene.parties[0].household_id or 0
    rows = movements.movements(home, made.year, town.TOWNSHIP, 100)
    by_kind = {row.kind for row in rows}
    assert {"intake", "sale", "refund", "deduction"} <= by_kind
    assert all(row.fen < 0 for row in rows if row.kind == "refund")
    assert [row.memo for row in rows if row.kind == "deduction"] == ["代垫农资"]
    assert all(row.receipt for row in rows if row.kind == "intake")
    assert all(row.order_number for row in rows if row.kind in ("sale", "refund"))
    year = movements.year_sums(home, made.year)
    assert year.net_fen == sum(-row.fen if row.income_class == "expense" else row.fen for row in rows)
    assert year.gained_fen == year.net_fen
    assert year.is_gross, "a deduction is no production cost that somebody entered"
    assert broken() == {}


def test_a_posted_distribution_comes_in_by_class_and_a_counter_run_takes_it_back(made: Year) -> None:
    distribution_id = made.distribute()
    assert distribution_id is not None
    lines = made.scene.rows(
        "select m.household_id, l.patronage_fen, l.residual_fen from distribution_line l join member m on m.id = l.member_id"
        " where l.distribution_id = :d", d=distribution_id,
    )  # fmt: skip
    for household_id, patronage, residual in lines:
        year = movements.year_sums(int(str(household_id)), made.year)
        got = {row.code: (row.fen, row.income_class) for row in year.sources if row.figure == "distributed"}
        told = {"patronage": (patronage, "operating"), "residual": (residual, "property")}
        assert got == {code: value for code, value in told.items() if value[0]}
        assert year.gained_fen == year.of_figure("credited") + patronage + residual - year.of_class("expense")
    assert sums(made)["distributed"] == sum(int(str(line[1])) + int(str(line[2])) for line in lines) > 0
    assert sums(made)["credited"] == paid(made).fen, "(c) is no part of (b)"
    assert broken() == {}
    with transaction():
        lifecycle.reverse(distribution_id, made.scene.chair, "决议撤销")
    assert sums(made)["distributed"] == 0
    home = int(str(lines[0][0]))
    back = [row for row in movements.movements(home, made.year, town.TOWNSHIP, 100) if row.counter_run]
    assert back
    assert all(row.fen < 0 and row.distribution_id == distribution_id for row in back)
    assert broken() == {}


def test_costs_of_a_household_without_trade_lessen_nobodys_gain(made: Year) -> None:
    before = income_year.region_year(town.TOWNSHIP, made.year)
    with transaction():
        alone = town.household(made.coop.village_id).household_id or 0
    home = made.scene.parties[0].household_id or 0
    for household_id, key in ((alone, "a"), (home, "b")):
        with transaction():
            cost = Draft(household_id, "inputs", made.day(3), 1_000, "化肥收据", key)
            income_entering.record(cost, town.TOWNSHIP, None)
    after = income_year.region_year(town.TOWNSHIP, made.year)
    assert after.gained_fen == before.gained_fen - 1_000
    assert after.gross_households == before.gross_households - 1
    assert after.total.classes.get("expense", 0) == before.total.classes.get("expense", 0) + 2_000
    assert not movements.year_sums(alone, made.year).has_traded
    assert not movements.year_sums(home, made.year).is_gross
