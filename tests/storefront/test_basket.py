"""The basket: for guests and buyers, without JavaScript, against everything that can be typed."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import scoped_session

from shop.accounts import passwords
from shop.accounts.models import User
from shop.catalog.models import Product
from shop.core import clock
from shop.core.db import transaction
from shop.orders import basket, basket_view
from shop.orders.models import BasketLine
from tests.storefront.conftest import Buyer
from tests.support import shop_builder
from tests.support.shop_builder import Offer

BAD_COUNTS = (
    "-1",
    "0",
    "1e999",
    "1.5",
    "NaN",
    "0x10",
    "1_0",
    "",
    "abc",
    "10000",
    "9" * 400,
    "１．５",
    "' or 1=1 --",
    "<script>",
    "\x00",
    "²",
)


def _add(client: FlaskClient, offer: Offer, count: str = "1", **more: str) -> int:
    data = {"sku": str(offer.sku_id), "product": str(offer.product_id), "count": count} | more
    return client.post("/basket/add", data=data).status_code


def _counts(db_session: scoped_session) -> list[int]:
    db_session.rollback()
    return list(db_session.execute(select(BasketLine.count).order_by(BasketLine.id)).scalars())


def test_a_guest_fills_a_basket_over_two_cooperatives(
    client: FlaskClient, offers: Callable[..., list[Offer]]
) -> None:
    one, two = offers(2, cooperatives=2)
    assert _add(client, one, "2") == 303
    assert _add(client, two) == 303
    html = client.get("/basket").text
    assert html.count('class="coop-head"') == 2
    assert "¥136.00" in html
    assert "这家合作社的货包邮" in html  # 136.00 is beyond 99.00
    assert "运费 ¥8.00，再买 ¥31.00 免运费" in html
    assert "¥212.00" in html  # 136 + 68 + 8
    assert '<span class="count">2</span>' in client.get("/").text


def test_full_width_digits_are_numbers(
    client: FlaskClient, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    (offer,) = offers(1)
    assert _add(client, offer, "１２") == 303
    assert _counts(db_session) == [12]
    assert client.post("/basket/set", data={"sku": offer.sku_id, "count": "３"}).status_code == 303
    assert _counts(db_session) == [3]


def test_bad_counts_are_refused_beside_the_field(
    client: FlaskClient, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    (offer,) = offers(1)
    for typed in BAD_COUNTS:
        data = {"sku": offer.sku_id, "product": offer.product_id, "count": typed}
        response = client.post("/basket/add", data=data)
        assert response.status_code == 422, typed
        assert 'id="problem"' in response.text, typed
        assert "<script>" not in response.text.split("<main", 1)[1]
        assert _counts(db_session) == [], typed
    _add(client, offer, "2")
    for typed in BAD_COUNTS:
        if typed != "0":
            response = client.post("/basket/set", data={"sku": offer.sku_id, "count": typed})
            assert response.status_code == 422, typed
            assert f'id="sku-{offer.sku_id}"' in response.text, typed
            assert _counts(db_session) == [2], typed


BAD_IDS = ("0", "-1", "abc", "", "999999", str(2**63), "9" * 60, "1 or 1=1", "1e3", "\x00", "１")


def test_goods_that_do_not_exist(client: FlaskClient, offers: Callable[..., list[Offer]]) -> None:
    offers(1)
    for sku in BAD_IDS:
        for path in ("/basket/add", "/basket/set"):
            assert client.post(path, data={"sku": sku, "count": "1"}).status_code == 404, (path, sku)
        assert client.post("/basket/remove", data={"sku": sku}).status_code in {303, 404}, sku


def test_missing_and_doubled_fields(client: FlaskClient, offers: Callable[..., list[Offer]]) -> None:
    (offer,) = offers(1)
    assert client.post("/basket/add", data={}).status_code == 404
    assert client.post("/basket/add", data={"sku": str(offer.sku_id)}).status_code == 422
    doubled = {"sku": [str(offer.sku_id), "7"], "count": ["1", "5"], "user_id": "1", "price_fen": "1"}
    assert client.post("/basket/add", data=doubled).status_code == 303
    assert client.post("/basket/add", data={f"f{place}": "x" for place in range(5000)}).status_code in {
        404,
        413,
    }


def test_take_out_and_put_back(
    client: FlaskClient, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    (offer,) = offers(1)
    _add(client, offer, "4")
    client.post("/basket/remove", data={"sku": offer.sku_id})
    html = client.get("/basket").text
    assert "购物车还是空的" in html
    undo = html.split("toast", 1)[1]
    fields = dict(re.findall(r'name="(sku|count)" value="(\d+)"', undo))
    assert fields == {"sku": str(offer.sku_id), "count": "4"}
    assert client.post("/basket/add", data=fields).status_code == 303
    assert _counts(db_session) == [4]
    client.post("/basket/set", data={"sku": offer.sku_id, "count": "0"})
    assert _counts(db_session) == []


def test_goods_gone_meanwhile_are_shown_and_stop_the_checkout(
    client: FlaskClient, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    gone, short = offers(2, grams=1000)
    _add(client, gone)
    _add(client, short, "9")
    with transaction():
        db_session.execute(update(Product).where(Product.id == gone.product_id).values(published_at=None))
    html = client.get("/basket").text
    assert "已下架，请移除" in html
    assert "只剩 4 份，请改少" in html
    assert 'href="/checkout"' not in html


def test_buy_now_leads_to_the_checkout_and_back_after_sign_in(
    client: FlaskClient, offers: Callable[..., list[Offer]], db_session: scoped_session
) -> None:
    (offer,) = offers(1)
    with transaction():
        user = shop_builder.buyer()
        shop_builder.address(user)
        db_session.execute(
            update(User)
            .where(User.id == user)
            .values(password_hash=passwords.hash_password("dachuan-demo-2020"))
        )
        phone = db_session.get_one(User, user).phone
    first = client.post("/basket/add", data={"sku": offer.sku_id, "count": "2", "to": "buy"})
    assert first.location == "/checkout"
    second = client.get("/checkout")
    assert second.location == "/signin?next=/checkout"
    third = client.post(second.location, data={"phone": phone, "password": "dachuan-demo-2020"})
    assert third.location == "/checkout"
    html = client.get("/checkout").text
    assert "¥136.00" in html
    assert db_session.execute(select(func.count()).select_from(BasketLine)).scalar() == 1
    assert '<span class="count">1</span>' in client.get("/").text


def test_baskets_are_not_shared(
    client: FlaskClient, buyer: Buyer, new_buyer: Callable[[], Buyer], offers: Callable[..., list[Offer]]
) -> None:
    (offer,) = offers(1)
    other = new_buyer()
    _add(client, offer)
    _add(other.client, offer, "3")
    assert "购物车还是空的" in buyer.client.get("/basket").text
    buyer.client.post("/basket/set", data={"sku": offer.sku_id, "count": "9"})
    buyer.client.post("/basket/remove", data={"sku": offer.sku_id})
    view = basket_view.read(basket.buyer(other.id), clock.today())
    assert [item.count for item in view.items] == [3]
