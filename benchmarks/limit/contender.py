"""The yardstick's database, process and pages."""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.client import Steps, Visitor
from benchmarks.ground import Ground
from benchmarks.limit.app import SCHEMA
from benchmarks.measure import Contender, Page
from dev.runner import services

DATABASE = "bench_limit"
HOUSEHOLDS = 5


def start(ground: Ground, goods: list[dict[str, Any]], words: tuple[str, ...]) -> Contender:
    """Filled with the names of our goods."""
    ground.fresh_database(DATABASE)
    with ground.connect(DATABASE) as connection:
        connection.execute(SCHEMA)
        with connection.cursor().copy("copy item from stdin") as copy:
            for item in goods:
                values = (item["id"], item["name"], item["spec"], item["village"], item["picture"], item["price_fen"], 10**9)
                copy.write_row(values)
        with connection.cursor().copy("copy household from stdin") as copy:
            for place, item in enumerate(goods):
                for number in range(HOUSEHOLDS):
                    copy.write_row((place * HOUSEHOLDS + number, item["id"], 100 // HOUSEHOLDS))
    ground.vacuum(DATABASE)
    port = services.free_port()
    address = ground.postgres.url(DATABASE).replace("+psycopg", "")
    service = ground.web("limit", "benchmarks.limit.app:app", port, {"LIMIT_DATABASE": address}, sys.executable)
    services.wait_answering(service, f"http://127.0.0.1:{port}/")
    host = f"127.0.0.1:{port}"
    return Contender("limit", port, service, DATABASE, lambda place: Visitor(host, place), 100_000, pages(goods, words))


def pages(goods: list[dict[str, Any]], words: tuple[str, ...]) -> dict[str, Page]:
    ids = [item["id"] for item in goods]

    def pick(visitor: Visitor) -> int:
        return int(visitor.choose(ids))

    def listed(visitor: Visitor) -> Steps:
        yield visitor.get("/", "list")

    def product(visitor: Visitor) -> Steps:
        yield visitor.get(f"/p/{pick(visitor)}", "product")

    def search(visitor: Visitor) -> Steps:
        for word in words:
            yield visitor.get(f"/search?q={word}", "search")

    def add(visitor: Visitor) -> Steps:
        yield visitor.post("/add", {"csrf": visitor.notes["csrf"], "item": str(pick(visitor))}, "add")

    def look(visitor: Visitor) -> Steps:
        page = yield visitor.get(f"/p/{pick(visitor)}")
        visitor.notes.update(page.fields())

    def fill(visitor: Visitor) -> Steps:
        yield from look(visitor)
        yield visitor.post("/add", {"csrf": visitor.notes["csrf"], "item": str(pick(visitor))})
        page = yield visitor.get("/basket")
        visitor.notes.update(page.fields())

    def place(visitor: Visitor) -> Steps:
        yield visitor.post("/place", {"csrf": visitor.notes["csrf"], "key": visitor.notes["key"]}, "place")

    def checkout(visitor: Visitor) -> Steps:
        yield visitor.get("/", "list")
        page = yield visitor.get(f"/p/{pick(visitor)}", "product")
        csrf = page.fields()["csrf"]
        yield visitor.post("/add", {"csrf": csrf, "item": str(pick(visitor))}, "add")
        yield visitor.get("/basket", "basket")
        page = yield visitor.get("/basket", "confirm")
        placed = yield visitor.post("/place", {"csrf": csrf, "key": page.fields()["key"]}, "place")
        yield visitor.get(placed.location, "order")

    return {
        "list": Page(listed),
        "home": Page(listed),
        "product": Page(product),
        "search": Page(search),
        "add": Page(add, look),
        "place": Page(place, fill, once=True),
        "checkout": Page(checkout, journey=True),
    }
