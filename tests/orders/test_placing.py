"""Placing: one order a request, never more than there is, prices of the catalogue, few statements."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from shop.catalog.models import Product, Sku
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import basket, basket_view, placing
from shop.orders.attempts import retried
from tests.orders import market

pytestmark = pytest.mark.usefixtures("db_session")


def test_an_order_is_split_by_cooperative_with_freight_and_copies_of_everything() -> None:
    one, two = (
        market.stall(price_fen=6800, free_from_fen=20_000),
        market.stall(price_fen=990, freight_fen=500),
    )
    who = market.buyer()
    placed = market.place(who, {one.sku_id: 3, two.sku_id: 2}, notes={one.coop.code: " 请用纸箱 "})
    order = market.rows("select * from customer_order where id = :id", id=placed.order_id)[0]
    assert placed.fresh
    assert order.number == placed.number
    assert placed.number.startswith(clock.today().strftime("%y%m%d"))
    assert (order.goods_fen, order.freight_fen, order.total_fen) == (
        3 * 6800 + 2 * 990,
        500,
        3 * 6800 + 2 * 990 + 500,
    )
    assert order.state == "pending"
    assert order.expires_at - order.placed_at == timedelta(minutes=30)
    parts = market.rows("select * from suborder where order_id = :id order by id", id=placed.order_id)
    assert [(part.cooperative_id, part.goods_fen, part.freight_fen, part.note) for part in parts] == [
        (one.coop.id, 20_400, 0, "请用纸箱"),
        (two.coop.id, 1980, 500, ""),
    ]
    assert [part.number for part in parts] == [f"{placed.number}-1", f"{placed.number}-2"]
    lines = market.rows("select * from order_line order by id")
    assert [(line.count, line.unit_quantity, line.quantity, line.net_fen) for line in lines] == [
        (3, 500, 1500, 20_400),
        (2, 500, 1000, 1980),
    ]
    assert market.counters(one.lot_id) == (10_000, 1500, 0)
    assert market.counters(two.lot_id) == (10_000, 1000, 0)
    assert [event.event for event in market.rows("select event from order_event")] == ["placed"]
    assert market.broken_holds() == []
    assert basket_view.read(basket.buyer(who.id), clock.today()).groups == ()


def test_address_and_recipient_are_readable_again() -> None:
    from_catalogue = market.stall()
    placed = market.place(market.buyer("欧阳女士"), {from_catalogue.sku_id: 1})
    found = db.session.execute(
        db.select(placing.Order.recipient, placing.Order.region_text, placing.Order.address).where(
            placing.Order.id == placed.order_id
        )
    ).one()
    assert tuple(found) == ("欧阳女士", "湖北省武汉市洪山区", "珞喻路1号")


def test_the_same_form_sent_twice_is_one_order() -> None:
    goods, who = market.stall(), market.buyer()
    view = market.fill(who, {goods.sku_id: 2})
    first, second = market.place_view(who, view), market.place_view(who, view)
    assert first.fresh
    assert not second.fresh
    assert first[:2] == second[:2]
    assert market.counters(goods.lot_id)[1] == 1000


def test_sent_again_after_the_basket_was_filled_anew_takes_nothing() -> None:
    goods, who = market.stall(), market.buyer()
    view = market.fill(who, {goods.sku_id: 2})
    first = market.place_view(who, view)
    later = market.fill(who, {goods.sku_id: 1})
    again = market.place_view(who, view)
    assert again.order_id == first.order_id
    assert later.key != view.key
    assert basket.size(basket.buyer(who.id)) == 1
    assert market.place_view(who, later).order_id != first.order_id


def test_two_tabs_of_one_basket_share_their_key() -> None:
    goods, who = market.stall(), market.buyer()
    view = market.fill(who, {goods.sku_id: 2})
    assert basket_view.read(basket.buyer(who.id), clock.today()).key == view.key


@pytest.mark.parametrize("same_key", [True, False])
def test_double_click_at_the_same_moment(app: Flask, same_key: bool) -> None:
    """Eight threads, each with a connection of its own."""
    goods, who = market.stall(), market.buyer()
    view = market.fill(who, {goods.sku_id: 2})
    made: list[Any] = []
    gate = threading.Barrier(4)

    def click(number: int) -> None:
        with app.app_context():
            gate.wait()
            try:
                key = view.key if same_key else f"{view.key}-{number}"
                basket_id = view.basket_id or 0
                made.append(retried(lambda: placing.place(who.id, basket_id, who.address_id, key)))
            except (Refused, Conflict) as refusal:
                made.append(refusal)

    threads = [threading.Thread(target=click, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    orders = [each for each in made if not isinstance(each, Exception)]
    assert len({order.order_id for order in orders}) == 1
    assert len(orders) == (4 if same_key else 1)
    assert sum(order.fresh for order in orders) == 1
    assert market.counters(goods.lot_id)[1] == 1000
    assert market.broken_holds() == []


def test_out_of_stock_names_the_product_and_leaves_everything() -> None:
    plenty, scarce, who = market.stall(), market.stall(packs=2), market.buyer()
    with transaction():
        name = db.session.get_one(Product, scarce.product_id)
        name.name = "野生蜂蜜"
    with pytest.raises(Refused, match="“野生蜂蜜 500”只剩 2 份") as refusal:
        market.place(who, {plenty.sku_id: 1, scarce.sku_id: 3})
    assert refusal.value.field == f"sku-{scarce.sku_id}"
    assert basket.size(basket.buyer(who.id)) == 2
    assert market.counters(plenty.lot_id)[1] == 0
    market.place(market.buyer(), {scarce.sku_id: 2})
    with pytest.raises(Refused, match="已经卖完"):
        market.place_view(who, basket_view.read(basket.buyer(who.id), clock.today()))


def test_not_on_sale_any_more() -> None:
    goods, who = market.stall(), market.buyer()
    view = market.fill(who, {goods.sku_id: 1})
    with transaction():
        db.session.get_one(Sku, goods.sku_id).published = False
    with pytest.raises(Refused, match="已下架"):
        market.place_view(who, view)
    assert basket.size(basket.buyer(who.id)) == 1


def test_price_changed_between_confirmation_and_click() -> None:
    goods, who = market.stall(price_fen=6800, freight_fen=0), market.buyer()
    view = market.fill(who, {goods.sku_id: 1})
    with transaction():
        db.session.get_one(Sku, goods.sku_id).price_fen = 7000
    with pytest.raises(Refused, match=r"¥68.00 变为 ¥70.00"):
        market.place_view(who, view, expected_fen=view.total_fen)
    assert basket.size(basket.buyer(who.id)) == 1


def test_other_peoples_things() -> None:
    goods, who, other = market.stall(), market.buyer(), market.buyer()
    view = market.fill(who, {goods.sku_id: 1})
    basket_id = view.basket_id or 0
    with pytest.raises(NotFound, match="收货地址"), transaction():
        placing.place(who.id, basket_id, other.address_id, view.key)
    with pytest.raises(Refused, match="购物车里没有商品"), transaction():
        placing.place(other.id, basket_id, other.address_id, "mine")
    market.place_view(who, view)
    with pytest.raises(Conflict), transaction():
        placing.place(other.id, basket_id, other.address_id, view.key)


@pytest.mark.parametrize("key", ["", "x" * 101])
def test_a_key_is_needed(key: str) -> None:
    who = market.buyer()
    with pytest.raises(Refused, match="页面信息不完整"), transaction():
        placing.place(who.id, 1, who.address_id, key)


def test_an_amount_that_nobody_can_pay_at_once() -> None:
    goods, who = market.stall(packs=200, price_fen=1_000_000), market.buyer()
    with pytest.raises(Refused, match=r"最多 ¥999,999\.99"):
        market.place(who, {goods.sku_id: 100})


def test_numbers_are_unique_beyond_six_digits() -> None:
    goods = market.stall(packs=10)
    with transaction():
        market.row("select setval('order_number_seq', 999998)")
    numbers = [market.place(market.buyer(), {goods.sku_id: 1}).number for _ in range(4)]
    assert len(set(numbers)) == 4
    assert numbers[1].endswith("1000000")


@pytest.mark.parametrize("lines", [1, 20, 50])
def test_statements_do_not_grow_with_the_lines(
    app: Flask, sql_counter: Callable[..., Any], lines: int
) -> None:
    first = market.stall(packs=60)
    who = market.buyer()
    wanted = {first.sku_id: 1}
    with transaction():
        for price in range(lines - 1):
            wanted[market.town_builder.sku(first.coop, first.produce_id, price_fen=100 + price)[1]] = 1
    view = market.fill(who, wanted)
    with sql_counter(app) as count:
        placed = market.place_view(who, view)
    assert count.total <= 4, count.statements  # and one for the session: 5 of the 10 allowed
    assert market.row("select count(*) from order_line")[0] == lines
    assert placed.fresh


def test_history_is_placed_at_its_own_time() -> None:
    goods, who = market.stall(), market.buyer()
    then = clock.day_range(market.town_builder.SOLD_ON).start + timedelta(hours=9)
    placed = market.place(who, {goods.sku_id: 1}, now=then, channel="imported", pay_method="transfer")
    order = market.rows("select placed_at, channel, number from customer_order")[0]
    assert (order.placed_at, order.channel) == (then, "imported")
    assert placed.number.startswith("200820")


def test_how_long_goods_are_held(app: Flask) -> None:
    goods, who = market.stall(), market.buyer()
    settings = app.extensions["settings"]
    app.extensions["settings"] = settings.model_copy(update={"hold_minutes_online": 45})
    try:
        market.place(who, {goods.sku_id: 1})
        market.place(who, {goods.sku_id: 1}, pay_method="transfer")
    finally:
        app.extensions["settings"] = settings
    held = [row[0] for row in market.rows("select expires_at - placed_at from customer_order order by id")]
    assert held == [timedelta(minutes=45), timedelta(days=7)]


def test_session_is_usable_after_a_refusal(db_session: scoped_session[Any]) -> None:
    who = market.buyer()
    with pytest.raises(Refused), transaction():
        placing.place(who.id, 1, who.address_id, "k")
    assert db_session.execute(db.text("select 1")).scalar() == 1
