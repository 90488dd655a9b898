"""The number of SQL statements of every page stays the same when the town has many more rows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from shop.core import clock
from shop.core.db import db, session, transaction
from shop.core.kept import STORE
from tests.orders import market
from tests.pages.listing import COOP, Visit, user_ids, visits
from tests.pages.test_weight import HOST, clients
from tests.support import shop_builder, town_builder
from tests.support.sql import SqlCount

Counter = Callable[[Flask], AbstractContextManager[SqlCount]]
MOST = 14  # of any page; lists and product of the shop: 4 (tests/storefront/test_statements.py)


def test_no_page_asks_more_when_there_is_more(lived_in: tuple[Flask, str], sql_counter: Counter) -> None:
    app, address = lived_in
    with app.app_context():
        looked_at = visits(app)
        browsers = clients(app)
    before = {visit: _asked(app, browsers, visit, address, sql_counter) for visit in looked_at}
    with app.app_context():
        grow()
    after = {visit: _asked(app, browsers, visit, address, sql_counter) for visit in looked_at}
    grown = [
        f"{visit.name} {visit.address}: {before[visit]} → {after[visit]} statements"
        for visit in looked_at
        if after[visit] != before[visit]
    ]
    assert not grown, "\n".join(grown)
    many = [f"{visit.name}: {number}" for visit, number in after.items() if number > MOST]
    assert not many, many


def _asked(app: Flask, browsers: dict[str, FlaskClient], visit: Visit, address: str, counter: Counter) -> int:
    app.extensions.pop(STORE, None)  # kept for some minutes
    for name, value in visit.cookies.items():
        browsers[visit.role].set_cookie(name, value, domain=HOST)
    with counter(app) as count:
        answer = browsers[visit.role].get(visit.address, base_url=address)
    assert answer.status_code == visit.status, f"{visit.name} {visit.address}: {answer.status_code}"
    return count.total


def grow() -> None:
    """Thirty more products of one cooperative, each with deliveries and a lot; thirty paid orders of the demo buyer."""
    with transaction():
        row = (
            session()
            .execute(text("select id, village_id from cooperative where code = :code"), {"code": COOP})
            .one()
        )
        coop = town_builder.Coop(row.id, COOP, row.village_id)
        offers = [_offer(coop, place) for place in range(30)]
    buyer_id = user_ids()["buyer"]
    address_id = (
        session()
        .execute(text("select id from address where user_id = :id limit 1"), {"id": buyer_id})
        .scalar_one()
    )
    db.session.rollback()
    buyer = market.Buyer(buyer_id, address_id)
    for place in range(30):
        market.paid(buyer, {offers[place].sku_id: 2, offers[(place + 1) % 30].sku_id: 1})
    for place in range(20):
        market.fill(buyer, {offers[place].sku_id: 1})


def _offer(coop: town_builder.Coop, place: int) -> shop_builder.Offer:
    """A new product, brought in by four members."""
    members = session().execute(
        text("select household_id from member where cooperative_id = :id order by id offset :place limit 4"),
        {"id": coop.id, "place": place * 4 % 40},
    )
    goods = [
        town_builder.Goods(town_builder.Party(household_id=one), 5_000, 4_000) for one in members.scalars()
    ]
    produce_id = town_builder.produce(coop, f"新山货{place}")
    town_builder.closed_lot(coop, produce_id, "buyout", goods, on=clock.today())
    return shop_builder.product(coop, produce_id, f"新山货{place}")
