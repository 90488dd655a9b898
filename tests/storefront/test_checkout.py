"""From the confirmation page to an order, once and only once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import scoped_session

from shop.catalog.models import Sku
from shop.cooperatives.produce.models import Lot
from shop.core.db import transaction
from shop.orders.models import Address, BasketLine, Order, Suborder
from tests.storefront.conftest import Buyer
from tests.storefront.forms import hidden
from tests.support.shop_builder import Offer


@pytest.fixture
def filled(buyer: Buyer, offers: Callable[..., list[Offer]]) -> list[Offer]:
    """Two goods of two cooperatives in the buyer's basket, 2 and 1 packs."""
    goods = offers(2, cooperatives=2, grams=2000)
    for offer, count in zip(goods, ("2", "1"), strict=True):
        buyer.client.post("/basket/add", data={"sku": offer.sku_id, "count": count})
    return goods


def _form(buyer: Buyer) -> dict[str, str]:
    return hidden(buyer.client.get("/checkout").text) | {"address": str(buyer.address_id)}


def _orders(db_session: scoped_session) -> int:
    db_session.rollback()
    return int(db_session.execute(select(func.count()).select_from(Order)).scalar_one())


def test_confirmation_shows_what_is_ordered(buyer: Buyer, filled: list[Offer]) -> None:
    html = buyer.client.get("/checkout").text
    for word in (
        "李女士",
        "湖北省武汉市武昌区 中北路 1 号",
        "¥136.00",
        "¥68.00",
        "包邮",
        "运费 ¥8.00",
        "¥212.00",
        "7 天内可以退货",
        "鲜活易腐",
    ):
        assert word in html, word
    assert html.count("给这家合作社留言") == 2


def test_an_order_is_placed_and_goes_on_to_payment(
    buyer: Buyer, filled: list[Offer], db_session: scoped_session
) -> None:
    form = _form(buyer) | {f"note-{filled[0].coop.code}": "请装牢一点"}
    response = buyer.client.post("/checkout", data=form)
    assert response.status_code == 303
    order = db_session.execute(select(Order)).scalar_one()
    assert response.location == f"/orders/{order.number}/pay"
    assert (order.goods_fen, order.freight_fen, order.total_fen, order.state) == (
        20400,
        800,
        21200,
        "pending",
    )
    notes = select(Suborder.cooperative_id, Suborder.note)
    assert dict(map(tuple, db_session.execute(notes)))[filled[0].coop.id] == "请装牢一点"
    assert "购物车还是空的" in buyer.client.get("/basket").text
    html = buyer.client.get(response.location).text
    assert "¥212.00" in html
    assert order.number in html
    assert "请在以下时间前付款" in html


