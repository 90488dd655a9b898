"""A year's distribution at its edges, from real books: returns carried, volume, no weights, nobody, one, leavers, outsiders."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import scoped_session

from shop.cooperatives.income import distribution
from shop.cooperatives.income.attribution import attribute
from shop.cooperatives.income.rules import DistributionRefused
from shop.cooperatives.income.year_inputs import read_year
from shop.cooperatives.ledger.closing import close_year
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.core.db import db, transaction
from tests.support import town_builder as town

_keys = count(1)


@pytest.fixture(autouse=True)
def _database(db_session: scoped_session[Any]) -> None:
    pass


def book(coop: town.Coop, on: date, *entries: Entry, kind: str = "intake") -> None:
    post([Posting(coop.id, kind, f"edge:{next(_keys)}", on, "cooperative", coop.id, entries)])


def trade(coop: town.Coop, party: town.Party, year: int, fen: int, grams: int = 0) -> None:
    """Goods of a member or an outside household; negative: what came back."""
    owed = Entry(
        "114.payable" if party.member_id else "211", -fen, party.member_id, party.household_id, None, grams
    )
    book(coop, date(year, 6, 1), owed, Entry("121", fen), kind="intake" if fen >= 0 else "refund")


def earn(coop: town.Coop, year: int, fen: int = 100_000) -> None:
    """Income without any trade."""
    book(coop, date(year, 7, 1), Entry("102", fen), Entry("501", -fen), kind="voucher")


def capital(coop: town.Coop, party: town.Party, fen: int = 10_000) -> None:
    book(
        coop, date(2020, 1, 2), Entry("102", fen), Entry("301", -fen, party.member_id, party.household_id),
        kind="capital",
    )  # fmt: skip


def close(coop: town.Coop, *years: int) -> None:
    for year in years:
        with transaction():
            close_year(coop.id, year)


def computed(coop: town.Coop, year: int) -> dict[int, tuple[int, int, int]]:
    """Member number → (trade that counts, patronage refund, residual share); the sums are checked on the way."""
    with transaction():
        document = distribution.compute_now(coop.id, year)
    given_by = {row["member"]: row["trade_fen"] for row in document["inputs"]["members"]}
    out = document["outputs"]
    rows = out["members"]
    assert sum(row["patronage_fen"] for row in rows) == out["patronage_fen"]
    assert sum(row["residual_fen"] for row in rows) == out["residual_fen"]
    whole = out["reserve_fen"] + out["patronage_fen"] + out["residual_fen"]
    assert whole == document["inputs"]["surplus_fen"] - document["inputs"]["past_loss_fen"]
    return {
        row["member"]: (given_by[row["member"]], row["patronage_fen"], row["residual_fen"]) for row in rows
    }


def refusal(coop: town.Coop, year: int = 2020) -> DistributionRefused:
    with pytest.raises(DistributionRefused) as caught, transaction():
        distribution.compute_now(coop.id, year)
    return caught.value


def number(party: town.Party) -> int:
    assert party.number is not None
    return party.number


def test_returns_that_exceed_a_years_trade_count_nothing_and_lessen_the_next_years() -> None:
    with transaction():
        coop = town.cooperative()
        one, other = town.members(coop, 2)
        capital(coop, one)
        for year, fen in ((2020, 4_000), (2021, -3_000), (2022, 1_000), (2023, 5_000)):
            trade(coop, one, year, fen)
            trade(coop, other, year, 2_000)
            earn(coop, year)
    close(coop, 2020, 2021, 2022, 2023)
    assert [computed(coop, year)[number(one)][0] for year in (2020, 2021, 2022, 2023)] == [4_000, 0, 0, 3_000]
    lines = db.session.execute(
        text("select d.year, l.trade_fen from distribution_line l join distribution d on d.id = l.distribution_id"
             " where l.member_id = :m order by 1"), {"m": one.member_id},
    ).all()  # fmt: skip
    assert [tuple(row) for row in lines] == [(2020, 4_000), (2021, -3_000), (2022, -2_000), (2023, 3_000)]


YEARS = st.lists(st.tuples(st.integers(-900, 900).filter(bool), st.integers(-50, 50)), min_size=1, max_size=5)


@pytest.mark.parametrize("basis", ["amount", "volume"])
@settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(plan=YEARS)
def test_carrying_is_a_walk_that_never_keeps_a_gain(basis: str, plan: list[tuple[int, int]]) -> None:
    """By amount as by volume, against the rule in two lines."""
    with transaction():
        coop = town.cooperative(basis=basis)
        (one,) = town.members(coop, 1)
        for year, (fen, grams) in enumerate(plan, 2019):
            trade(coop, one, year, fen, grams)
            earn(coop, year)
    carried = 0
    for year, (fen, grams) in enumerate(plan, 2019):
        close(coop, year)
        expected = carried + (grams if basis == "volume" else fen)
        assert [row.trade_fen for row in read_year(coop.id, year).inputs.members] == [expected]
        db.session.rollback()
        carried = min(0, expected)


def test_by_volume_a_kilogram_counts_once_whatever_it_cost() -> None:
    with transaction():
        coop = town.cooperative(basis="volume")
        cheap, dear = town.members(coop, 2)
        capital(coop, cheap)
        trade(coop, cheap, 2020, 1_000, 3_000)
        trade(coop, dear, 2020, 9_000, 1_000)
        earn(coop, 2020)
    close(coop, 2020)
    found = computed(coop, 2020)
    assert [found[number(party)][:2] for party in (cheap, dear)] == [(3_000, 40_500), (1_000, 13_500)]


def test_a_rest_without_any_weight_is_refused_and_kept_as_such() -> None:
    """Nobody has capital, a reserve share, and there is no subsidy or donation: the assembly must decide."""
    with transaction():
        coop = town.cooperative()
        trade(coop, town.member(coop), 2020, 1_000)
        earn(coop, 2020)
    close(coop, 2020)
    assert refusal(coop).code == "no_weights"
    with transaction():
        made = db.session.execute(
            text("insert into distribution (cooperative_id, year) values (:c, 2020) returning id"),
            {"c": coop.id},
        ).scalar_one()
    with transaction():
        assert distribution.compute(made) == {made: "refused"}
    row = db.session.execute(text("select state, refusal from distribution where id = :d"), {"d": made}).one()
    assert row.state == "refused"
    assert "没有分配依据" in row.refusal


def test_nobody_and_one() -> None:
    with transaction():
        empty, single = town.cooperative(), town.cooperative()
        trade(empty, town.household(empty.village_id), 2020, 1_000)
        owner = town.member(single)
        capital(single, owner)
        trade(single, owner, 2020, 1)
        earn(empty, 2020)
        earn(single, 2020)
    close(empty, 2020)
    close(single, 2020)
    assert refusal(empty).code == "no_members"
    assert computed(single, 2020) == {number(owner): (1, 54_000, 36_000)}


def test_who_is_a_member_at_the_end_of_the_year() -> None:
    """Left in the year: no part, and no trade that would lessen the others' parts. Left on its last day: still in."""
    with transaction():
        coop = town.cooperative()
        stays, left, left_last, later = (
            *town.members(coop, 3),
            town.member(coop, joined_on=date(2021, 1, 1)),
        )
        for party, day in ((left, date(2020, 9, 30)), (left_last, date(2020, 12, 31))):
            db.session.execute(
                text("update member set left_on = :on where id = :id"), {"on": day, "id": party.member_id}
            )
        for party in (stays, left, left_last):
            capital(coop, party)
            trade(coop, party, 2020, 1_000)
        earn(coop, 2020)
    close(coop, 2020)
    assert computed(coop, 2020) == {
        number(stays): (1_000, 27_000, 18_000),
        number(left_last): (1_000, 27_000, 18_000),
    }
    assert number(later) not in computed(coop, 2020)


def test_trade_with_outsiders_is_in_the_surplus_and_in_nobodys_trade() -> None:
    with transaction():
        coop = town.cooperative()
        owner = town.member(coop)
        outsiders = [town.household(coop.village_id), town.supplier(coop)]
        capital(coop, owner)
        produce_id = town.produce(coop)
        goods = [town.Goods(party, 1_000, rate="0.08") for party in (owner, *outsiders)]
        town.closed_lot(coop, produce_id, "consign_commission", goods)
        attribute([town.sale(coop, produce_id, 3_000, 30_000)])
    close(coop, 2020)
    with transaction():
        document = distribution.compute_now(coop.id, 2020)
    assert document["inputs"]["surplus_fen"] == 2_400  # the commission on what all three sold
    assert computed(coop, 2020) == {number(owner): (9_200, 1_296, 864)}
