"""Our distribution against the least SQL for the same sums and against ORM loops, on one town and on more."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from benchmarks.cpu import seconds_of
from benchmarks.distribution import loops, minimal
from benchmarks.ground import Ground
from benchmarks.ours.copies import multiply
from benchmarks.ours.town import application, town
from shop.cooperatives import tasks
from shop.cooperatives.income import runs as income_runs
from shop.cooperatives.income import settlement
from shop.cooperatives.income.models import DistributionLine
from shop.cooperatives.ledger.models import LedgerEntry
from shop.cooperatives.people.models import Cooperative
from shop.core import clock
from shop.core.db import db, transaction

DATABASE = "bench_distribution"
YEAR, MONTH = 2020, "2020-10"
PROVINCE = "42"


class Timing:
    """Runs of one way: seconds on the clock, and CPU of this process and the database."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def run(self, work: Callable[[], object]) -> None:
        roots = self.ground.database_roots
        wall, own, database = time.perf_counter(), time.process_time(), seconds_of(roots)
        work()
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - own + seconds_of(roots) - database)

    def summary(self) -> dict[str, float]:
        return {
            "wall_ms": round(statistics.median(self.wall) * 1000, 1),
            "cpu_ms": round(statistics.median(self.cpu) * 1000, 1),
        }


def compare(ground: Ground, scale: int, *, runs: int, loop_seconds: float) -> dict[str, Any]:
    """Figures of one size. Ours runs as its Celery children do (same functions, one after another), without the broker."""
    ground.fresh_database(DATABASE, town(ground, 1))
    if scale > 1:
        with ground.connect(DATABASE) as connection:
            multiply(connection, scale)
        ground.vacuum(DATABASE)
    with application(ground, DATABASE):
        timings = {name: Timing(ground) for name in WAYS}
        with transaction() as session:
            session.execute(minimal.TABLE)
            session.execute(minimal.SETTLED)
        for _ in range(runs + 1):
            _forget()
            for name, work in WAYS.items():
                timings[name].run(work)
        for timing in timings.values():
            del timing.wall[0], timing.cpu[0]
        different = db.session.scalar(minimal.DIFFERENCE, {"year": YEAR})
        found = _sizes() | {name: timing.summary() for name, timing in timings.items()}
        found["different_rows"] = different + db.session.scalar(minimal.SETTLED_DIFFERENCE)
        _forget()
        with ground.counting(DATABASE) as statements:
            _ours()
        found["ours"]["sql_per_cooperative"] = round(sum(statements.values()) / found["cooperatives"], 1)
        found["ours_sql"] = statements
        found["again"] = _again(ground)
        found["peak_mib"] = _peak_mib()
        if loop_seconds:
            found["loops"] = _loops(ground, loop_seconds)
    ground.postgres.drop_database(DATABASE)
    return found


def _forget() -> None:
    """Every run starts from nothing: no stored lines, no draft that could be kept."""
    with transaction() as session:
        session.execute(minimal.EMPTY)
        session.execute(text("set local session_replication_role = replica"))
        for table in ("settlement_entry", "settlement_line", "settlement"):
            session.execute(text(f"truncate {table} cascade"))  # one of the three names above
        session.execute(text("update distribution set seen = null"))


def _again(ground: Ground) -> dict[str, float]:
    """What a run costs once more after 1,000 new sales of today: this month's settlements, and the year's drafts that stand."""
    this_month = clock.today().strftime("%Y-%m")
    _settle(this_month)
    with transaction() as session:
        session.execute(minimal.NEW_SALES)
    timing = Timing(ground)
    timing.run(lambda: (_settle(this_month), _ours()))
    return timing.summary()


def _settle(period: str = MONTH) -> None:
    everybody = db.session.scalars(select(Cooperative.id).order_by(Cooperative.id)).all()
    db.session.rollback()
    for at in range(0, len(everybody), income_runs.PORTION):
        with transaction():
            settlement.compute_due(everybody[at : at + income_runs.PORTION], period)


def _settle_minimal() -> None:
    with transaction() as session:
        session.execute(minimal.SETTLE, {"first": date(YEAR, 10, 1), "next": date(YEAR, 11, 1)})


def _minimal() -> None:
    with transaction() as session:
        session.execute(minimal.STATEMENT, {"year": YEAR, "last": date(YEAR, 12, 31)})


def _ours() -> None:
    with transaction():
        run = income_runs.request_run(PROVINCE, YEAR, None)
    for portion in income_runs.portions(run):
        tasks.distribute_portion.run(portion, run)


WAYS: dict[str, Callable[[], None]] = {
    "minimal": _minimal, "ours": _ours, "settle_minimal": _settle_minimal, "settle": _settle,
}  # fmt: skip


def _sizes() -> dict[str, Any]:
    count = select(func.count())
    return {
        "cooperatives": db.session.scalar(count.select_from(Cooperative)),
        "members": db.session.scalar(text("select count(*) from member")),
        "ledger_entries": db.session.scalar(count.select_from(LedgerEntry)),
        "attributions": db.session.scalar(text("select count(*) from attribution")),
        "lines": db.session.scalar(text("select count(*) from bench_line")),
        "kept_lines": db.session.scalar(count.select_from(DistributionLine)),
    }


def _loops(ground: Ground, most_seconds: float) -> dict[str, Any]:
    """The naive loop is stopped after a while and extrapolated by ledger entries; both are rolled back."""
    first = db.session.scalars(select(Cooperative.id).order_by(Cooperative.id).limit(1)).one()
    total = db.session.scalars(select(func.count()).select_from(LedgerEntry)).one()
    ways: dict[str, Callable[[], int]] = {
        "naive": lambda: loops.naive(first, YEAR, most_seconds),
        "kinder": lambda: loops.kinder(first, YEAR),
    }
    found: dict[str, Any] = {}
    for name, loop in ways.items():
        timing, seen = Timing(ground), [0]
        timing.run(lambda: seen.append(loop()))  # noqa: B023 (called at once)
        db.session.rollback()
        whole = total / seen[-1]
        found[name] = {
            "entries_done": seen[-1],
            "wall_ms": round(timing.wall[0] * 1000 * whole),
            "cpu_ms": round(timing.cpu[0] * 1000 * whole),
        }
    return found


def _peak_mib() -> int:
    """Peak memory of this process."""
    status = Path(f"/proc/{os.getpid()}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
