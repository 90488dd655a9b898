"""The month that a page speaks of: ?month=YYYY-MM, its days and its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import request

from shop.core import clock
from shop.core.numbers import fold


@dataclass(frozen=True)
class Month:
    """`last` is the last day of the month; `following` is empty where it has not begun."""

    name: str
    first: date
    last: date
    previous: str
    following: str


def asked() -> Month:
    """The month of the address or form, else the present one. Raises BadPeriod."""
    return of(fold(request.values.get("month", "")[:40]) or clock.today().isoformat()[:7])


def of(name: str) -> Month:
    """Raises BadPeriod."""
    span = clock.month_range(name)
    first, following = clock.shanghai_day(span.start), clock.shanghai_day(span.end)
    before = (first - timedelta(days=1)).isoformat()[:7]
    return Month(
        name, first, following - timedelta(days=1), before,
        following.isoformat()[:7] if following <= clock.today() else "",
    )  # fmt: skip
