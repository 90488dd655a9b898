"""The year's help in two figures for the home page, read at most every ten minutes a process."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app

from shop.core import clock
from shop.core.privacy import SMALLEST_GROUP
from shop.orders import figures

LASTS = timedelta(minutes=10)
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class YearImpact:
    """Figure (a), attributed sales of a year so far: fen, and distinct households (0: too few to say)."""

    year: int
    fen: int
    households: int
    as_of: datetime


def this_year() -> YearImpact | None:
    """None where nothing has been sold this year. One statement when the kept figure is too old, else none."""
    kept: YearImpact | None = current_app.extensions.get("year_impact")
    now = clock.now()
    fresh = kept is not None and kept.year == clock.fiscal_year(now) and now - kept.as_of < LASTS
    if not fresh and _LOCK.acquire(blocking=kept is None):
        try:
            kept = _read(now)
            current_app.extensions["year_impact"] = kept
        finally:
            _LOCK.release()
    return kept if kept is not None and kept.fen > 0 else None


def _read(now: datetime) -> YearImpact:
    today = clock.shanghai_day(now)
    sold = figures.year_sales("", today.year, today).total
    return YearImpact(today.year, sold.fen, sold.households if sold.households >= SMALLEST_GROUP else 0, now)
