"""Guests, invoices, ways of delivery and gifts, as their pages answer."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import scoped_session

from shop.accounts import registration
from shop.core.db import transaction
from shop.orders import freight_book
from shop.orders.models import Order, Suborder
from tests.orders.test_buying import RULE
from tests.storefront.conftest import Buyer
from tests.storefront.forms import error_beside, hidden, value_of
from tests.support.shop_builder import Offer

PASTED = "王小华 13800138099 湖北省十堰市茅箭区大川镇人民路1号"
GOOD = {
    "recipient": "王小华", "phone": "13800138099", "province": "湖北省", "city": "十堰市", "district": "茅箭区",
    "street": "大川镇", "detail": "人民路1号",
}  # fmt: skip


def test_a_guest_orders_and_comes_back_by_the_link_alone(
    app: Flask, client: FlaskClient, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    client.post("/basket/add", data={"sku": offers(1)[0].sku_id, "count": "1"})
    assert "不登录，直接下单" in client.get("/signin").text
    page = client.post("/checkout/guest", data={"act": "split", "pasted": PASTED}).text
    assert value_of(page, "recipient") == "王小华"
    for part in ("湖北省", "十堰市", "茅箭区", "大川镇"):
        assert f'<option value="{part}" selected>' in page
    wrong = client.post("/checkout/guest", data=GOOD | {"phone": "1380"})
    assert wrong.status_code == 422
    assert "11 位" in error_beside(wrong.text, "phone")
    assert client.post("/checkout/guest", data=GOOD).location == "/checkout"
    page = client.get("/checkout").text
    answer = client.post(
        "/checkout", data=hidden(page) | {"address": re.findall(r'name="address" value="(\d+)"', page)[0]}
    )
    assert answer.status_code == 303
    shown = client.get(answer.location).text
    link = re.findall(r'data-copy="http://[^"]+(/g/[^"]+)"', shown)[0]
    assert len(link) >= 40
    assert "13800138099" in shown
    number = answer.location.split("/")[2]
    other = app.test_client()
    assert other.get(f"/orders/{number}").status_code == 303  # a guessed number leads to sign in, no further
    assert other.get("/g/" + "x" * 43).status_code == 404
    assert other.post("/g/" + "x" * 43).status_code == 404
    assert other.get(link).status_code == 200
    assert other.get("/orders").status_code == 303  # looking at the link opens nothing
    assert other.post(link).location == "/orders"
    assert number in other.get("/orders").text


def _as_guest(client: FlaskClient, sku_id: int, phone: str = GOOD["phone"], **more: str) -> str:
    """A guest with one pack in the basket orders it; returns the order's number."""
    client.post("/basket/add", data={"sku": sku_id, "count": "1"})
    client.post("/checkout/guest", data=GOOD | {"phone": phone} | more)
    page = client.get("/checkout").text
    fields = hidden(page) | {"address": re.findall(r'name="address" value="(\d+)"', page)[0]}
    return str(client.post("/checkout", data=fields).location.split("/")[2])


