"""Coupons in orders: taken once, used once, released with the order, and exact in books, refunds and the conscience."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from shop.core import clock
from shop.core.db import db, session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import attributing, holds, settling
from shop.orders.coupons import issuing as coupons
from shop.orders.coupons import using as coupon_using
from shop.orders.recording import Item
from shop.payments import town_claims, whereabouts
from tests.orders import coupon_scene as scene
from tests.orders import market
from tests.payments import refund_scene as back

pytestmark = pytest.mark.usefixtures("db_session")


def order(order_id: int) -> Any:
    return market.rows("select * from customer_order where id = :id", id=order_id)[0]


def pay(order_id: int) -> None:
    with transaction():
        market.pay_order(order_id)
    with transaction():
        attributing.attribute_orders([order_id])


def both(who: market.Buyer, goods: market.Stall, **town: Any) -> tuple[int, int]:
    """The buyer has 10 yuan of the cooperative and 10 yuan of the town."""
    own = scene.taken(scene.issued(goods.coop.id), who)
    return own, scene.taken(scene.issued(**town), who)


def test_one_a_buyer_and_no_more_than_issued() -> None:
    goods, first, second = market.stall(), market.buyer(), market.buyer()
    coupon = scene.issued(goods.coop.id, issued=1)
    with transaction():
        assert coupons.take(coupon, first.id)
    with transaction():
        assert not coupons.take(coupon, first.id)
    with pytest.raises(Refused, match="领完"), transaction():
        coupons.take(coupon, second.id)
    with transaction():
        coupons.stop(coupon, None, cooperative_id=goods.coop.id)
    with pytest.raises(NotFound), transaction():
        coupons.stop(coupon, None, cooperative_id=goods.coop.id + 1)
    assert scene.broken() == {}


def test_seller_and_town_share_what_the_buyer_does_not_pay() -> None:
    goods, who = market.stall(freight_fen=1000), market.buyer()
    mine = both(who, goods)
    placed = market.place(who, {goods.sku_id: 2}, coupon_ids=mine, expected_fen=13_600 - 2000 + 1000)
    row = order(placed.order_id)
    assert (row.discount_fen, row.town_borne_fen, row.total_fen) == (1000, 1000, 12_600)
    assert [scene.state(who, one) for one in mine] == ["used", "used"]
    pay(placed.order_id)
    assert (back.account("113.provider"), back.account("113.town")) == (12_600, 1000)
    assert (
        sum(fen for _grams, fen in back.attributed().values()) == 12_600
    )  # the households' goods: all but the seller's part
    found = whereabouts.of(goods.coop.id)
    assert found.holds
    assert [one.fen for one in found.money if one.account == "113.town"] == [1000]
    assert scene.broken() == {}


def test_what_the_page_said_must_still_be_so() -> None:
    goods, who = market.stall(), market.buyer()
    mine = both(who, goods)
    view = market.fill(who, {goods.sku_id: 2})
    with pytest.raises(Refused, match="应付从"):
        market.place_view(who, view, coupon_ids=mine, expected_fen=view.total_fen)
    other = market.buyer()
    with pytest.raises(NotFound, match="优惠券"):
        market.place(other, {goods.sku_id: 2}, coupon_ids=mine)
    assert [scene.state(who, one) for one in mine] == ["usable", "usable"]


def test_terms_are_kept_at_order_time() -> None:
    goods, who = market.stall(), market.buyer()
    small = scene.taken(scene.issued(goods.coop.id, threshold_fen=7000), who)
    view = market.fill(who, {goods.sku_id: 1})
    with pytest.raises(Refused, match="还差"):
        market.place_view(who, view, coupon_ids=[small])
    second = scene.taken(scene.issued(goods.coop.id), who)
    with pytest.raises(Refused, match="只能用一张"):
        market.place_view(who, view, coupon_ids=[small, second])
    other = scene.taken(scene.issued(market.stall().coop.id), who)
    with pytest.raises(Refused, match="还差"):
        market.place_view(who, view, coupon_ids=[other])
    poor = scene.taken(scene.issued(budget_fen=999), who)
    with pytest.raises(Refused, match="总额已经用完"):
        market.place_view(who, view, coupon_ids=[poor])
    with transaction():
        session().execute(text("update coupon set starts_on = starts_on - 9, ends_on = current_date - 3"))
    with pytest.raises(Refused, match="过期"):
        market.place_view(who, view, coupon_ids=[second])


def test_a_closed_order_gives_its_coupons_back_and_late_money_takes_them_again() -> None:
    goods, who = market.stall(packs=40), market.buyer()
    mine = both(who, goods)
    first = market.place(who, {goods.sku_id: 2}, coupon_ids=mine)
    with transaction():
        holds.cancel(first.order_id, who.id)
    assert [scene.state(who, one) for one in mine] == ["usable", "usable"]
    assert scene.broken() == {}
    with transaction():
        settling.lock_order(first.order_id)
        assert settling.revive(first.order_id, clock.now())
    assert [scene.state(who, one) for one in mine] == ["used", "used"]
    with transaction():
        market.row("update customer_order set state = 'pending', paid_at = null, paid_on = null where id = :i returning id",
                   i=first.order_id)  # fmt: skip
        market.row("update suborder set state = 'pending' where order_id = :i returning id", i=first.order_id)
    market.make_due(first.order_id)
    with transaction():
        holds.expire_due()
    second = market.place(who, {goods.sku_id: 2}, coupon_ids=mine)
    with transaction():
        settling.lock_order(first.order_id)
        assert not settling.revive(first.order_id, clock.now())  # used elsewhere: the money goes back
    assert order(second.order_id).town_borne_fen == 1000
    assert scene.broken() == {}


def test_refunds_reverse_exactly_and_the_whole_gives_the_coupon_back() -> None:
    goods, who = market.stall(freight_fen=0, mode="consign_commission"), market.buyer()
    own = scene.issued(goods.coop.id)
    town = scene.issued(kind="percent", off_fen=None, percent=7, cap_fen=3000)
    mine = [scene.taken(own, who), scene.taken(town, who)]
    before = back.books()
    placed = market.place(who, {goods.sku_id: 3}, coupon_ids=mine)
    row = order(placed.order_id)
    assert (row.discount_fen, row.town_borne_fen) == (1000, 1358)
    pay(placed.order_id)
    [part], [line] = back.part_ids(placed.order_id), back.line_ids(placed.order_id)
    first = back.give_back(part, (line, 500))
    assert scene.spent(town) == 1358 - 452
    assert back.account("113.town") == 1358 - 452
    assert first.amount_fen == (3 * 6800 - 1000) // 3 - 452
    assert [scene.state(who, one) for one in mine] == ["used", "used"]
    assert scene.broken() == {}
    rest = back.give_back(part, (line, 1000))
    assert first.amount_fen + rest.amount_fen == row.total_fen
    assert (scene.spent(own), scene.spent(town)) == (0, 0)
    assert [scene.state(who, one) for one in mine] == ["usable", "usable"]
    assert back.books() == before
    assert back.attributed() == {}
    assert scene.broken() == {}


def test_a_coupon_that_is_over_does_not_come_back() -> None:
    goods, who = market.stall(freight_fen=0), market.buyer()
    [mine] = [scene.taken(scene.issued(goods.coop.id), who)]
    placed = market.place(who, {goods.sku_id: 1}, coupon_ids=[mine])
    pay(placed.order_id)
    later = clock.now() + timedelta(days=40)
    [part], [line] = back.part_ids(placed.order_id), back.line_ids(placed.order_id)
    back.give_back(part, (line, 500), at=later)
    assert scene.state(who, mine) == "used"


def test_the_town_pays_oldest_first_and_later_refunds_count_against_the_next() -> None:
    goods, who = market.stall(packs=40, freight_fen=0), market.buyer()
    parts, lines = [], []
    for _ in range(2):
        mine = scene.taken(scene.issued(), who)
        placed = market.place(who, {goods.sku_id: 1}, coupon_ids=[mine])
        pay(placed.order_id)
        parts += back.part_ids(placed.order_id)
        lines += back.line_ids(placed.order_id)
    today = clock.today()
    with pytest.raises(Refused, match="只欠"), transaction():
        town_claims.record(goods.coop.id, 2001, "T-0", today, None)
    with transaction():
        town_claims.record(goods.coop.id, 1200, "T-1", today, None)
    with pytest.raises(Conflict, match="登记过"), transaction():
        town_claims.record(goods.coop.id, 100, "T-1", today, None)
    db.session.rollback()
    assert [(row.id, row.fen) for row in town_claims.claims(goods.coop.id)] == [(parts[1], 800)]
    back.give_back(parts[0], (lines[0], 500))
    assert {row.id: row.fen for row in town_claims.claims(goods.coop.id)} == {parts[0]: -1000, parts[1]: 800}
    assert back.account("113.town") == -200
    db.session.rollback()
    assert scene.broken() == {}


def test_two_tabs_one_coupon(app: Flask) -> None:
    """Two orders at the same moment: one gets it, the other a sentence, and nothing of the other stays."""
    goods, who = market.stall(packs=40), market.buyer()
    mine = scene.taken(scene.issued(goods.coop.id), who)
    ids = [market.place(who, {goods.sku_id: 1}).order_id for _ in range(2)]
    gate, said = threading.Barrier(2), []

    def tab(order_id: int) -> None:
        with app.app_context():
            terms = coupon_using.terms_of(scene.mine(who)[0])
            used = [coupon_using.Used(terms, (1000,))]
            item = market_item(goods)
            gate.wait()
            try:
                with transaction():
                    coupon_using.keep(order_id, [item], used)
                said.append("used")
            except Conflict as refusal:
                said.append(refusal.message)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=tab, args=(order_id,)) for order_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(word[:4] for word in said) == ["used", "这张券刚"]
    assert market.rows("select count(*) from coupon_use where taken_id = :id", id=mine)[0][0] == 1


def market_item(goods: market.Stall) -> Any:
    return Item(
        goods.coop.id,
        goods.product_id,
        goods.sku_id,
        goods.produce_id,
        "",
        "",
        "",
        "",
        False,
        "g",
        500,
        6800,
        1,
    )
