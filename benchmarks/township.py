"""`python -m benchmarks.township`: 总览 of a town and of its county at 100 towns and 1,000,000 order lines, in one process.

The demo town's year is copied inside the database: towns with their cooperatives and households first, then its orders,
attribution rows and postings again and again, spread over the towns and the last two years. Then the facts are made as
`flask facts rebuild` makes them, and pages are asked of the application through its test client. Median of the repeats.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from psycopg import sql
from sqlalchemy import text

from benchmarks.ground import Ground, ground
from benchmarks.ours.copies import STRIDE
from benchmarks.ours.town import application, town
from dev.runner.errors import RunnerError
from shop.core import clock
from shop.core.db import session, transaction
from shop.core.privacy import token_hash
from shop.orders import facts

DATABASE = "bench_township"
REPEATS = 7
COUNTY, TOWN = "420302", "420302100"
OF_TOWN = ("village", "cooperative", "household", "produce")
# Every line keeps its first attribution row and each tenth of the others, about two of fifteen, and postings likewise: the
# pages read facts, and a machine with other work copies fifteen million rows for an hour.
# table → which rows are copied: what was sold, and what was credited to households, in 2020
OF_COPY = {
    "customer_order": "paid_on between '2020-01-01' and '2020-12-31' and attributed_at is not null",
    "suborder": "order_id in (select id from customer_order where {customer_order})",
    "order_line": "suborder_id in (select id from suborder where {suborder})",
    "attribution": "line_id in (select id from order_line where {order_line}) and on_date between '2020-01-01' and '2020-12-31'"
    " and (id % 10 = 0 or id in (select min(id) from attribution group by line_id))",
    "ledger_transaction": "on_date between '2020-01-01' and '2020-12-31' and kind in ('intake', 'sale', 'reversal', 'refund')",
    "ledger_entry": "transaction_id in (select id from ledger_transaction where {ledger_transaction})"
    " and account in ('114.payable', '211') and household_id is not null and id % 10 = 0",
}
COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod),
       exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique and a.attnum = any(i.indkey))
  from pg_attribute a where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum
"""
SAME = {"region_code", "name"}
FROM_TOWN = {"village_id", "cooperative_id", "household_id", "produce_id"}
FROM_COPY = {
    "id", "order_id", "suborder_id", "line_id", "transaction_id", "allocation_id", "reverses_id", "source_id", "refund_line_id",
}  # fmt: skip
DAYS = {"paid_on", "on_date"}


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--towns", type=int, default=100)
    parser.add_argument("--lines", type=int, default=1_000_000)
    chosen = parser.parse_args(words)
    with ground() as services:
        services.fresh_database(DATABASE, town(services, 1))
        held = _timed("copied", lambda: _grow(services, chosen.towns, chosen.lines))
        with application(services, DATABASE) as app:
            _timed("facts made", facts.rebuild_all)
            services.vacuum(DATABASE)
            rows = _measure(app)
    print(
        f"{chosen.towns} towns, {held['order_line']:,} order lines, {held['attribution']:,} attribution rows,"
        f" {held['ledger_entry']:,} ledger entries\n\n| page | ms |\n|---|---|"
    )
    for name, took in rows.items():
        print(f"| {name} | {took:.0f} |")
    return 0


def _timed(what: str, work: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    found = work()
    print(f"{what} in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return found


def _grow(services: Ground, towns: int, lines: int) -> dict[str, int]:
    where: dict[str, str] = {}
    for table, condition in OF_COPY.items():
        where[table] = condition.format(**where)
    with services.connect(DATABASE) as connection, connection.transaction():
        connection.execute("set local session_replication_role = replica")
        connection.execute("set local synchronous_commit = off")
        connection.execute(
            "insert into region (code, name, level, parent_code) select %s || (200 + k), '第' || k || '镇', 'township', %s"
            " from generate_series(1, %s) k",
            (COUNTY, COUNTY, towns - 1),
        )
        own = connection.execute(
            sql.SQL("select count(*) from order_line where {}").format(sql.SQL(where["order_line"]))
        ).fetchone()
        copies = max(1, round(lines / int(str(own[0] if own else 1))))
        for table in OF_TOWN:
            _copy(connection, table, "true", "generate_series(1::bigint, %s) t(town)", towns - 1)
        source = f"(select j as copy, j %% {towns} as town from generate_series(1::bigint, %s) j) t"
        for table, condition in where.items():
            _copy(connection, table, condition, source, copies)
        return {
            table: int(str(connection.execute(f"select count(*) from {table}".encode()).fetchone()[0]))  # type: ignore[index]
            for table in ("order_line", "attribution", "ledger_entry")
        }


def _copy(connection: Any, table: str, condition: str, source: str, many: int) -> None:
    columns = connection.execute(COLUMNS, (table,)).fetchall()
    values = [_value(table, str(name), str(kind), bool(unique)) for name, kind, unique in columns]
    names = ", ".join(f'"{column[0]}"' for column in columns)
    statement = (
        f"insert into {table} ({names}) select {', '.join(values)} from {table} x, {source}"
        f" where {condition.replace('%', '%%')}"
    )
    connection.execute(statement.encode(), (many,))


def _value(table: str, name: str, kind: str, unique: bool) -> str:
    copy = "town" if table in OF_TOWN else "copy"
    if table == "village" and name == "region_code":
        return f"'{COUNTY}' || (200 + town)"
    if name in DAYS:
        # the year 2020 moved to end between today and a year ago
        return f"x.\"{name}\" + (current_date - date '2020-12-31') - (copy * 37 %% 365)::int"
    if kind == "bigint" and name in FROM_TOWN:
        return f'x."{name}" + town * {STRIDE}'
    if kind == "bigint" and name in FROM_COPY:
        return f'x."{name}" + {copy} * {STRIDE}'
    if kind == "text" and unique and name not in SAME:
        return f"x.\"{name}\" || '~' || {copy}"
    return f'x."{name}"'


def _measure(app: Flask) -> dict[str, float]:
    today = clock.today()
    month = (today.replace(day=1) - timedelta(days=1)).isoformat()[:7]
    clients = {"county": _staff(app, COUNTY), "town": _staff(app, TOWN)}
    rows = {}
    for who, code in (("county", COUNTY), ("town", TOWN)):
        for name, query in (
            ("this month", ""),
            ("last month", f"?month={month}"),
            ("this year", f"?year={today.year}"),
            ("last year", f"?year={today.year - 1}"),
        ):
            rows[f"{who}: {name}"] = _median(clients[who], f"/town/{code}/{query}")
    some = session().scalars(text("select id from cooperative order by id limit 20")).all()
    with transaction():
        for one in some:
            session().execute(
                text(
                    "insert into fact_touched (cooperative_id, day) select :c, current_date - n from generate_series(0, 4) n"
                ),
                {"c": one},
            )
    rows["county: this month, 20 cooperatives with 5 days not folded in"] = _median(
        clients["county"], f"/town/{COUNTY}/"
    )
    began = time.perf_counter()
    facts.sweep()
    rows["folding these 100 days in"] = (time.perf_counter() - began) * 1000
    return rows


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


def _median(client: Any, path: str) -> float:
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        answer = client.get(path, base_url="https://127.0.0.1")
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise RunnerError(f"{path} answered {answer.status_code}")
    return statistics.median(took)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
