"""领券, 我的优惠券, and the choice at checkout: the best first, none if the buyer says so, never another sum than the page's."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from shop.core.db import transaction
from shop.orders.coupons import issuing as coupons
from shop.orders.models import Order
from tests.orders import coupon_scene as scene
from tests.storefront.conftest import Buyer
from tests.storefront.forms import hidden
from tests.support.shop_builder import Offer


@pytest.fixture
def goods(buyer: Buyer, offers: Callable[..., list[Offer]]) -> Offer:
    """Two packs in the basket, 136 yuan."""
    [offer] = offers(1, grams=2000)
    buyer.client.post("/basket/add", data={"sku": offer.sku_id, "count": "2"})
    return offer


def take(buyer: Buyer, coupon_id: int) -> None:
    with transaction():
        coupons.take(coupon_id, buyer.id)


def test_taken_on_the_page_and_only_once(buyer: Buyer, goods: Offer) -> None:
    coupon = scene.issued(goods.coop.id, name="尝鲜券")
    page = unescape(buyer.client.get(f"/coops/{goods.coop.code}").text)
    assert "尝鲜券 · 满 ¥50.00 减 ¥10.00" in page
    assert "领取" in buyer.client.get(f"/coupons?coop={goods.coop.code}").text
    assert buyer.client.post("/coupons/take", data={"coupon": coupon}).status_code == 303
    assert buyer.client.post("/coupons/take", data={"coupon": coupon}).status_code == 303
    assert "已领" in buyer.client.get("/coupons").text
    assert "尝鲜券" in buyer.client.get("/coupons/mine").text
    assert "没有过期的券" in buyer.client.get("/coupons/mine?tab=expired").text
    assert buyer.client.post("/coupons/take", data={"coupon": "999999"}).status_code == 404


def test_the_last_one_is_gone(buyer: Buyer, new_buyer: Callable[[], Buyer], goods: Offer) -> None:
    coupon = scene.issued(goods.coop.id, issued=1)
    take(new_buyer(), coupon)
    answer = buyer.client.post("/coupons/take", data={"coupon": coupon})
    assert answer.status_code == 422
    assert "领完" in answer.text


def test_the_best_is_preselected_and_the_order_has_it(
    buyer: Buyer, goods: Offer, db_session: scoped_session
) -> None:
    small, large = scene.issued(goods.coop.id, off_fen=500), scene.issued(goods.coop.id, off_fen=2000)
    town = scene.issued()
    for coupon in (small, large, town):
        take(buyer, coupon)
    page = unescape(buyer.client.get("/checkout").text)
    assert "−¥20.00" in page
    assert "−¥10.00" in page
    assert "¥106.00" in page
    chosen = {row.coupon_id: str(row.taken_id) for row in coupons.mine(buyer.id)}
    db_session.rollback()
    form = hidden(page) | {
        "address": str(buyer.address_id),
        f"coupon-{goods.coop.code}": chosen[large],
        "coupon-town": chosen[town],
    }
    placed = buyer.client.post("/checkout", data=form)
    assert placed.status_code == 303, placed.text
    order = db_session.execute(select(Order)).scalar_one()
    assert (order.discount_fen, order.town_borne_fen, order.total_fen) == (2000, 1000, 10_600)
    db_session.rollback()
    page = unescape(buyer.client.get(f"/orders/{order.number}").text)
    assert "镇里的优惠券" in page
    assert "−¥20.00" in page
    assert order.number in buyer.client.get("/coupons/mine?tab=used").text


def test_none_is_a_choice_and_another_sum_is_refused(
    buyer: Buyer, goods: Offer, db_session: scoped_session
) -> None:
    take(buyer, scene.issued(goods.coop.id))
    form = hidden(buyer.client.get("/checkout").text) | {"address": str(buyer.address_id)}
    none = {f"coupon-{goods.coop.code}": "0"}
    answer = buyer.client.post("/checkout", data=form | none)
    assert answer.status_code == 422
    assert "¥136.00" in answer.text
    again = hidden(answer.text) | {"address": str(buyer.address_id)} | none
    assert buyer.client.post("/checkout", data=again).status_code == 303
    assert db_session.execute(select(Order.total_fen)).scalar_one() == 13_600


def test_a_coupon_that_is_not_his_is_refused_beside_the_choice(buyer: Buyer, goods: Offer) -> None:
    form = hidden(buyer.client.get("/checkout").text) | {"address": str(buyer.address_id)}
    answer = buyer.client.post("/checkout", data=form | {"coupon-town": "77777"})
    assert answer.status_code == 404
    assert "没有找到这张优惠券" in answer.text
