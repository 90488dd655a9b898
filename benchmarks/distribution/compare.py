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
from benchmarks.ours.town import application, town
from shop.cooperatives import tasks
from shop.cooperatives.income import runs as income_runs
from shop.cooperatives.income.models import DistributionLine
from shop.cooperatives.ledger.models import LedgerEntry
from shop.cooperatives.people.models import Cooperative
from shop.core.db import db, transaction

DATABASE = "bench_distribution"
YEAR = 2020
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
    ground.fresh_database(DATABASE, town(ground, scale))
    with application(ground, DATABASE):
        least, ours = Timing(ground), Timing(ground)
        with transaction() as session:
            session.execute(minimal.TABLE)
        for _ in range(runs + 1):
            with transaction() as session:
                session.execute(minimal.EMPTY)
            least.run(_minimal)
            ours.run(_ours)
        for timing in (least, ours):
            del timing.wall[0], timing.cpu[0]
        different = db.session.scalar(minimal.DIFFERENCE, {"year": YEAR})
        with ground.counting(DATABASE) as statements:
            _ours()
        found = _sizes() | {"different_rows": different, "minimal": least.summary(), "ours": ours.summary()}
        found["ours"]["sql_per_cooperative"] = round(sum(statements.values()) / found["cooperatives"], 1)
        found["ours_sql"] = statements
        if loop_seconds:
            found["loops"] = _loops(ground, loop_seconds)
    ground.postgres.drop_database(DATABASE)
    return found


def _minimal() -> None:
    with transaction() as session:
        session.execute(minimal.STATEMENT, {"year": YEAR, "last": date(YEAR, 12, 31)})


def _ours() -> None:
    with transaction():
        run = income_runs.request_run(PROVINCE, YEAR, None)
    for portion in income_runs.portions(run):
        tasks.distribute_portion.run(portion, run)


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
    found["process"] = {"peak_mib": _peak_mib()}
    return found


def _peak_mib() -> int:
    """Peak memory of this process."""
    status = Path(f"/proc/{os.getpid()}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
