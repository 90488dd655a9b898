"""One run: everything measured on this machine one after another, and what came out as plain data."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchmarks import recall
from benchmarks.cpu import machine
from benchmarks.distribution import compare as distribution
from benchmarks.ground import THREADS, WORKERS, Ground
from benchmarks.limit import contender as limit
from benchmarks.measure import PLACES, Contender, compare
from benchmarks.oscar import contender as oscar
from benchmarks.ours import contender as ours
from dev.runner.errors import RunnerError

WORDS = ("香菇", "蜂蜜", "茶叶")
PAGES = ("list", "home", "product", "search", "add", "place", "checkout")


@dataclass(frozen=True)
class Plan:
    """How much is measured. `seconds` of load per page, contender and round; `towns` for the distribution."""

    pages_scale: int = 5
    pages: tuple[str, ...] = PAGES
    rounds: int = 3
    seconds: float = 1.5
    towns: tuple[int, ...] = (1, 10, 100)
    distribution_runs: int = 3
    loop_seconds: float = 6.0
    oscar: bool = True
    buyers: int = 2000
    oscar_buyers: int = 250


QUICK = Plan(
    pages_scale=1,
    rounds=2,
    seconds=0.6,
    towns=(1,),
    distribution_runs=2,
    loop_seconds=2.0,
    buyers=800,
    oscar_buyers=120,
)


@dataclass
class Results:
    """Grows while the run goes on; `said` are the sentences about what could not be done."""

    data: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


def measure(ground: Ground, plan: Plan, results: Results, say: Callable[[str], None]) -> None:
    """Web pages first, then search, then the distribution; `results` is filled as it goes."""
    began = time.perf_counter()
    results.data["said"] = results.said
    results.data["about"] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "workers": WORKERS,
        "threads": THREADS,
        "connections": PLACES,
        "rounds": plan.rounds,
        "seconds": plan.seconds,
    }
    if plan.pages:
        _web(ground, plan, results, say)
    for scale in plan.towns:
        say(f"distribution, {scale} town(s)")
        loops = plan.loop_seconds if scale == plan.towns[-1] else 0
        runs = distribution.compare(ground, scale, runs=plan.distribution_runs, loop_seconds=loops)
        results.data.setdefault("distribution", {})[str(scale)] = runs
    results.data["about"]["took_seconds"] = round(time.perf_counter() - began)


def _web(ground: Ground, plan: Plan, results: Results, say: Callable[[str], None]) -> None:
    say(f"goods of {plan.pages_scale} town(s)")
    stock = ours.goods(ground, plan.pages_scale)
    results.data["about"]["products"] = len(stock)
    contenders = [
        limit.start(ground, stock, WORDS),
        ours.start(ground, plan.pages_scale, stock, WORDS, plan.buyers),
    ]
    rival = _oscar(ground, plan, stock, results, say)
    contenders += [rival] if rival else []
    for what in plan.pages:
        say(f"page: {what}")
        figures = compare(ground, contenders, what, rounds=plan.rounds, seconds=plan.seconds)
        results.data.setdefault("pages", {})[what] = {name: each.summary() for name, each in figures.items()}
        results.data.setdefault("statements", {})[what] = figures["ours"].statements
    say("search, labelled words")
    results.data["recall"] = _recall(ground, contenders[1], rival, stock, results)
    ground.stop(*(contender.service for contender in contenders))


def _oscar(
    ground: Ground, plan: Plan, stock: list[dict[str, Any]], results: Results, say: Callable[[str], None]
) -> Contender | None:
    """Nothing of the rest depends on it, so it may be missing."""
    if not plan.oscar:
        results.said.append("django-oscar was left out.")
        return None
    try:
        if not oscar.installed():
            say("installing django-oscar")
        oscar.install()
        say("filling django-oscar")
        return oscar.start(ground, stock, WORDS, plan.oscar_buyers)
    except (oscar.NoOscar, RunnerError, subprocess.TimeoutExpired) as problem:
        results.said.append(str(problem))
        return None


def _recall(
    ground: Ground, shop: Contender, rival: Contender | None, stock: list[dict[str, Any]], results: Results
) -> dict[str, Any]:
    same = {int(item["id"]): int(item["id"]) for item in stock}
    found = {
        "ours": recall.found_by(
            shop, lambda word, page: f"/search?q={word}&page={page}", r'href="/p/(\d+)"', same
        )
    }
    if rival is not None:
        found["oscar"] = recall.found_by(
            rival,
            lambda word, page: f"/search/?q={word}&page={page}",
            r'href="/catalogue/[^"/]*_(\d+)/"',
            oscar.names(),
        )
    lines = recall.table(stock, found)
    if rival is not None:
        try:
            for word, number in oscar.found_as_it_comes(ground, list(lines)).items():
                lines[word]["oscar as it comes"] = number
        except oscar.NoOscar as problem:
            results.said.append(str(problem))
    return lines
