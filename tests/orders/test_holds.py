"""Unpaid orders end, and every gram is on sale again exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound
from shop.orders import attempts, holds
from tests.orders import market

pytestmark = pytest.mark.usefixtures("db_session")


def states(order_id: int) -> tuple[Any, ...]:
    order = market.rows("select state, close_reason from customer_order where id = :id", id=order_id)[0]
    parts = market.rows("select distinct state from suborder where order_id = :id", id=order_id)
    return (order.state, order.close_reason, *[part.state for part in parts])


def test_cancel_gives_everything_back_once() -> None:
    one, two, who = market.stall(), market.stall(), market.buyer()
    placed = market.place(who, {one.sku_id: 3, two.sku_id: 1})
    for _ in range(2):
        with transaction():
            holds.cancel(placed.order_id, who.id)
    assert states(placed.order_id) == ("closed", "cancelled", "closed")
    assert market.counters(one.lot_id) == (10_000, 0, 0)
    assert market.counters(two.lot_id) == (10_000, 0, 0)
    assert market.rows("select event, actor_id from order_event order by id") == [
        ("placed", who.id),
        ("cancelled", who.id),
    ]
    assert market.broken_holds() == []


def test_only_the_buyer_and_only_while_unpaid() -> None:
    goods, who, other = market.stall(), market.buyer(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    with pytest.raises(NotFound), transaction():
        holds.cancel(placed.order_id, other.id)
    paid = market.paid(who, {goods.sku_id: 1})
    with pytest.raises(Conflict, match="已经付款"), transaction():
        holds.cancel(paid.order_id, who.id)
    assert market.counters(goods.lot_id)[1] == 1000


def test_expiry_by_the_databases_clock() -> None:
    goods = market.stall()
    due, not_due = (
        market.place(market.buyer(), {goods.sku_id: 1}),
        market.place(market.buyer(), {goods.sku_id: 2}),
    )
    market.make_due(due.order_id)
    with transaction():
        assert holds.due() == [due.order_id]
        assert holds.expire([due.order_id, not_due.order_id]) == [due.order_id]
    with transaction():
        assert holds.expire_due() == []
    assert states(due.order_id) == ("closed", "expired", "closed")
    assert states(not_due.order_id) == ("pending", None, "pending")
    assert market.counters(goods.lot_id)[1] == 1000


@pytest.mark.parametrize("orders", [1, 20, 100])
def test_statements_do_not_grow_with_the_orders(
    app: Flask, sql_counter: Callable[..., Any], orders: int
) -> None:
    goods = market.stall(packs=100)
    for _ in range(orders):
        market.make_due(market.place(market.buyer(), {goods.sku_id: 1}).order_id)
    with sql_counter(app) as count, transaction():
        assert len(holds.expire_due()) == orders
    assert count.total == 8
    assert market.counters(goods.lot_id)[1] == 0


def test_two_sweeps_and_a_cancel_at_once(app: Flask) -> None:
    """Whoever comes first closes it; the goods come back once."""
    goods, who = market.stall(packs=40), market.buyer()
    orders = [market.place(who, {goods.sku_id: 1}).order_id for _ in range(10)]
    for order_id in orders:
        market.make_due(order_id)
    gate = threading.Barrier(3)

    def sweep() -> None:
        with app.app_context():
            gate.wait()
            attempts.retried(holds.expire_due)

    def cancel() -> None:
        with app.app_context():
            gate.wait()
            for order_id in reversed(orders):
                attempts.retried(lambda order_id=order_id: holds.cancel(order_id, who.id))  # type: ignore[misc]

    threads = [threading.Thread(target=work) for work in (sweep, sweep, cancel)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert market.counters(goods.lot_id) == (20_000, 0, 0)
    assert market.rows("select count(*) from order_event where event in ('expired', 'cancelled')")[0][0] == 10
    assert market.broken_holds() == []


def test_one_bad_order_does_not_stop_the_others() -> None:
    """Its lot's counter was tampered with, so giving back would make it negative: the database refuses that one."""
    bad, good = market.stall(), market.stall()
    poison, fine = (
        market.place(market.buyer(), {bad.sku_id: 1}),
        market.place(market.buyer(), {good.sku_id: 1}),
    )
    for order_id in (poison.order_id, fine.order_id):
        market.make_due(order_id)
    with transaction():
        market.row("update lot set reserved = 0 where id = :id returning id", id=bad.lot_id)
    failed = attempts.each([poison.order_id, fine.order_id], holds.expire, "test")
    assert failed == [poison.order_id]
    assert states(poison.order_id)[0] == "pending"
    assert states(fine.order_id)[0] == "closed"
