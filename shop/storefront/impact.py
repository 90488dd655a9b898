"""The year's help in two figures for the home page, read at most every ten minutes a process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shop.core import clock
from shop.core.kept import kept
from shop.core.privacy import SMALLEST_GROUP
from shop.orders import figures

LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class YearImpact:
    """Figure (a), attributed sales of a year so far: fen, and distinct households (0: too few to say)."""

    year: int
    fen: int
    households: int
    as_of: datetime


def this_year() -> YearImpact | None:
    """None where nothing has been sold this year. One statement when the kept figure is too old, else none."""
    found = kept(("year_impact", clock.today().year), LASTS, _read)
    return found if found.fen > 0 else None


def _read(now: datetime) -> YearImpact:
    today = clock.shanghai_day(now)
    sold = figures.year_sales("", today.year, today).total
    return YearImpact(today.year, sold.fen, sold.households if sold.households >= SMALLEST_GROUP else 0, now)
