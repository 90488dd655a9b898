"""Our shop: real pages with sessions, CSRF and security headers, on a copy of the demo towns with goods for a siege."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from benchmarks.client import Steps, Visitor
from benchmarks.ground import Ground
from benchmarks.measure import Contender, Page
from benchmarks.ours.settings import environment
from benchmarks.ours.town import application, town
from dev.runner import services
from shop.accounts.models import User, UserSession
from shop.cooperatives.produce import intake, lots
from shop.core import clock
from shop.core.db import db, insert_rows, transaction
from shop.core.privacy import token_hash
from shop.orders.models import Address

DATABASE = "bench_ours"
DELIVERIES = 12  # households behind each new lot
GRAMS, PIECES = 9_000_000, 90_000
_GOODS = text("""
select p.id, p.produce_id, p.name, p.name_en, p.story, p.picture, c.name as category, v.name as village, p.cooperative_id,
       s.id as sku_id, s.spec, s.price_fen, g.unit_kind
  from product p join category c on c.id = p.category_id join cooperative o on o.id = p.cooperative_id
  join village v on v.id = o.village_id join produce g on g.id = p.produce_id
  join lateral (select id, spec, price_fen from sku where product_id = p.id and published order by price_fen, id limit 1) s
       on true
 where p.published_at is not null order by p.id
""")


def goods(ground: Ground, scale: int) -> list[dict[str, Any]]:
    """Every published product with its cheapest spec: the other shops are filled with the same."""
    with application(ground, town(ground, scale)):
        return [dict(row) for row in db.session.execute(_GOODS).mappings()]


def start(
    ground: Ground, scale: int, stock: list[dict[str, Any]], words: tuple[str, ...], buyers: int
) -> Contender:
    ground.fresh_database(DATABASE, town(ground, scale))
    with application(ground, DATABASE) as app:
        _fill_stores(stock)
        tokens = _buyers(app, buyers)
    ground.vacuum(DATABASE)
    port = services.free_port()
    values = environment(ground.postgres.url(DATABASE), ground.valkey.url(), port)
    service = ground.web("ours", "wsgi:app", port, values, sys.executable)
    services.wait_answering(service, f"http://127.0.0.1:{port}/healthz")
    host = f"127.0.0.1:{port}"

    def visitor(place: int) -> Visitor:
        return Visitor(host, place, notes={"sid": tokens[place]})

    return Contender("ours", port, service, DATABASE, visitor, buyers, pages(stock, words))


def _fill_stores(stock: list[dict[str, Any]]) -> None:
    """A closed lot of every produce, brought in by the real deeds, so that nothing sells out while we measure."""
    today = clock.today()
    for item in {item["produce_id"]: item for item in stock}.values():
        parties = db.session.scalars(
            text(
                "select household_id from member where cooperative_id = :c and left_on is null order by id limit :n"
            ),
            {"c": item["cooperative_id"], "n": DELIVERIES},
        ).all()
        quantity = GRAMS if item["unit_kind"] == "g" else PIECES
        with transaction():
            receipts = [
                intake.record(
                    intake.Delivery(
                        item["cooperative_id"], item["produce_id"], quantity, "buyout", today, household_id=party, price_fen=100
                    )
                )
                for party in parties
            ]  # fmt: skip
            lots.close(intake.lot_of(receipts[0]), item["cooperative_id"], today + timedelta(days=700))


def _buyers(app: Flask, number: int) -> list[str]:
    """Accounts with one address and one open session each; returns the sessions' tokens."""
    tokens = [f"bench-{place:05d}-{app.secret_key!s:.24}" for place in range(number)]
    with transaction():
        ids = insert_rows(
            User, [{"phone": f"+86199{place:08d}", "name": "演示买家"} for place in range(number)], "id"
        )
        place = {
            "recipient": "王小华",
            "phone": "+8619900000000",
            "province": "湖北省",
            "city": "十堰市",
            "district": "茅箭区",
        }
        insert_rows(
            Address, [{**place, "user_id": user, "detail": "人民路1号", "is_default": True} for user in ids]
        )
        ends = clock.now() + timedelta(days=2)
        sessions = [
            {
                "token_hash": token_hash(token),
                "user_id": user,
                "expires_at": ends,
                "ip": "127.0.0.1",
                "agent": "bench",
            }
            for token, user in zip(tokens, ids, strict=True)
        ]
        insert_rows(UserSession, sessions)
    return tokens


class Walks:
    """What visitors do; the cheapest spec of another product for each."""

    def __init__(self, stock: list[dict[str, Any]], words: tuple[str, ...]) -> None:
        self.stock, self.words = stock, words

    def listed(self, visitor: Visitor) -> Steps:
        yield visitor.get("/c", "list")

    def home(self, visitor: Visitor) -> Steps:
        yield visitor.get("/", "home")

    def product(self, visitor: Visitor) -> Steps:
        yield visitor.get(f"/p/{visitor.choose(self.stock)['id']}", "product")

    def search(self, visitor: Visitor) -> Steps:
        for word in self.words:
            yield visitor.get(f"/search?q={word}", "search")

    def form(self, visitor: Visitor) -> dict[str, str]:
        item = visitor.choose(self.stock)
        return {
            "csrf_token": visitor.notes["csrf_token"],
            "product": item["id"],
            "sku": item["sku_id"],
            "count": "1",
            "to": "basket",
        }

    def look(self, visitor: Visitor) -> Steps:
        page = yield visitor.get(f"/p/{visitor.choose(self.stock)['id']}")
        visitor.notes["csrf_token"] = page.fields()["csrf_token"]

    def add(self, visitor: Visitor) -> Steps:
        yield visitor.post("/basket/add", self.form(visitor), "add")

    def fill(self, visitor: Visitor) -> Steps:
        _sign_in(visitor)
        yield from self.look(visitor)
        yield visitor.post("/basket/add", self.form(visitor))
        page = yield visitor.get("/checkout")
        visitor.notes.update(page.fields())

    def order(self, visitor: Visitor) -> dict[str, str]:
        return {
            name: visitor.notes[name]
            for name in ("csrf_token", "basket", "address", "total", "idempotency_key")
        }

    def place(self, visitor: Visitor) -> Steps:
        yield visitor.post("/checkout", self.order(visitor), "place")

    def checkout(self, visitor: Visitor) -> Steps:
        _sign_in(visitor)
        yield visitor.get("/", "list")
        page = yield visitor.get(f"/p/{visitor.choose(self.stock)['id']}", "product")
        visitor.notes["csrf_token"] = page.fields()["csrf_token"]
        yield visitor.post("/basket/add", self.form(visitor), "add")
        yield visitor.get("/basket", "basket")
        page = yield visitor.get("/checkout", "confirm")
        visitor.notes.update(page.fields())
        placed = yield visitor.post("/checkout", self.order(visitor), "place")
        yield visitor.get(placed.location, "order")


def pages(stock: list[dict[str, Any]], words: tuple[str, ...]) -> dict[str, Page]:
    walks = Walks(stock, words)
    return {
        "list": Page(walks.listed),
        "home": Page(walks.home),
        "product": Page(walks.product),
        "search": Page(walks.search),
        "add": Page(walks.add, walks.look),
        "place": Page(walks.place, walks.fill, once=True),
        "checkout": Page(walks.checkout, journey=True),
    }


def _sign_in(visitor: Visitor) -> None:
    """With a session made beforehand: checking a password is slow on purpose, in every shop, and not what is compared."""
    visitor.cookies["__Host-sid"] = visitor.notes["sid"]
