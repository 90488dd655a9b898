"""Following an order: its parcels, what was paid back, the same once more, and where messages go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.core.db import transaction
from shop.orders import fulfilment, returns
from shop.payments import refunds
from tests.access.identities import make_user, signed_in
from tests.orders import market

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def buyer(app: Flask) -> tuple[market.Buyer, FlaskClient]:
    who = market.buyer()
    return who, signed_in(app, who.id)


def part_and_line(order_id: int) -> tuple[int, int]:
    found = market.rows(
        "select s.id, l.id as line from suborder s join order_line l on l.suborder_id = s.id where order_id = :id",
        id=order_id,
    )[0]
    return found.id, found.line


def test_every_parcel_with_its_goods(buyer: tuple[market.Buyer, FlaskClient]) -> None:
    who, client = buyer
    goods = market.stall()
    placed = market.paid(who, {goods.sku_id: 3})
    part, line = part_and_line(placed.order_id)
    with transaction():
        fulfilment.ship(part, goods.coop.id, "sf", "SF1234567890123", None, goods={line: market.UNIT})
    page = client.get(f"/orders/{placed.number}").text
    assert 'data-copy="SF1234567890123"' in page
    assert "包裹 1" in page
    assert "其余的还没发" in page
    assert "部分发货" in client.get("/orders").text
    with transaction():
        fulfilment.ship(part, goods.coop.id, "zto", "7689543210987", None)
    page = client.get(f"/orders/{placed.number}").text
    assert 'data-copy="7689543210987"' in page
    assert "包裹 2" in page
    assert "会自动确认收货" in page
    page = client.get("/orders?tab=shipped").text
    assert "data-countdown" in page
    assert "确认收货" in page


def test_what_was_paid_back_stands_in_its_tab(buyer: tuple[market.Buyer, FlaskClient]) -> None:
    who, client = buyer
    goods = market.stall()
    placed = market.paid(who, {goods.sku_id: 3})
    part, line = part_and_line(placed.order_id)
    with transaction():
        refunds.refund_goods(
            part, [returns.Wanted(line, market.UNIT)], by=None, reason="缺货", request_key="refund-key-1"
        )
    page = client.get("/orders?tab=refund").text
    assert f"{placed.number}-1" in page
    assert "退款中" in page
    assert "¥68.00" in page
    assert '退款售后 <span class="count">1</span>' in page
    other = signed_in_other(client)
    assert placed.number not in other.get("/orders?tab=refund").text


def signed_in_other(client: FlaskClient) -> FlaskClient:
    return signed_in(client.application, market.buyer().id)


def test_the_same_once_more(buyer: tuple[market.Buyer, FlaskClient]) -> None:
    who, client = buyer
    one, two, three = market.stall(packs=10), market.stall(packs=4), market.stall()
    placed = market.paid(who, {one.sku_id: 2, two.sku_id: 3, three.sku_id: 1})
    with transaction():
        market.row("update sku set published = false where id = :id returning id", id=three.sku_id)
    answer = client.post(f"/orders/{placed.number}/again")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/basket")
    page = client.get("/basket").text
    assert "现在没有在卖" in page
    assert "按剩下的放" in page
    held = market.rows(
        "select sku_id, count from basket_line l join basket b on b.id = l.basket_id where b.user_id = :u order by sku_id",
        u=who.id,
    )
    assert [tuple(row) for row in held] == [(one.sku_id, 2), (two.sku_id, 1)]
    assert signed_in_other(client).post(f"/orders/{placed.number}/again").status_code == 404
    with transaction():
        market.rows("update sku set published = false returning id")
    client.post(f"/orders/{placed.number}/again")
    assert "现在都没有在卖" in client.get(f"/orders/{placed.number}").text


@pytest.mark.parametrize("email", [
    "x", "a@b", "a@b.c\r\nBcc: x@y.zz", "a@b.cc,c@d.ee", "<s>@x.cn", "名@x.cn", "a" * 250 + "@x.cn",
])  # fmt: skip
def test_no_address_is_not_kept(app: Flask, email: str) -> None:
    client = signed_in(app, make_user(app, "+8613700000077"))
    answer = client.post("/me/reminders", data={"email": email})
    assert answer.status_code == 422
    assert "请填写一个邮箱" in answer.text
    assert "<s>" not in answer.text


def test_an_address_for_messages(app: Flask, sql_counter: Callable[..., object]) -> None:
    client = signed_in(app, make_user(app, "+8613700000077"))
    for email in ("li@example.com", "li.2@example.com", "li.2@example.com"):
        assert client.post("/me/reminders", data={"email": f" {email} "}).status_code == 303
        assert f'value="{email}"' in client.get("/me/reminders").text
    assert market.rows("select count(*) from reminder_email")[0][0] == 1
    assert client.post("/me/reminders", data={"email": ""}).status_code == 303
    assert market.rows("select count(*) from reminder_email")[0][0] == 0


def test_the_pay_page_tells_what_became_of_late_money(buyer: tuple[market.Buyer, FlaskClient]) -> None:
    who, client = buyer
    placed = market.place(who, {market.stall().sku_id: 1})
    page = client.get(f"/orders/{placed.number}/pay").text
    assert "已付款但还没到账" in page
    assert f"/pay/return/{placed.number}" in page
