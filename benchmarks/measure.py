"""Measuring one page of one contender: warm, then in rounds under eight connections; medians and percentiles."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from benchmarks.client import Script, Seen, Steps, Visitor, crowd
from benchmarks.cpu import Meter
from benchmarks.ground import Ground
from dev.runner.process import Service

PLACES = 8
COUNTED = 4


@dataclass
class Page:
    """What a visitor does to be measured (`steps`), after what nobody measures (`prepare`).

    `once`: it can be done once after each preparation (placing an order), so many visitors are prepared first.
    `journey`: figures are for the whole walk, not for each of its requests.
    """

    steps: Script
    prepare: Script | None = None
    once: bool = False
    journey: bool = False


@dataclass
class Contender:
    """A web application that runs: its address, its processes, its pages, and a supply of visitors."""

    name: str
    port: int
    service: Service
    database: str
    visitor: Callable[[int], Visitor]
    visitors: int
    pages: Mapping[str, Page] = field(default_factory=dict)


@dataclass
class Figures:
    """One page of one contender. Times in milliseconds, CPU per request (or per journey, for a whole checkout)."""

    rate: list[float] = field(default_factory=list)
    application_ms: list[float] = field(default_factory=list)
    database_ms: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    sql: int = 0
    statements: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    requests_each: int = 1
    measured: int = 0

    def summary(self) -> dict[str, float | int]:
        ordered = sorted(self.latencies)
        return {
            "per_second": round(statistics.median(self.rate), 1),
            "cpu_ms": round(
                statistics.median(a + d for a, d in zip(self.application_ms, self.database_ms, strict=True)),
                3,
            ),
            "application_ms": round(statistics.median(self.application_ms), 3),
            "database_ms": round(statistics.median(self.database_ms), 3),
            "p50_ms": round(_percentile(ordered, 50), 2),
            "p99_ms": round(_percentile(ordered, 99), 2),
            "sql": self.sql,
            "bytes": self.bytes,
            "requests": self.requests_each,
            "measured": self.measured,
        }


def _percentile(ordered: list[float], percent: int) -> float:
    """In milliseconds; the value that this share of the sorted ones does not exceed."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * percent // 100) - 1))] * 1000


class Bench:
    """Visitors of one contender's page, prepared on demand; they never meet in one journey."""

    def __init__(self, ground: Ground, contender: Contender, page: Page, what: str) -> None:
        self.ground, self.contender, self.page, self.what = ground, contender, page, what
        self.figures = Figures()
        self.fresh = iter(range(contender.visitors))
        self.steady: deque[Visitor] = deque()
        if not page.once:
            self.steady.extend(self._prepared(PLACES))

    def warm(self, seconds: float) -> None:
        """Caches full, statements prepared, in every worker and thread."""
        if self.page.once:
            self._crowd(self._prepared(PLACES), None)
        else:
            self._crowd(None, seconds)

    def count(self) -> None:
        """SQL statements, requests and bytes of one visit, from a few visits one after another."""
        visitors = self._prepared(COUNTED) if self.page.once else list(islice(self.steady, COUNTED))
        with self.ground.counting(self.contender.database) as found:
            seen = crowd(self.contender.port, (self.page.steps(visitor) for visitor in visitors), places=1)
        self.figures.statements = found
        walks = seen.journeys if self.page.journey else seen.requests
        self.figures.sql = -(-sum(found.values()) // walks)
        self.figures.requests_each = seen.requests // walks
        self.figures.bytes = max(seen.sizes.values()) if not self.page.journey else sum(seen.sizes.values())

    def round(self, seconds: float) -> None:
        """Measure for so long; where each visit needs its preparation, as many as could be prepared in three times that."""
        prepared = self._prepared_within(3 * seconds) if self.page.once else None
        meter = Meter([self.contender.service.pid], self.ground.database_roots)
        meter.start()
        seen = self._crowd(prepared, seconds)
        meter.stop()
        done = seen.journeys if self.page.journey else seen.requests
        self.figures.rate.append(done / meter.wall)
        self.figures.application_ms.append(meter.application_cpu / done * 1000)
        self.figures.database_ms.append(meter.database_cpu / done * 1000)
        self.figures.latencies += [
            value
            for what, values in seen.seconds.items()
            if (what == "journey") == self.page.journey
            for value in values
        ]
        self.figures.measured += done

    def _prepared(self, number: int) -> list[Visitor]:
        visitors = [self.contender.visitor(place) for place in islice(self.fresh, number)]
        if len(visitors) < number:
            raise RuntimeError(f"{self.contender.name} has too few visitors for {self.what}")
        if self.page.prepare is not None:
            crowd(self.contender.port, map(self.page.prepare, visitors), places=PLACES)
        return visitors

    def _prepared_within(self, seconds: float) -> list[Visitor]:
        ready: list[Visitor] = []
        crowd(self.contender.port, self._preparing(ready), places=PLACES, until=time.perf_counter() + seconds)
        return ready

    def _preparing(self, ready: list[Visitor]) -> Iterator[Steps]:
        assert self.page.prepare is not None
        for place in self.fresh:
            visitor = self.contender.visitor(place)
            ready.append(visitor)
            yield self.page.prepare(visitor)

    def _crowd(self, visitors: list[Visitor] | None, seconds: float | None) -> Seen:
        if visitors is not None:
            return crowd(self.contender.port, map(self.page.steps, visitors), places=PLACES)
        until = None if seconds is None else time.perf_counter() + seconds
        return crowd(self.contender.port, self._again_and_again(), places=PLACES, until=until)

    def _again_and_again(self) -> Iterator[Steps]:
        while True:
            yield self._walk(self.steady.popleft())

    def _walk(self, visitor: Visitor) -> Steps:
        yield from self.page.steps(visitor)
        self.steady.append(visitor)


def compare(
    ground: Ground, contenders: list[Contender], what: str, *, rounds: int, seconds: float
) -> dict[str, Figures]:
    """The same page of all contenders, their rounds in turn, so that a busy moment of the machine hits all of them."""
    benches = {
        each.name: Bench(ground, each, each.pages[what], what) for each in contenders if what in each.pages
    }
    for bench in benches.values():
        bench.warm(min(1.0, seconds))
        bench.count()
    for _ in range(rounds):
        for bench in benches.values():
            bench.round(seconds)
    return {name: bench.figures for name, bench in benches.items()}
