"""`python -m benchmarks.large_catalogue`: the shop's lists and search while the catalogue grows, in one process, on one database.

A town's rows are copied inside the database: villages, cooperatives, lots, products and specs. Pages are asked of the application
through its test client, so that no network or second process blurs the figure. Median of the repeats, in milliseconds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import Any

from flask import Flask

from benchmarks.ground import Ground, ground
from benchmarks.ours.copies import multiply
from benchmarks.ours.town import application, town
from dev.runner.errors import RunnerError

DATABASE = "bench_large"
REPEATS = 9
PAGES = {
    "list": "/c",
    "category": "/c/dried",
    "list, page 40": "/c?page=40",
    "by sales": "/c?sort=sold",
    "by price": "/c?sort=price",
    "in stock": "/c?stock=1",
    "certified": "/c?certified=1",
    "search 香菇": "/search?q=香菇",
    "search gxg": "/search?q=gxg",
    "search, by price": "/search?q=香菇&sort=price",
    "search, nothing": "/search?q=手机壳",
    "home": "/",
    "product": "/p/1",
}
_MORE = ("product", "sku")


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--products", default="100,1000,10000,100000")
    chosen = parser.parse_args(words)
    sizes = [int(number) for number in chosen.products.split(",")]
    with ground() as services:
        rows = {}
        for size in sizes:
            held = _grow(services, size)
            with application(services, DATABASE) as app:
                rows[held] = {name: _median(app, path) for name, path in PAGES.items()}
            print(f"{held:,} products measured", file=sys.stderr, flush=True)
    names = list(rows)
    print("| page | " + " | ".join(f"{held:,}" for held in names) + " |")
    print("|---|" + "---|" * len(names))
    for page in PAGES:
        print(f"| {page} | " + " | ".join(f"{rows[held][page]:.1f}" for held in names) + " |")
    return 0


def _grow(services: Ground, size: int) -> int:
    """A fresh database with about so many products; returns how many are published."""
    services.fresh_database(DATABASE, town(services, 1))
    with services.connect(DATABASE) as connection:
        own = _count(connection)
        copies = max(1, round(size / own))
        if copies > 1:
            multiply(connection, copies, ("village", "cooperative", "produce", "lot", *_MORE))
        held = _count(connection)
    services.vacuum(DATABASE)
    return held


def _count(connection: Any) -> int:
    return int(
        connection.execute("select count(*) from product where published_at is not null").fetchone()[0]
    )


def _median(app: Flask, path: str) -> float:
    client = app.test_client()
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        answer = client.get(path, headers={"Host": "127.0.0.1"})
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise RunnerError(f"{path} answered {answer.status_code}")
    return statistics.median(took)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
