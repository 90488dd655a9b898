"""From the scales to the bank: any small village, any orders and refunds, any month closed; the invariants after every step."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import scoped_session

from shop.core import clock
from tests.income.village_year import Stock, Year, begin
from tests.support import payout_builder as build

MODES = st.sampled_from(["buyout", "consign_fixed", "consign_commission"])
GRAMS = st.tuples(st.integers(200, 900), *([st.integers(0, 900)] * 3))
STOCKS = st.lists(st.builds(Stock, MODES, GRAMS, st.integers(1, 9_000)), min_size=1, max_size=2)
# what a month brings: (kind, which sku or order, packs or percent, what becomes of the goods)
BACK = st.tuples(st.integers(0, 9), st.integers(1, 100), st.sampled_from(["returned", "lost", "amount"]))
STEP = st.tuples(st.sampled_from(["order", "order", "refund"]), BACK)
MONTHS = st.lists(st.tuples(st.lists(STEP, min_size=1, max_size=3), st.booleans()), min_size=2, max_size=3)


@pytest.fixture(autouse=True)
def _database(db_session: scoped_session[Any]) -> None:
    pass


def check(made: Year) -> None:
    """Exact to the fen, from the rows and apart from the audit's own words for it; then all that the audit knows."""
    scene = made.scene
    wrong_lines = scene.rows(
        "select l.id, l.net_fen, l.quantity, sum(a.fen), sum(a.quantity) from order_line l"
        " left join attribution a on a.line_id = l.id and a.kind = 'sale' where l.cooperative_id = :c"
        " group by l.id having (l.net_fen, l.quantity) is distinct from (sum(a.fen), sum(a.quantity))",
        c=scene.coop.id,
    )
    assert wrong_lines == []
    unbalanced = (
        "select transaction_id from ledger_entry where cooperative_id = :c group by 1 having sum(fen) <> 0"
    )
    assert scene.rows(unbalanced, c=scene.coop.id) == []
    assert build.broken(scene) == []


def sums_to_the_surplus(made: Year, distribution_id: int) -> None:
    surplus, loss, reserve, parts = made.scene.rows(
        "select f.surplus_fen, (d.document #>> '{inputs,past_loss_fen}')::bigint, d.reserve_fen,"
        " (select sum(patronage_fen + residual_fen)::bigint from distribution_line where distribution_id = d.id)"
        " from distribution d join fiscal_year_close f using (cooperative_id, year) where d.id = :d",
        d=distribution_id,
    )[0]
    assert int(str(surplus)) - int(str(loss)) == int(str(reserve)) + int(str(parts))


def live_through(made: Year, month: int, steps: list[tuple[str, tuple[int, int, str]]]) -> None:
    for kind, (which, size, goods) in steps:
        if kind == "order":
            made.order({made.skus[which % len(made.skus)]: 1 + size % 5}, month)
        elif made.orders:  # some dated in the first month, which may be settled and closed by now
            made.refund(which, size, goods, date(made.year, 3 if size % 2 else month, 20))
        check(made)


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
@pytest.mark.timeout(300)
def test_any_year_of_any_village(data: st.DataObject) -> None:
    stocks = data.draw(STOCKS)
    prices = data.draw(st.lists(st.integers(1, 5_000), min_size=len(stocks), max_size=len(stocks)))
    year = clock.today().year - 1
    made = begin(
        year, stocks, prices, data.draw(st.sampled_from([0, 77_777])), data.draw(st.sampled_from([0, 800]))
    )
    check(made)
    settled = [made.settle(2)]
    for month, (steps, closes) in enumerate(data.draw(MONTHS), 3):
        live_through(made, month, steps)
        settled.append(made.settle(month))
        if closes:
            made.close_month(month)
        check(made)
    for settlement_id in settled:
        made.pay_settlement(settlement_id, failed=data.draw(st.integers(0, 2)))
    check(made)
    made.close_year()
    check(made)
    distribution_id = made.distribute()
    check(made)
    if distribution_id is not None:
        sums_to_the_surplus(made, distribution_id)
        made.pay_distribution(distribution_id)
        check(made)
    for which, size, goods in data.draw(st.lists(BACK, max_size=3)):
        if made.orders:  # after the year was closed: booked today, and what was distributed stays
            made.refund(which, size, goods, clock.today())
            check(made)
    if distribution_id is not None:
        sums_to_the_surplus(made, distribution_id)