def test_a_guest_who_signs_in_takes_orders_and_basket_along(
    app: Flask, client: FlaskClient, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    one, more = offers(2)
    number = _as_guest(client, one.sku_id)
    client.post("/basket/add", data={"sku": more.sku_id, "count": "3"})
    me = client.get("/me").text
    assert "guest:" not in me
    assert "改密码" not in me
    assert client.post("/me/password", data={"password": "x" * 12, "again": "x" * 12}).status_code == 303
    assert "guest:" not in client.get("/addresses/new").text
    with transaction():
        phone = registration.by_phone_or_new("+8613700000123")
        assert phone
        registration.set_password(phone, "+8613700000123", "大川镇的香菇真好吃极了", None)
    entered = client.post("/signin", data={"phone": "13700000123", "password": "大川镇的香菇真好吃极了"})
    assert entered.status_code == 303
    assert number in client.get("/orders").text
    assert more.name in client.get("/basket").text
    assert (
        db_session.execute(
            text("select count(*) from user_account where phone like 'guest:%' and active")
        ).scalar()
        == 0
    )


def test_the_link_is_told_to_the_phone_once_a_guest_and_thrice_a_day(
    app: Flask, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    offer, sent = offers(1)[0], Path(app.extensions["settings"].sms_console_file)
    for _ in range(5):
        browser = app.test_client()
        _as_guest(browser, offer.sku_id, "13800138077", own="1")
        browser.post("/basket/add", data={"sku": offer.sku_id, "count": "1"})
    told = [line for line in sent.read_text("utf-8").splitlines() if line.startswith("+8613800138077")]
    assert len(told) == 3
    assert all("/g/" in line for line in told)


def test_a_link_ends_after_half_a_year(
    app: Flask, client: FlaskClient, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    number = _as_guest(client, offers(1)[0].sku_id)
    link = re.findall(r'data-copy="http://[^"]+(/g/[^"]+)"', client.get(f"/orders/{number}").text)[0]
    assert app.test_client().get(link).status_code == 200
    with transaction() as session:
        session.execute(text("update guest_pass set made_at = now() - interval '181 days'"))
    assert app.test_client().get(link).status_code == 404


def test_what_was_typed_waits_while_a_heading_is_added(
    buyer: Buyer, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    offer = offers(1)[0]
    with transaction():
        freight_book.publish(offer.coop.id, RULE, after=0, by=buyer.id)
    buyer.client.post("/basket/add", data={"sku": offer.sku_id, "count": "1"})
    way, note = f"way-{offer.coop.code}", f"note-{offer.coop.code}"
    typed = hidden(buyer.client.get("/checkout").text) | {
        "address": str(buyer.address_id),
        way: "pickup",
        note: "请装结实",
    }
    assert (
        buyer.client.post("/checkout", data=typed | {"act": "invoice"}).location
        == "/invoices/new?to=checkout"
    )
    made = buyer.client.post("/invoices/new", data={"kind": "person", "title": "王小华", "to": "checkout"})
    page = buyer.client.get(made.location).text
    assert value_of(page, note) == "请装结实"
    assert 'value="pickup" checked' in page
    assert re.search(r'name="invoice" value="\d+" checked', page)
    long = buyer.client.post("/checkout", data=typed | hidden(page) | {note: "长" * 201})
    assert long.status_code == 422
    assert error_beside(long.text, note)


def test_a_recount_of_a_basket_that_must_be_mended_leads_there(
    buyer: Buyer, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    offer = offers(1)[0]
    buyer.client.post("/basket/add", data={"sku": offer.sku_id, "count": "1"})
    form = hidden(buyer.client.get("/checkout").text) | {"address": str(buyer.address_id), "act": "recount"}
    with transaction() as session:
        session.execute(text("update product set published_at = null"))
    by_script = buyer.client.post("/checkout", data=form, headers={"HX-Request": "true"})
    assert (by_script.status_code, by_script.headers["HX-Redirect"]) == (204, "/basket")
    assert buyer.client.post("/checkout", data=form).location == "/basket"


def test_ways_of_delivery_and_invoice_are_chosen_and_copied(
    buyer: Buyer, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    offer = offers(1)[0]
    with transaction():
        freight_book.publish(offer.coop.id, RULE, after=0, by=buyer.id)
    buyer.client.post("/basket/add", data={"sku": offer.sku_id, "count": "1"})
    assert (
        buyer.client.post(
            "/invoices/new", data={"kind": "unit", "title": "某校", "tax_code": "123"}
        ).status_code
        == 422
    )
    made = buyer.client.post(
        "/invoices/new",
        data={"kind": "unit", "title": "某校", "tax_code": "91350100m000100y43", "to": "checkout"},
    )
    heading = made.location.split("=")[1]
    form = hidden(buyer.client.get("/checkout").text) | {"address": str(buyer.address_id), "invoice": heading}
    way = f"way-{offer.coop.code}"
    again = buyer.client.post("/checkout", data=form | {way: "pickup", "act": "recount"})
    assert again.status_code == 200
    assert "自提，不收运费" in again.text
    stale = buyer.client.post(
        "/checkout", data=form | {way: "pickup"}
    )  # the total on the first page had freight in it
    assert stale.status_code == 422
    assert "应付从" in stale.text
    for odd in (
        {way: "town"},
        {way: "x" * 99},
        {way: "pickup", "invoice": "999999"},
        {way: "pickup", "invoice": "x"},
    ):
        assert buyer.client.post("/checkout", data=hidden(again.text) | form | odd).status_code in {
            404,
            422,
        }, odd
    answer = buyer.client.post("/checkout", data=form | hidden(again.text) | {way: "pickup"})
    assert answer.status_code == 303
    order = db_session.execute(select(Order)).scalar_one()
    assert (order.invoice_kind, order.invoice_title, order.freight_fen) == ("unit", "某校", 0)
    assert db_session.execute(select(Suborder.delivery)).scalar_one() == "pickup"


def test_nobody_sees_anothers_headings(
    buyer: Buyer, new_buyer: Callable[[], Buyer], db_session: scoped_session
) -> None:
    buyer.client.post("/invoices/new", data={"kind": "person", "title": "王小华"})
    heading = db_session.execute(text("select id from invoice_heading")).scalar()
    other = new_buyer().client
    assert other.get(f"/invoices/{heading}").status_code == 404
    assert other.post(f"/invoices/{heading}", data={"kind": "person", "title": "换"}).status_code == 404
    assert other.post(f"/invoices/{heading}/remove").status_code == 404
    assert buyer.client.post(f"/invoices/{heading}/remove").status_code == 303
    assert "还没有发票抬头" in buyer.client.get("/invoices").text


def test_a_list_of_recipients_is_looked_over_and_ordered_once(
    buyer: Buyer, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    offer = offers(1)[0]
    other = offers(1)[0]
    url = f"/p/{offer.product_id}/gift"
    fields = {"sku": str(offer.sku_id), "list": PASTED + " 2\n李红 139 湖北省武汉市洪山区1号"}
    wrong = buyer.client.post(url, data=fields)
    assert wrong.status_code == 422
    assert "第 2 行" in wrong.text
    assert 'name="total"' not in wrong.text
    assert buyer.client.post(url, data=fields | {"sku": str(other.sku_id)}).status_code == 404
    assert buyer.client.post(url, data=fields | {"list": ""}).status_code == 422
    good = f"{PASTED},2\n李红,13900139000,湖北省武汉市洪山区珞喻路2号,1\n"
    picture = buyer.client.post(
        url, data={"sku": str(offer.sku_id), "file": (io.BytesIO(b"\x89PNG\x00\xff"), "a.csv")}
    )
    assert picture.status_code == 422
    assert "CSV" in error_beside(picture.text, "file")
    sent = {
        "sku": str(offer.sku_id),
        "file": (io.BytesIO(f"收件人,手机,地址,数量\n{good}".encode("gb18030")), "名单.csv"),
        "greeting": "新年好",
        "giver": "赵工",
    }
    page = buyer.client.post(url, data=sent, content_type="multipart/form-data")
    assert page.status_code == 200
    total = re.findall(r'name="total" value="(\d+)"', page.text)[0]
    assert (
        "李红\t13900139000\t湖北省武汉市洪山区珞喻路2号\t1" in page.text
    )  # what is ordered stands in the box
    much = buyer.client.post(url, data={"sku": str(offer.sku_id), "list": PASTED + " 999"})
    assert much.status_code == 422
    assert "只剩" in error_beside(much.text, "list")
    key = re.findall(r'name="idempotency_key" value="([^"]+)"', page.text)[0]
    order = {
        "sku": str(offer.sku_id),
        "list": good,
        "act": "place",
        "total": total,
        "idempotency_key": key,
        "giver": "赵工",
    }
    for odd in (
        {"total": "1"},
        {"total": ""},
        {"idempotency_key": ""},
        {"greeting": "好" * 99},
        {"greeting": "\x00"},
        {"giver": ""},
    ):
        assert buyer.client.post(url, data=order | odd).status_code == 422, odd
    answers = {buyer.client.post(url, data=order).location for _ in range(3)}
    assert len(answers) == 1
    shown = buyer.client.get(f"/orders/{next(iter(answers)).split('/')[2]}").text
    assert "赵工" in shown
    assert "李红" in shown
    assert "还没发货" in shown
    assert db_session.execute(text("select count(*) from customer_order")).scalar() == 1


def test_a_second_buyer_cannot_use_the_key(
    new_buyer: Callable[[], Buyer], offers: Callable[..., list[Offer]]
) -> None:
    offer = offers(1)[0]
    order = {
        "sku": str(offer.sku_id),
        "list": PASTED,
        "act": "place",
        "total": "7600",
        "idempotency_key": "g-mine",
        "giver": "赵工",
    }
    first, second = (new_buyer().client.post(f"/p/{offer.product_id}/gift", data=order) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 409)
