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
                values = (
                    item["id"],
                    item["name"],
                    item["spec"],
                    item["village"],
                    item["picture"],
                    item["price_fen"],
                    10**9,
                )
                copy.write_row(values)
        with connection.cursor().copy("copy household from stdin") as copy:
            for place, item in enumerate(goods):
                for number in range(HOUSEHOLDS):
                    copy.write_row((place * HOUSEHOLDS + number, item["id"], 100 // HOUSEHOLDS))
    ground.vacuum(DATABASE)
    port = services.free_port()
    address = ground.postgres.url(DATABASE).replace("+psycopg", "")
    service = ground.web(
        "limit", "benchmarks.limit.app:app", port, {"LIMIT_DATABASE": address}, sys.executable
    )
    services.wait_answering(service, f"http://127.0.0.1:{port}/")
    host = f"127.0.0.1:{port}"
    return Contender(
        "limit", port, service, DATABASE, lambda place: Visitor(host, place), 100_000, pages(goods, words)
    )


class Walks:
    """What visitors do; another product for each."""

    def __init__(self, goods: list[dict[str, Any]], words: tuple[str, ...]) -> None:
        self.ids, self.words = [item["id"] for item in goods], words

    def pick(self, visitor: Visitor) -> int:
        return int(visitor.choose(self.ids))

    def listed(self, visitor: Visitor) -> Steps:
        yield visitor.get("/", "list")

    def product(self, visitor: Visitor) -> Steps:
        yield visitor.get(f"/p/{self.pick(visitor)}", "product")

    def search(self, visitor: Visitor) -> Steps:
        for word in self.words:
            yield visitor.get(f"/search?q={word}", "search")

    def add(self, visitor: Visitor) -> Steps:
        yield visitor.post("/add", {"csrf": visitor.notes["csrf"], "item": str(self.pick(visitor))}, "add")

    def look(self, visitor: Visitor) -> Steps:
        page = yield visitor.get(f"/p/{self.pick(visitor)}")
        visitor.notes.update(page.fields())

    def fill(self, visitor: Visitor) -> Steps:
        yield from self.look(visitor)
        yield visitor.post("/add", {"csrf": visitor.notes["csrf"], "item": str(self.pick(visitor))})
        page = yield visitor.get("/basket")
        visitor.notes.update(page.fields())

    def place(self, visitor: Visitor) -> Steps:
        yield visitor.post("/place", {"csrf": visitor.notes["csrf"], "key": visitor.notes["key"]}, "place")

    def checkout(self, visitor: Visitor) -> Steps:
        yield visitor.get("/", "list")
        page = yield visitor.get(f"/p/{self.pick(visitor)}", "product")
        csrf = page.fields()["csrf"]
        yield visitor.post("/add", {"csrf": csrf, "item": str(self.pick(visitor))}, "add")
        yield visitor.get("/basket", "basket")
        page = yield visitor.get("/basket", "confirm")
        placed = yield visitor.post("/place", {"csrf": csrf, "key": page.fields()["key"]}, "place")
        yield visitor.get(placed.location, "order")


def pages(stock: list[dict[str, Any]], words: tuple[str, ...]) -> dict[str, Page]:
    walks = Walks(stock, words)
    return {
        "list": Page(walks.listed),
        "home": Page(walks.listed),
        "product": Page(walks.product),
        "search": Page(walks.search),
        "add": Page(walks.add, walks.look),
        "place": Page(walks.place, walks.fill, once=True),
        "checkout": Page(walks.checkout, journey=True),
    }
