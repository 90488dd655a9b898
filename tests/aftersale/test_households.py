"""What a request gives back is taken from the households to the fen, also when their month is closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import scoped_session

from shop.aftersale import asking, deciding, moves
from shop.cooperatives.ledger import periods
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import Conflict, Refused
from shop.orders import attributing, fulfilment, returns
from tests.aftersale import scene
from tests.orders import market
from tests.payments.refund_scene import assert_clean, attributed, books, line_ids, new_key, part_ids, ship


@pytest.fixture(autouse=True)
def _database(db_session: scoped_session[Any]) -> None:
    pass


def test_after_the_month_was_closed_the_request_walks_back_to_every_household() -> None:
    today = clock.today()
    sold = today.replace(day=1) - timedelta(days=1)
    stall = market.stall(packs=12, price_fen=6001, mode="consign_fixed")
    before = books()
    buyer = market.buyer()
    placed = market.place(buyer, {stall.sku_id: 4})
    with transaction():
        market.pay_order(placed.order_id)
        market.row(
            "update customer_order set paid_at = cast(:at as timestamptz), paid_on = :on, placed_at = cast(:at as timestamptz)"
            " where id = :id returning id",
            at=clock.day_range(sold).start, on=sold, id=placed.order_id,
        )  # fmt: skip
    with transaction():
        attributing.attribute_orders([placed.order_id])
    while (period := periods.next_period(stall.coop.id)) and period <= sold.isoformat()[:7]:
        db.session.rollback()
        with transaction():
            periods.close_period(stall.coop.id, period)
    db.session.rollback()
    gained = attributed()
    assert sum(fen for _grams, fen in gained.values()) == 4 * 6001
    closed = market.rows("select count(*), sum(abs(fen)) from ledger_entry")
    ship(placed.order_id)
    with transaction():
        fulfilment.receive(placed.number, buyer.id)
    sale = scene.Sale(
        stall,
        buyer,
        placed.order_id,
        placed.number,
        line_ids(placed.order_id)[0],
        part_ids(placed.order_id)[0],
        buyer.id,
    )
    request_id = sale.ask(moves.GOODS, moves.NO_REASON, packs=4)
    sale.send(request_id)
    assert market.rows("select count(*), sum(abs(fen)) from ledger_entry") == closed  # asking moves no money
    assert sale.take(request_id).amount_fen == 4 * 6001
    assert attributed() == {}  # every part of every household is back at nothing
    days = market.rows("select distinct on_date from attribution where kind = 'reversal'")
    assert [row.on_date for row in days] == [today]
    left = {key: fen - before.get(key, 0) for key, fen in books().items() if fen != before.get(key, 0)}
    assert {key[1]: fen for key, fen in left.items()} == {
        "113.provider": 1000,
        "502": -1000,
    }  # the freight stays
    assert_clean()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["goods", "amount", "lost"]), st.integers(1, 3)), min_size=1, max_size=4
    )
)
def test_any_requests_one_after_the_other_never_give_more_than_was_paid(steps: list[tuple[str, int]]) -> None:
    sale = scene.sale(packs=5)
    granted = 0
    for what, size in steps:
        wish = (
            asking.Wish(moves.AMOUNT, "damaged", fen=size * 777)
            if what == "amount"
            else asking.Wish(moves.GOODS, "damaged", packs=size)
        )
        try:
            with transaction():
                request_id, _new = asking.ask(
                    sale.line, sale.number, sale.buyer.id, wish, request_key=new_key()
                )
            with transaction():
                goods = returns.LOST if what == "lost" else returns.RETURNED
                granted += deciding.agree(request_id, sale.coop, by=sale.manager, goods=goods).amount_fen
        except (Refused, Conflict):
            break  # more than is left: nothing of this step stays
    assert granted == sum(fen for _kind, fen in scene.back(sale.order_id)) <= 5 * 6800 + 1000
    assert_clean()