def test_the_hold_lasts_as_long_as_the_settings_say(
    app: Flask,
    buyer: Buyer,
    filled: list[Offer],
    db_session: scoped_session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    longer = app.extensions["settings"].model_copy(update={"hold_minutes_online": 90})
    monkeypatch.setitem(app.extensions, "settings", longer)
    assert "90 分钟" in buyer.client.get("/checkout").text
    assert buyer.client.post("/checkout", data=_form(buyer)).status_code == 303
    order = db_session.execute(select(Order)).scalar_one()
    assert order.expires_at - order.placed_at == timedelta(minutes=90)


def test_a_double_click_and_a_second_tab_make_one_order(
    buyer: Buyer, filled: list[Offer], db_session: scoped_session
) -> None:
    form = _form(buyer)
    answers = [buyer.client.post("/checkout", data=form) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert _orders(db_session) == 1


def test_a_changed_price_is_shown_before_it_is_charged(
    buyer: Buyer, filled: list[Offer], db_session: scoped_session
) -> None:
    form = _form(buyer) | {f"note-{filled[1].coop.code}": "写了半天的留言"}
    with transaction():
        db_session.execute(update(Sku).where(Sku.id == filled[0].sku_id).values(price_fen=9900))
    response = buyer.client.post("/checkout", data=form)
    assert response.status_code == 422
    assert "应付从 ¥212.00 变为 ¥274.00" in response.text
    assert "写了半天的留言" in response.text
    assert _orders(db_session) == 0
    again = hidden(response.text) | {"address": str(buyer.address_id)}
    assert buyer.client.post("/checkout", data=again).status_code == 303


def test_goods_sold_meanwhile_lead_back_to_the_basket(
    buyer: Buyer, filled: list[Offer], db_session: scoped_session
) -> None:
    form = _form(buyer)
    with transaction():
        db_session.execute(update(Lot).where(Lot.produce_id == filled[0].produce_id).values(written_off=1800))
    response = buyer.client.post("/checkout", data=form)
    assert (response.status_code, response.location) == (303, "/basket")
    html = buyer.client.get("/basket").text
    assert "已经卖完" in html
    assert _orders(db_session) == 0
    assert db_session.execute(select(func.count()).select_from(BasketLine)).scalar() == 2


TAMPERED = (
    {"address": "999999"},
    {"address": "x"},
    {"address": ""},
    {"address": str(2**70)},
    {"basket": "999999"},
    {"basket": "-1"},
    {"total": "1"},
    {"total": "-1"},
    {"total": ""},
    {"total": "1e999"},
    {"total": "２１２００"},
    {"total": "9" * 300},
    {"idempotency_key": ""},
    {"idempotency_key": "x" * 500},
    {"idempotency_key": "\x00"},
)


def test_forms_that_were_tampered_with(buyer: Buyer, filled: list[Offer], db_session: scoped_session) -> None:
    form = _form(buyer)
    for change in TAMPERED:
        response = buyer.client.post("/checkout", data=form | change)
        assert response.status_code in {303, 404, 409, 422}, change
        assert response.location in {None, "/basket"}, change
        assert _orders(db_session) == 0, change
        assert db_session.execute(select(func.sum(Lot.reserved))).scalar() == 0, change
    assert buyer.client.post("/checkout", data=form).status_code == 303


@pytest.mark.parametrize("note", ["长" * 201, "\x00", "\u202e"])
def test_notes_that_cannot_be_printed(
    buyer: Buyer, filled: list[Offer], db_session: scoped_session, note: str
) -> None:
    response = buyer.client.post("/checkout", data=_form(buyer) | {f"note-{filled[0].coop.code}": note})
    assert response.status_code == 422
    assert "买家留言" in response.text
    assert _orders(db_session) == 0


def test_anothers_address_and_basket_are_no_use(
    buyer: Buyer, new_buyer: Callable[[], Buyer], filled: list[Offer], db_session: scoped_session
) -> None:
    other = new_buyer()
    form = _form(buyer)
    assert buyer.client.post("/checkout", data=form | {"address": str(other.address_id)}).status_code == 404
    assert (
        other.client.post("/checkout", data=form | {"address": str(other.address_id)}).status_code == 303
    )  # to its own, empty basket
    assert _orders(db_session) == 0


def test_an_empty_basket_has_no_checkout(buyer: Buyer) -> None:
    response = buyer.client.get("/checkout")
    assert (response.status_code, response.location) == (303, "/basket")


def test_without_an_address_the_form_comes_first(
    buyer: Buyer, filled: list[Offer], db_session: scoped_session
) -> None:
    buyer.client.post(f"/addresses/{buyer.address_id}/remove")
    response = buyer.client.get("/checkout")
    assert response.location == "/addresses/new?to=checkout"
    typed = {
        "to": "checkout",
        "recipient": "王小华",
        "phone": "138 0013 8000",
        "province": "北京市",
        "city": "东城区",
        "district": "",
        "detail": "东四十条 1 号",
    }
    response = buyer.client.post("/addresses/new", data=typed)
    number = db_session.execute(select(func.max(Address.id))).scalar()
    assert response.location == f"/checkout?address={number}"
    assert "王小华" in buyer.client.get(response.location).text


def test_the_checkout_is_for_signed_in_buyers(client: FlaskClient) -> None:
    assert client.get("/checkout").location == "/signin?next=/checkout"
    assert client.post("/checkout", data={}).status_code == 303


def test_more_stock_than_there_is_cannot_be_ordered_twice(
    new_buyer: Callable[[], Buyer], offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    (offer,) = offers(1, grams=500)  # two packs
    buyers = [new_buyer() for _ in range(3)]
    for each in buyers:
        each.client.post("/basket/add", data={"sku": offer.sku_id, "count": "1"})
    forms = [_form(each) for each in buyers]
    placed = [
        each.client.post("/checkout", data=form).location for each, form in zip(buyers, forms, strict=True)
    ]
    assert sum(location != "/basket" for location in placed) == 2
    assert _orders(db_session) == 2
