"""A demo town with something on every page, and a web server in this process for the browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import text
from werkzeug.serving import WSGIRequestHandler, make_server

from dev.runner.services import free_port
from shop.audit import run as audit
from shop.catalog import favourites
from shop.core.db import db, session, transaction
from shop.orders import attributing, basket, gifts
from shop.orders.attempts import retried
from tests.access import lived
from tests.access.identities import make_user, signed_in
from tests.orders import market
from tests.pages.listing import PHONES, user_ids
from tests.support import databases
from tests.support.apps import TestApp, build_with, test_settings


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        return


@dataclass
class Site:
    """The served town: its address and the session token of every role."""

    app: Flask
    url: str
    tokens: dict[str, str]

    def cookies(self, role: str, more: dict[str, str]) -> list[dict[str, str]]:
        values = ({"sid": self.tokens[role]} if role in self.tokens else {}) | more
        return [{"name": name, "value": value, "url": self.url} for name, value in values.items()]


@pytest.fixture(scope="module")
def lived_in(town_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, str]]:
    """The demo town with a distribution run, an audit result, a filled basket, an unpaid order and a newcomer; its address."""
    databases.ensure_template(databases.SITE, lambda url: build_with(url, _live), base=lived.ensure())
    url = databases.clone(f"pages_{databases.worker_name()}", databases.SITE)
    address = f"http://127.0.0.1:{free_port()}"
    settings = test_settings(url, databases.worker_number(), tmp_path_factory.mktemp("sms") / "sms.log")
    with closing(TestApp(settings.model_copy(update={"public_url": address, "db_pool_size": 4}))) as made:
        app = made.app
        app.config["WTF_CSRF_ENABLED"] = True
        yield app, address


def _live(app: Flask) -> None:
    make_user(app, PHONES["newcomer"])
    with transaction():
        audit.run_all()
    _shop_for(user_ids()["buyer"])
    _gift(user_ids()["clerk"])


def _gift(buyer_id: int) -> None:
    """A paid gift to two people, the first of the cooperative's parcels that is one."""
    people = "王小华 13800138000 湖北省十堰市茅箭区大川镇1号 2\n李红 13900139000 湖北省武汉市洪山区珞喻路2号"
    placed = retried(
        lambda: gifts.place(
            buyer_id, 1, people, "g-page", giver=("赵工", "+8613800138001"), greeting="新年好"
        )
    )
    with transaction():
        market.pay_order(placed.order_id)
    with transaction():
        attributing.attribute_orders([placed.order_id])


def _shop_for(buyer_id: int) -> None:
    """An order that waits for its payment, and a basket over two cooperatives."""
    address_id = (
        session().execute(text("select id from address where user_id = :id"), {"id": buyer_id}).scalar_one()
    )
    db.session.rollback()
    market.place(market.Buyer(buyer_id, address_id), {1: 2, 9: 1})
    with transaction():
        for sku_id, units in ((1, 1), (18, 2), (10, 1)):
            basket.add(basket.buyer(buyer_id), sku_id, units)
        for product_id in (1, 2, 3):
            favourites.add(buyer_id, product_id)


@pytest.fixture(scope="module")
def site(lived_in: tuple[Flask, str]) -> Iterator[Site]:
    app, address = lived_in
    port = int(address.rpartition(":")[2])
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with app.app_context():
        ids = user_ids()
        db.session.remove()
    tokens = {role: str(signed_in(app, user_id).get_cookie("sid").value) for role, user_id in ids.items()}
    try:
        yield Site(app, address, tokens)
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture
def enter(browser: Browser, site: Site) -> Iterator[Callable[..., BrowserContext]]:
    """`enter(role, cookies, width)`: a visitor's browser."""
    made: list[BrowserContext] = []

    def one(role: str, cookies: dict[str, str] | None = None, width: int = 360) -> BrowserContext:
        context = browser.new_context(
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": 740 if width < 768 else 768},
        )
        context.set_default_timeout(15_000)
        context.add_cookies(site.cookies(role, cookies or {}))  # type: ignore[arg-type]
        made.append(context)
        return context

    yield one
    for context in made:
        context.close()
