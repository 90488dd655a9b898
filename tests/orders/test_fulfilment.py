"""Attribution once after payment, dispatch by the own cooperative only, receipt, and the trace of it all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from shop.core import clock
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import attempts, attributing, fulfilment, tasks, work
from tests.orders import market

pytestmark = pytest.mark.usefixtures("db_session")


def part_of(order_id: int) -> int:
    return int(market.rows("select id from suborder where order_id = :id order by id", id=order_id)[0].id)


def bill_of(order_id: int) -> tuple[str, str]:
    row = market.rows(
        "select w.company, w.number from waybill w join shipment h on h.id = w.shipment_id where h.suborder_id = :id",
        id=part_of(order_id),
    )[0]
    return row.company, row.number


def ship(
    order_id: int, cooperative_id: int, number: str = "SF1234567890123", **more: Any
) -> fulfilment.Shipped:
    part = part_of(order_id)
    with transaction():
        return fulfilment.ship(part, cooperative_id, "sf", number, None, **more)


def test_a_paid_order_is_attributed_once_and_put_to_the_packers() -> None:
    one, two, who = market.stall(), market.stall(price_fen=999), market.buyer()
    placed = market.paid(who, {one.sku_id: 2, two.sku_id: 1})
    for _ in range(2):
        with transaction():
            assert attributing.attribute_orders([placed.order_id]) == []
    assert market.rows("select sum(fen) from attribution")[0][0] == 2 * 6800 + 999
    held = market.rows("select fen, quantity, state from lot_allocation order by id")
    assert held == [(13_600, 1000, "reserved"), (999, 500, "reserved")]
    assert [row.state for row in market.rows("select state from suborder")] == ["to_ship", "to_ship"]
    freight = market.rows("select key from ledger_transaction where kind = 'freight'")
    assert len(freight) == 2


def test_unpaid_and_closed_orders_are_left_alone() -> None:
    goods = market.stall()
    placed = market.place(market.buyer(), {goods.sku_id: 1})
    with transaction():
        assert attributing.attribute_orders([placed.order_id]) == []
        assert attributing.waiting() == []


@pytest.mark.parametrize("orders", [1, 20])
def test_statements_do_not_grow(app: Flask, sql_counter: Callable[..., Any], orders: int) -> None:
    goods = market.stall(packs=100)
    for _ in range(orders):
        market.paid(market.buyer(), {goods.sku_id: 1}, attribute=False)
    with sql_counter(app) as count, transaction():
        assert len(attributing.attribute_orders(attributing.waiting())) == orders
    assert count.total <= 22


def test_several_workers_at_once_attribute_once(app: Flask) -> None:
    goods = market.stall(packs=100)
    orders = [market.paid(market.buyer(), {goods.sku_id: 1}, attribute=False).order_id for _ in range(12)]
    gate = threading.Barrier(3)

    def work() -> None:
        with app.app_context():
            gate.wait()
            attempts.each(orders, attributing.attribute_orders, "test", portion=3)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tasks.sweep()
    assert market.rows("select sum(fen), count(distinct allocation_id) from attribution")[0] == (
        12 * 6800,
        12,
    )
    assert market.rows("select count(*) from order_event where event = 'attributed'")[0][0] == 12
    assert market.rows("select attributed_quantity, attributed_fen from lot")[0] == (6000, 12 * 6800)


def test_a_poisoned_order_does_not_stop_the_sweep() -> None:
    bad, good = market.stall(), market.stall()
    poison = market.paid(market.buyer(), {bad.sku_id: 1}, attribute=False)
    fine = market.paid(market.buyer(), {good.sku_id: 1}, attribute=False)
    with transaction():  # no such clearing account
        market.row(
            "update customer_order set pay_method = 'barter' where id = :id returning id", id=poison.order_id
        )
    tasks.sweep()
    done = market.rows("select id from customer_order where attributed_at is not null")
    assert [row.id for row in done] == [fine.order_id]


def test_dispatch() -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.paid(who, {goods.sku_id: 3})
    assert ship(placed.order_id, goods.coop.id) == (True, False, False)
    assert ship(placed.order_id, goods.coop.id) == (False, False, False)
    part = market.rows("select * from suborder")[0]
    assert (part.state, *bill_of(placed.order_id)) == ("shipped", "sf", "SF1234567890123")
    assert market.counters(goods.lot_id) == (10_000, 0, 1500)
    assert market.rows("select kind, quantity from stock_move where kind = 'shipped'") == [("shipped", 1500)]
    assert market.rows("select act from activity order by id desc")[0].act == "suborder.ship"
    with pytest.raises(Conflict, match="已经发货"):
        ship(placed.order_id, goods.coop.id, "SF9999999999999")
    with transaction():
        assert fulfilment.receive(placed.number, who.id) == 1
        assert fulfilment.receive(placed.number, who.id) == 0
    assert market.rows("select state from suborder")[0].state == "received"
    assert market.broken_holds() == []


def test_an_odd_number_warns_and_never_blocks() -> None:
    goods = market.stall()
    placed = market.paid(market.buyer(), {goods.sku_id: 1})
    assert ship(placed.order_id, goods.coop.id, " sf 12-345 ") == (True, True, False)
    assert market.rows("select number from waybill")[0][0] == "SF12-345"


def test_only_the_own_cooperative_exists() -> None:
    goods, stranger = market.stall(), market.stall()
    placed = market.paid(market.buyer(), {goods.sku_id: 1})
    with pytest.raises(NotFound):
        ship(placed.order_id, stranger.coop.id)
    number = market.rows("select number from suborder")[0].number
    with pytest.raises(NotFound):
        work.job(number, stranger.coop.id)
    assert work.job(number, goods.coop.id)[0].recipient == "李女士"


@pytest.mark.parametrize(
    "company, number", [("sf", ""), ("sf", "<script>"), ("sf", "1" * 41), ("pigeon", "123456")]
)
def test_bad_waybills(company: str, number: str) -> None:
    with pytest.raises(Refused), transaction():
        fulfilment.ship(1, 1, company, number, None)


def test_unpaid_and_closed_do_not_ship() -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    with pytest.raises(Conflict, match="还没有付款"):
        ship(placed.order_id, goods.coop.id)
    with pytest.raises(Conflict, match="还没有发货"), transaction():
        fulfilment.receive(placed.number, who.id)


def test_two_managers_ship_at_once(app: Flask) -> None:
    goods = market.stall()
    placed = market.paid(market.buyer(), {goods.sku_id: 2})
    part, gate, said = part_of(placed.order_id), threading.Barrier(2), []

    def send(number: str) -> None:
        with app.app_context():
            gate.wait()
            try:
                with transaction():
                    said.append(fulfilment.ship(part, goods.coop.id, "sf", number, None).fresh)
            except Conflict:
                said.append(None)

    threads = [threading.Thread(target=send, args=(f"SF123456789012{n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said, key=str) == [None, True]
    assert market.counters(goods.lot_id) == (10_000, 0, 1000)


def test_the_clock_receives_after_ten_days() -> None:
    goods, who = market.stall(), market.buyer()
    old, young = market.paid(who, {goods.sku_id: 1}), market.paid(who, {goods.sku_id: 1})
    ship(old.order_id, goods.coop.id, at=clock.now() - timedelta(days=10, minutes=1))
    ship(young.order_id, goods.coop.id, at=clock.now() - timedelta(days=9))
    tasks.sweep()
    assert market.rows("select state from suborder order by id") == [("received",), ("shipped",)]
    assert (
        market.rows("select note from order_event where event = 'received'")[0].note
        == "发货满 10 天，自动确认"
    )
