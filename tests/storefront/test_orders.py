"""The buyer's orders and payment: every state with its button, nobody else's, and the truth from our own database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import scoped_session

from shop.cooperatives.produce.models import Lot
from shop.core import clock
from shop.core.db import transaction
from shop.orders import attributing, fulfilment, holds, settling
from shop.orders.models import Order, Suborder
from shop.payments import charging, gateway
from tests.storefront.conftest import Buyer
from tests.support import shop_builder
from tests.support.shop_builder import Offer


@pytest.fixture
def ordered(buyer: Buyer, offers: Callable[..., list[Offer]]) -> tuple[int, str]:
    """An unpaid order over two cooperatives: two packs of each."""
    goods = offers(2, cooperatives=2, households=6)
    with transaction():
        return shop_builder.order(buyer.id, *(offer.sku_id for offer in goods), count=2)


def _pay(order_id: int) -> None:
    with transaction():
        settling.pay(order_id, clock.now())
    with transaction():
        attributing.attribute_orders([order_id])


def _ship(db_session: scoped_session, order_id: int) -> None:
    rows = db_session.execute(
        select(Suborder.id, Suborder.cooperative_id).where(Suborder.order_id == order_id)
    ).all()
    db_session.rollback()
    for suborder_id, cooperative_id in rows:
        with transaction():
            fulfilment.ship(suborder_id, cooperative_id, "zto", "781234567890", None)


def test_an_unpaid_order_can_be_paid_or_cancelled(
    buyer: Buyer, ordered: tuple[int, str], db_session: scoped_session
) -> None:
    order_id, number = ordered
    html = buyer.client.get(f"/orders/{number}").text
    for word in (
        "待付款",
        "请在以下时间前付款",
        "data-countdown",
        "去付款",
        "取消订单",
        "李女士",
        "中北路 1 号",
        "提交订单",
        "¥272.00",
        number,
    ):
        assert word in html, word
    assert "这一单帮到了谁" not in html
    listed = buyer.client.get("/orders?tab=to_pay").text
    assert f'href="/orders/{number}/pay"' in listed
    assert buyer.client.post(f"/orders/{number}/cancel").location == f"/orders/{number}"
    html = buyer.client.get(f"/orders/{number}").text
    assert "已取消" in html
    assert "去付款" not in html
    assert db_session.execute(select(func.sum(Lot.reserved))).scalar() == 0
    assert buyer.client.post(f"/orders/{number}/cancel").status_code == 303
    assert order_id


def test_a_paid_order_shows_whom_it_helped_to_the_fen(
    buyer: Buyer, ordered: tuple[int, str], db_session: scoped_session
) -> None:
    order_id, number = ordered
    _pay(order_id)
    html = buyer.client.get(f"/orders/{number}").text
    block = html.split("这一单帮到了谁", 1)[1].split("</section>", 1)[0]
    assert "6 户" in block
    assert "1户" in block
    assert "户主" not in block  # nobody consented
    for line in block.split("helped-title")[1:]:
        amounts = [int(text.split("<")[0].replace(",", "").replace(".", "")) for text in line.split("¥")[1:]]
        total, village, *shares = amounts
        assert total == village == sum(shares)
    assert "待发货" in html
    assert "取消订单" not in html
    assert buyer.client.post(f"/orders/{number}/cancel").status_code == 409


def test_a_parcel_on_its_way_is_received_part_by_part(
    buyer: Buyer, ordered: tuple[int, str], db_session: scoped_session
) -> None:
    order_id, number = ordered
    assert buyer.client.post(f"/orders/{number}/receive").status_code == 409
    _pay(order_id)
    _ship(db_session, order_id)
    html = buyer.client.get(f"/orders/{number}").text
    assert html.count("781234567890") >= 2
    assert 'data-copy="781234567890"' in html
    assert "中通快递" in html
    assert html.count(f'action="/orders/{number}/receive"') == 2
    assert "确认收货" in buyer.client.get("/orders?tab=shipped").text
    buyer.client.post(f"/orders/{number}/receive", data={"part": f"{number}-1"})
    states = select(Suborder.state).order_by(Suborder.id)
    assert db_session.execute(states).scalars().all() == ["received", "shipped"]
    db_session.rollback()
    buyer.client.post(f"/orders/{number}/receive")
    assert db_session.execute(states).scalars().all() == ["received", "received"]
    assert "已签收" in buyer.client.get("/orders?tab=done").text


def test_every_tab_has_its_orders_and_an_empty_state(buyer: Buyer, ordered: tuple[int, str]) -> None:
    _, number = ordered
    for tab in ("all", "to_pay", "nonsense", "'--", "\x00"):
        assert number in buyer.client.get("/orders", query_string={"tab": tab}).text
    for tab in ("to_ship", "shipped", "done", "refund"):
        html = buyer.client.get(f"/orders?tab={tab}").text
        assert number not in html
        assert ("没有退款和售后" if tab == "refund" else "这里没有订单") in html
    assert "没有更多订单了" in buyer.client.get("/orders?page=9").text


def test_no_orders_yet(buyer: Buyer) -> None:
    assert "还没有订单" in buyer.client.get("/orders").text


def test_another_buyers_order_does_not_exist(
    new_buyer: Callable[[], Buyer], ordered: tuple[int, str], client: FlaskClient, db_session: scoped_session
) -> None:
    _, number = ordered
    thief = new_buyer()
    for path in (f"/orders/{number}", f"/orders/{number}/pay", f"/pay/return/{number}"):
        assert thief.client.get(path).status_code == 404, path
        assert thief.client.get(path, headers={"HX-Request": "true"}).status_code == 404, path
        assert client.get(path).location.startswith("/signin"), path
    for path in ("pay", "cancel", "receive"):
        assert (
            thief.client.post(f"/orders/{number}/{path}", data={"part": f"{number}-1"}).status_code == 404
        ), path
        assert client.post(f"/orders/{number}/{path}").location.startswith("/signin"), path
    assert db_session.execute(select(Order.state)).scalars().all() == ["pending"]


@pytest.mark.parametrize("number", ["0", "x", "%00", "'--", "9" * 300, "..%2f..", "2611240010001"])
def test_numbers_that_are_no_order(buyer: Buyer, number: str) -> None:
    for path in (f"/orders/{number}", f"/orders/{number}/pay", f"/pay/return/{number}"):
        assert buyer.client.get(path).status_code == 404, path
    for path in ("pay", "cancel", "receive"):
        assert buyer.client.post(f"/orders/{number}/{path}").status_code == 404, path


def test_the_part_of_another_order_is_not_received(buyer: Buyer, ordered: tuple[int, str]) -> None:
    _, number = ordered
    for part in ("999-1", "\x00", "x" * 500, f"{number}-9"):
        assert buyer.client.post(f"/orders/{number}/receive", data={"part": part}).status_code in {
            404,
            409,
        }, part


def test_paying_goes_to_the_hosted_page(
    buyer: Buyer, ordered: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, number = ordered
    asked = []

    def pay_url(wanted: str, buyer_id: int) -> str:
        asked.append((wanted, buyer_id))
        return "https://checkout.example/c/pay/cs_1"

    monkeypatch.setattr(charging, "pay_url", pay_url)
    response = buyer.client.post(f"/orders/{number}/pay")
    assert (response.status_code, response.location) == (303, "https://checkout.example/c/pay/cs_1")
    assert asked == [(number, buyer.id)]


def test_a_silent_provider_costs_nothing(
    buyer: Buyer, ordered: tuple[int, str], monkeypatch: pytest.MonkeyPatch, db_session: scoped_session
) -> None:
    _, number = ordered

    def down(*_args: object) -> None:
        raise gateway.ProviderDown("nobody there")

    monkeypatch.setattr(gateway, "create_session", down)
    response = buyer.client.post(f"/orders/{number}/pay")
    assert response.status_code == 503
    assert "支付平台暂时连不上" in response.text
    assert "订单还在" in response.text
    assert "¥272.00" in response.text
    assert db_session.execute(select(Order.state)).scalar() == "pending"


def test_a_closed_or_paid_order_is_not_paid_again(
    buyer: Buyer, ordered: tuple[int, str], db_session: scoped_session
) -> None:
    order_id, number = ordered
    with transaction():
        past = clock.now() - timedelta(minutes=1)
        db_session.execute(update(Order).where(Order.id == order_id).values(expires_at=past))
        holds.expire([order_id])
    for response in (buyer.client.get(f"/orders/{number}/pay"), buyer.client.post(f"/orders/{number}/pay")):
        assert (response.status_code, response.location) == (303, f"/orders/{number}")
    html = buyer.client.get(f"/orders/{number}").text
    assert "超时关闭" in html
    assert "这张订单已关闭，请重新下单" in html


def test_coming_back_proves_nothing(
    buyer: Buyer, ordered: tuple[int, str], db_session: scoped_session
) -> None:
    order_id, number = ordered
    url = f"/pay/return/{number}?paid=true&session_id=cs_forged"
    html = buyer.client.get(url).text
    assert "正在等支付平台的消息" in html
    assert "已付款但还没到账？" in html
    assert 'http-equiv="refresh"' in html
    assert f'hx-get="/pay/return/{number}"' in html
    assert db_session.execute(select(Order.state)).scalar() == "pending"
    db_session.rollback()
    poll = buyer.client.get(url, headers={"HX-Request": "true"})
    assert (poll.status_code, poll.headers.get("HX-Refresh")) == (204, None)
    _pay(order_id)
    poll = buyer.client.get(url, headers={"HX-Request": "true"})
    assert (poll.status_code, poll.headers["HX-Refresh"]) == (200, "true")
    html = buyer.client.get(url).text
    assert "付款成功" in html
    assert "这一单帮到了谁" in html
    assert 'http-equiv="refresh"' not in html


def test_coming_back_to_a_closed_order_tells_what_happens_to_the_money(
    buyer: Buyer, ordered: tuple[int, str]
) -> None:
    _, number = ordered
    buyer.client.post(f"/orders/{number}/cancel")
    html = buyer.client.get(f"/pay/return/{number}").text
    assert "订单已关闭" in html
    assert "自动全额原路退回" in html


def test_phones_and_names_are_only_for_the_buyer(app: Flask, buyer: Buyer, ordered: tuple[int, str]) -> None:
    _, number = ordered
    response = buyer.client.get(f"/orders/{number}")
    assert response.headers["Cache-Control"] == "no-store"
    assert app.config["SESSION_COOKIE_HTTPONLY"]
