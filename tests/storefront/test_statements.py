"""Every page issues the same small number of SQL statements for 1, 20 and 100 rows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import scoped_session

from shop.core.db import transaction
from shop.core.kept import STORE
from tests.storefront.conftest import Buyer
from tests.storefront.forms import hidden
from tests.support import shop_builder
from tests.support.shop_builder import Offer
from tests.support.sql import SqlCount

Counter = Callable[[Flask], AbstractContextManager[SqlCount]]


def _spent(app: Flask, counter: Counter, client: FlaskClient, url: str) -> int:
    with counter(app) as count:
        response = client.get(url)
    assert response.status_code == 200, (url, response.text[-1500:])
    return count.total


def _same_for_all(spent: list[int], most: int) -> None:
    assert len(set(spent)) == 1, spent
    assert spent[0] <= most, spent


LISTS = (
    "/",
    "/?sort=sold&stock=1",
    "/c",
    "/c/dried",
    "/c/dried?sort=price&page=1",
    "/c/dried?village=1&certified=1&stock=1",
    "/search?q=香菇&coop=none",
    "/search?q=香菇",
    "/search?q=gxg",
    "/search?q=没有的东西",
)


def test_lists(app: Flask, buyer: Buyer, offers: Callable[..., list[Offer]], sql_counter: Counter) -> None:
    spent: dict[str, list[int]] = {url: [] for url in LISTS}
    for number in (1, 19, 80):
        offers(number, grams=1000, households=1)
        for url, found in spent.items():
            app.extensions.pop(STORE, None)
            found.append(_spent(app, sql_counter, buyer.client, url))
    for found in spent.values():
        _same_for_all(found, 4)


def test_product_with_many_specs_lots_and_households(
    app: Flask, buyer: Buyer, db_session: scoped_session, sql_counter: Counter
) -> None:
    spent = []
    for number in (1, 20, 100):
        with transaction():
            coop = shop_builder.coop()
            offer = shop_builder.offer(coop, households=number)
            for place in range(min(number, 20)):
                shop_builder.spec(coop, offer.product_id, 500 + place, 13000 + place)
        spent.append(_spent(app, sql_counter, buyer.client, f"/p/{offer.product_id}"))
    _same_for_all(spent, 7)  # with the freight rule in force, the goods beside it, and the rating


def test_places(app: Flask, client: FlaskClient, db_session: scoped_session, sql_counter: Counter) -> None:
    for path, most in (("/coops/{}", 5), ("/villages/{}", 4)):  # the cooperative has coupons
        spent = []
        for number in (1, 20, 100):
            with transaction() as session:
                coop = shop_builder.coop()
                for _ in range(number):
                    shop_builder.offer(coop, grams=0)
                village = session.get_one(shop_builder.Village, coop.village_id).code
            spent.append(
                _spent(app, sql_counter, client, path.format(coop.code if "coops" in path else village))
            )
        _same_for_all(spent, most)


def test_basket_and_checkout(
    app: Flask, new_buyer: Callable[[], Buyer], offers: Callable[..., list[Offer]], sql_counter: Counter
) -> None:
    goods = offers(50, cooperatives=5, grams=10_000, households=1)
    spent: dict[str, list[int]] = {"/basket": [], "/checkout": []}
    for number in (1, 20, 50):
        buyer = new_buyer()
        for offer in goods[:number]:
            buyer.client.post("/basket/add", data={"sku": offer.sku_id, "count": 1})
        for url, found in spent.items():
            found.append(_spent(app, sql_counter, buyer.client, url))
    _same_for_all(spent["/basket"], 4)
    _same_for_all(spent["/checkout"], 6)  # and the invoice headings, and the coupons


def test_orders(
    app: Flask, new_buyer: Callable[[], Buyer], offers: Callable[..., list[Offer]], sql_counter: Counter
) -> None:
    (offer,) = offers(1, grams=10_000_000)
    spent: dict[str, list[int]] = {"list": [], "page": []}
    for number in (1, 20, 100):
        buyer = new_buyer()
        with transaction():
            for _ in range(number):
                _, order_number = shop_builder.order(buyer.id, offer.sku_id)
        spent["list"].append(_spent(app, sql_counter, buyer.client, "/orders"))
        spent["page"].append(_spent(app, sql_counter, buyer.client, f"/orders/{order_number}"))
    _same_for_all(spent["list"], 6)  # with the parcels, and how many refunds there are
    _same_for_all(spent["page"], 8)  # with the parcels and the requests


def test_one_order_of_many_lines(
    app: Flask, new_buyer: Callable[[], Buyer], offers: Callable[..., list[Offer]], sql_counter: Counter
) -> None:
    goods = offers(50, cooperatives=5, grams=100_000, households=1)
    spent = []
    for number in (1, 20, 50):
        buyer = new_buyer()
        with transaction():
            _, order_number = shop_builder.order(buyer.id, *(offer.sku_id for offer in goods[:number]))
        spent.append(_spent(app, sql_counter, buyer.client, f"/orders/{order_number}"))
    _same_for_all(spent, 6)


def test_placing(
    app: Flask, new_buyer: Callable[[], Buyer], offers: Callable[..., list[Offer]], sql_counter: Counter
) -> None:
    """The last POST: at most ten statements, however much is in the basket."""
    goods = offers(50, cooperatives=5, grams=100_000, households=1)
    spent = []
    for number in (1, 20, 50):
        buyer = new_buyer()
        for offer in goods[:number]:
            buyer.client.post("/basket/add", data={"sku": offer.sku_id, "count": 1})
        form = hidden(buyer.client.get("/checkout").text) | {"address": str(buyer.address_id)}
        with sql_counter(app) as count:
            response = buyer.client.post("/checkout", data=form)
        assert response.status_code == 303, response.text
        spent.append(count.total)
    _same_for_all(spent, 10)


def test_putting_into_the_basket(
    app: Flask, buyer: Buyer, client: FlaskClient, offers: Callable[..., list[Offer]], sql_counter: Counter
) -> None:
    offer, *_ = offers(1)
    for visitor in (buyer.client, client):
        with sql_counter(app) as count:
            assert visitor.post("/basket/add", data={"sku": offer.sku_id, "count": 1}).status_code == 303
        assert count.total <= 4
