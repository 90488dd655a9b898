"""Baskets of guests and buyers, merging, and what the page says of each line."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from shop.catalog.models import Product, Sku
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import NotFound, Refused
from shop.orders import basket, basket_view, tasks
from shop.orders.basket import Owner
from tests.orders import market

pytestmark = pytest.mark.usefixtures("db_session")


def add(owner: Owner, sku_id: int, count: int = 1) -> int:
    with transaction():
        return basket.add(owner, sku_id, count)


def counts(owner: Owner) -> dict[int, int]:
    return {item.sku_id: item.count for item in basket_view.read(owner, clock.today()).items}


def test_a_guest_is_known_by_a_token_of_which_only_the_hash_is_stored() -> None:
    goods, token = market.stall(), basket.new_token()
    assert add(basket.guest(token), goods.sku_id, 2) == 2
    assert add(basket.guest(token), goods.sku_id, 3) == 5
    assert counts(basket.guest(token)) == {goods.sku_id: 5}
    assert counts(basket.guest(basket.new_token())) == {}
    assert counts(basket.guest(None)) == {}
    stored = market.rows("select token_hash from basket")[0].token_hash
    assert token not in stored
    assert len(stored) == 64


def test_set_and_remove() -> None:
    goods, who = market.stall(), basket.buyer(market.buyer().id)
    add(who, goods.sku_id, 2)
    with transaction():
        basket.set_count(who, goods.sku_id, 7)
    assert counts(who) == {goods.sku_id: 7}
    with transaction():
        assert basket.remove(who, goods.sku_id) == 7
        assert basket.remove(who, goods.sku_id) is None
        with pytest.raises(NotFound):
            basket.set_count(who, goods.sku_id, 1)
        basket.set_count(who, goods.sku_id, 0)
    assert basket.size(who) == 0


@pytest.mark.parametrize("count", [0, -1, 10_000, 10**18])
def test_counts_out_of_bounds(count: int) -> None:
    with pytest.raises(Refused, match="数量要在 1 到 9999"), transaction():
        basket.add(Owner(user_id=1), 1, count)


def test_counts_are_capped() -> None:
    goods, who = market.stall(), basket.buyer(market.buyer().id)
    assert add(who, goods.sku_id, 9000) == 9000
    assert add(who, goods.sku_id, 9000) == 9999


def test_what_is_not_on_sale_cannot_be_added() -> None:
    goods, who = market.stall(), basket.buyer(market.buyer().id)
    with transaction():
        db.session.get_one(Product, goods.product_id).published_at = None
    with pytest.raises(NotFound, match="没有在售"):
        add(who, goods.sku_id)
    with pytest.raises(NotFound, match="没有在售"):
        add(who, 10**9)


def test_a_full_basket_still_takes_more_of_what_is_in_it() -> None:
    goods, who = market.stall(), basket.buyer(market.buyer().id)
    with transaction():
        skus = [market.town_builder.sku(goods.coop, goods.produce_id)[1] for _ in range(basket.MAX_LINES)]
        for sku_id in skus:
            basket.add(who, sku_id)
    with pytest.raises(Refused, match="最多放 50 种"):
        add(who, goods.sku_id)
    assert add(who, skus[0]) == 2


def test_sign_in_merges_and_caps() -> None:
    one, two, three = market.stall(), market.stall(), market.stall()
    token, user_id = basket.new_token(), market.buyer().id
    add(basket.guest(token), one.sku_id, 3)
    add(basket.guest(token), two.sku_id, 9000)
    add(basket.buyer(user_id), two.sku_id, 2000)
    add(basket.buyer(user_id), three.sku_id, 1)
    for _ in range(2):
        with transaction():
            basket.merge(token, user_id)
    assert counts(basket.buyer(user_id)) == {one.sku_id: 3, two.sku_id: 9999, three.sku_id: 1}
    assert counts(basket.guest(token)) == {}
    assert market.rows("select count(*) from basket")[0][0] == 1


def test_merging_an_unknown_token_makes_no_basket() -> None:
    user_id = market.buyer().id
    with transaction():
        basket.merge(basket.new_token(), user_id)
    assert market.rows("select * from basket") == []


def test_two_sign_ins_at_once_count_the_goods_once(app: Flask) -> None:
    goods, token, user_id = market.stall(), basket.new_token(), market.buyer().id
    add(basket.guest(token), goods.sku_id, 3)
    gate = threading.Barrier(2)

    def sign_in() -> None:
        with app.app_context():
            gate.wait()
            with transaction():
                basket.merge(token, user_id)

    threads = [threading.Thread(target=sign_in) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(basket.buyer(user_id)) == {goods.sku_id: 3}


def test_the_page_shows_todays_price_and_what_is_in_the_way() -> None:
    fine, scarce, gone, sold = market.stall(), market.stall(packs=2), market.stall(), market.stall(packs=1)
    who = market.buyer()
    owner = basket.buyer(who.id)
    for goods, count in ((fine, 1), (scarce, 3), (gone, 1), (sold, 1)):
        add(owner, goods.sku_id, count)
    with transaction():
        db.session.get_one(Sku, fine.sku_id).price_fen = 5000
        db.session.get_one(Sku, gone.sku_id).published = False
    market.place(market.buyer(), {sold.sku_id: 1})
    view = basket_view.read(owner, clock.today())
    by_sku = {item.sku_id: item for item in view.items}
    assert (by_sku[fine.sku_id].unit_price_fen, by_sku[fine.sku_id].problem) == (5000, None)
    assert by_sku[scarce.sku_id].problem == "“干香菇 500”只剩 2 份，请改少"
    assert by_sku[scarce.sku_id].left == 2
    assert by_sku[gone.sku_id].problem == "“干香菇 500”已下架，请移除"
    assert by_sku[sold.sku_id].problem == "“干香菇 500”已经卖完，请移除"
    assert not view.orderable
    assert view.goods_fen == 5000 + 3 * 6800 + 6800  # what is off the shelf is not counted
    assert [len(group.items) for group in view.groups] == [1, 1, 1, 1]
    assert {group.freight_fen for group in view.groups} == {1000, 0}


def test_two_specs_of_one_produce_share_its_stock() -> None:
    goods = market.stall(packs=4)
    with transaction():
        _, big = market.town_builder.sku(goods.coop, goods.produce_id, unit_quantity=1000)
    view = market.fill(market.buyer(), {goods.sku_id: 3, big: 1})
    assert [(item.sku_id, item.left, item.problem is None) for item in view.items] == [
        (goods.sku_id, 4, True),
        (big, 0, False),
    ]


def test_free_freight_is_named_with_what_is_missing() -> None:
    goods = market.stall(price_fen=3000, freight_fen=800, free_from_fen=9900)
    group = market.fill(market.buyer(), {goods.sku_id: 2}).groups[0]
    assert (group.goods_fen, group.freight_fen, group.to_free_fen) == (6000, 800, 3900)


def test_old_baskets_of_guests_are_forgotten_buyers_keep_theirs() -> None:
    goods, who, token = market.stall(), basket.buyer(market.buyer().id), basket.new_token()
    for owner in (who, basket.guest(token)):
        add(owner, goods.sku_id)
    tasks.tidy.run()
    assert len(market.rows("select * from basket")) == 2
    with transaction():
        market.row(
            "update basket set touched_at = now() - interval '91 days' where user_id is null returning id"
        )
        market.row(
            "update basket set touched_at = now() - interval '91 days' where user_id is not null returning id"
        )
    tasks.tidy.run()
    assert counts(who) == {goods.sku_id: 1}
    assert counts(basket.guest(token)) == {}


@pytest.mark.parametrize("lines", [1, 20, 50])
def test_statements(app: Flask, sql_counter: Callable[..., Any], lines: int) -> None:
    goods, who = market.stall(), basket.buyer(market.buyer().id)
    with transaction():
        for price in range(lines):
            basket.add(who, market.town_builder.sku(goods.coop, goods.produce_id, price_fen=100 + price)[1])
    with sql_counter(app) as count:
        assert len(basket_view.read(who, clock.today()).items) == lines
    assert count.total == 2
    with sql_counter(app) as count, transaction():
        basket.add(who, goods.sku_id) if lines < 50 else None
    assert count.total <= 1
