"""`python -m benchmarks.township`: pages of a town and of its county at 100 towns and 1,000,000 order lines, in one process.

The database is made by `benchmarks.growing`; pages are asked of the application through its test client. Processor time, which
other work on the machine disturbs least: of this process, and of the backends of its database (from the kernel's own count;
their parallel workers are forbidden, so that nothing escapes). Median of the repeats, after one that warms up.
"""

from __future__ import annotations

import argparse
import os
import secrets
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import text

from benchmarks.ground import Ground, ground
from benchmarks.growing import COUNTY, TOWN, grow
from benchmarks.ours.town import application, town
from dev.runner.errors import RunnerError
from shop.core import clock
from shop.core.db import session, transaction
from shop.core.privacy import token_hash
from shop.orders import facts

DATABASE = "bench_township"
REPEATS = 5


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--towns", type=int, default=100)
    parser.add_argument("--lines", type=int, default=1_000_000)
    chosen = parser.parse_args(words)
    with ground() as services:
        services.fresh_database(DATABASE, town(services, 1))
        held = _timed("grown", lambda: grow(services, DATABASE, chosen.towns, chosen.lines))
        services.vacuum(DATABASE)
        with services.connect(DATABASE) as connection:
            connection.execute(f"alter database {DATABASE} set max_parallel_workers_per_gather = 0".encode())
        with application(services, DATABASE) as app:
            rows = _measure(app, services)
    print(
        f"{chosen.towns} towns, {held['order_line']:,} order lines, {held['attribution']:,} attribution rows,"
        f" {held['ledger_entry']:,} ledger entries; load {os.getloadavg()[0]:.1f}\n\n"
        "| page | application, ms | database, ms | together |\n|---|---|---|---|"
    )
    for name, (ours, database) in rows.items():
        print(f"| {name} | {ours:.0f} | {database:.0f} | {ours + database:.0f} |")
    return 0


def _timed(what: str, work: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    found = work()
    print(f"{what} in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return found


def _measure(app: Flask, services: Ground) -> dict[str, tuple[float, float]]:
    today = clock.today()
    month = (today.replace(day=1) - timedelta(days=1)).isoformat()[:7]
    pages = {
        "this month": "",
        "last month": f"?month={month}",
        "this year": f"?year={today.year}",
        "A4": f"overview/print?year={today.year}",
        "wall": "screen",
        "todo": "todo",
        "odd": "odd",
        "income": "income",
        "income of households": "income/households",
    }
    rows = {}
    with services.connect("postgres") as watch:
        for who, code in (("county", COUNTY), ("town", TOWN)):
            client = _staff(app, code)
            for name, path in pages.items():
                rows[f"{who}: {name}"] = _median(client, f"/town/{code}/{path}", watch)
        _touch()
        rows["county: this month, 20 cooperatives with 5 days not folded in"] = _median(
            _staff(app, COUNTY), f"/town/{COUNTY}/", watch
        )
        began = _spent(watch)
        facts.sweep()
        rows["folding these 100 days in"] = _since(began, watch)
    return rows


def _touch() -> None:
    with transaction():
        session().execute(
            text(
                "insert into fact_touched (cooperative_id, day) select c.id, current_date - n"
                " from (select id from cooperative order by id limit 20) c, generate_series(0, 4) n"
            )
        )


def _spent(watch: Any) -> tuple[float, float]:
    """Processor time so far in milliseconds: of this process, and of all backends of the database."""
    backends = watch.execute("select pid from pg_stat_activity where datname = %s", (DATABASE,)).fetchall()
    spent = sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for (pid,) in backends)
    return time.process_time() * 1000, spent / 1_000_000


def _since(began: tuple[float, float], watch: Any) -> tuple[float, float]:
    now = _spent(watch)
    return now[0] - began[0], now[1] - began[1]


def _staff(app: Flask, region: str) -> Any:
    """A browser of somebody who oversees the region."""
    token = secrets.token_urlsafe(32)
    with transaction():
        user = session().scalar(
            text("select user_id from role_grant where role = 'staff' and region_code = :code limit 1"),
            {"code": region},
        )
        session().execute(
            text(
                "insert into user_session (token_hash, user_id, expires_at) values (:t, :u, now() + interval '8 hours')"
            ),
            {"t": token_hash(token), "u": user},
        )
    client = app.test_client()
    client.set_cookie(
        "__Host-sid" if app.config["SESSION_COOKIE_SECURE"] else "sid", token, domain="127.0.0.1"
    )
    return client


def _median(client: Any, path: str, watch: Any) -> tuple[float, float]:
    took = []
    for _ in range(REPEATS + 1):
        began = _spent(watch)
        answer = client.get(path, base_url="https://127.0.0.1")
        took.append(_since(began, watch))
        if answer.status_code != 200:
            raise RunnerError(f"{path} answered {answer.status_code}")
    ours, database = zip(*took[1:], strict=True)
    return statistics.median(ours), statistics.median(database)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
