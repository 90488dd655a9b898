"""Processes that die at every marked line of cash on delivery and of parting: nothing half done, and once more does it once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.payments import changing
from tests.orders import market
from tests.orders.killing import killed_at
from tests.payments.door_scene import Door, broken
from tests.payments.test_parting import Pair


def test_killed_while_choosing_it(app: Flask, db_session: Any) -> None:
    door = Door(chosen=False)
    assert killed_at(app, "on_delivery:promised", door.choose)
    assert door.states() == ("pending", "pending")
    door.choose()
    assert door.states() == ("pending", "to_ship")
    door.clean()


@pytest.mark.parametrize("point", ["paying:payment", "on_delivery:paid"])
def test_killed_while_taking_the_cash(app: Flask, db_session: Any, point: str) -> None:
    door = Door()
    door.send()
    assert killed_at(app, point, door.take)
    assert door.states() == ("pending", "shipped")
    assert door.take() == [door.order_id]
    door.clean()


@pytest.mark.parametrize("point", ["on_delivery:refusing", "at_the_door:closed", "holds:released"])
def test_killed_while_bringing_it_back(app: Flask, db_session: Any, point: str) -> None:
    door = Door()
    door.send()
    killed = killed_at(app, point, door.refuse)
    assert killed == (point != "holds:released")  # nothing is held any more of what was sent
    if killed:
        assert door.states() == ("pending", "shipped")
        assert door.refuse()
    assert door.stock() == (0, 20)
    door.clean()


def test_killed_while_parting(app: Flask, db_session: Any) -> None:
    pair = Pair()
    assert killed_at(app, "parting:moved", pair.part)
    assert len(market.rows("select 1 from customer_order")) == 1
    assert len(pair.part()) == 2
    pair.clean()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prices=st.lists(
        st.tuples(st.integers(1, 99_999), st.integers(0, 2_000), st.integers(1, 9)), min_size=2, max_size=4
    )
)
def test_parts_sum_to_the_whole(db_session: Any, prices: list[tuple[int, int, int]]) -> None:
    stalls = [market.stall(price_fen=price, freight_fen=freight) for price, freight, _ in prices]
    who = market.buyer()
    placed = market.place(
        who, {stall.sku_id: count for stall, (_, _, count) in zip(stalls, prices, strict=True)}
    )
    before = market.row(
        "select total_fen, freight_fen from customer_order where id = :id", id=placed.order_id
    )
    assert len(changing.part(placed.number, who.id)) == len(stalls)
    after = market.rows("select total_fen, freight_fen from customer_order where buyer_id = :b", b=who.id)
    assert sum(row.total_fen for row in after) == before.total_fen
    assert sum(row.freight_fen for row in after) == before.freight_fen
    assert {row.total_fen for row in after} == {price * count + freight for price, freight, count in prices}
    assert broken() == {}
