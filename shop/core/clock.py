"""Time: instants are aware UTC; days, months and fiscal years are those of Asia/Shanghai. Pure but for now().

Every range is half open, [from, to): each instant lies in exactly one day, month and year.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shop.core.text import N_, BadInput, excerpt

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_YEAR = 1949
LAST_YEAR = 2999

_MONTH = re.compile(r"(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])")


class BadPeriod(BadInput):
    """A day, month or year that cannot be meant."""


class Span(NamedTuple):
    """Half-open range of instants in UTC: start <= t < end."""

    start: datetime
    end: datetime


def now() -> datetime:
    """The present instant in UTC: the only place that reads the clock."""
    return datetime.now(UTC)


def today() -> date:
    """The present day in Shanghai."""
    return shanghai_day(now())


def shanghai_day(moment: datetime) -> date:
    """The Shanghai day of an aware instant; ValueError for a naive one, which could be any day."""
    return in_shanghai(moment).date()


def in_shanghai(moment: datetime) -> datetime:
    """The same instant as a Shanghai wall clock shows it; ValueError for a naive one."""
    if moment.utcoffset() is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(SHANGHAI)


def month_of(moment: datetime) -> str:
    """The Shanghai month 'YYYY-MM' of an aware instant."""
    day = shanghai_day(moment)
    return f"{day.year:04d}-{day.month:02d}"


def fiscal_year(moment: datetime) -> int:
    """The fiscal year of an aware instant: the Shanghai calendar year (Accounting Law art. 11)."""
    return shanghai_day(moment).year


def day_range(day: date) -> Span:
    """The instants of one Shanghai day; 23 or 25 hours where summer time began or ended (1986-1991)."""
    _check_year(day.year)
    return Span(_midnight(day), _midnight(day + timedelta(days=1)))


def month_range(month: str) -> Span:
    """The instants of the Shanghai month 'YYYY-MM'. Raises BadPeriod."""
    match = _MONTH.fullmatch(month)
    if match is None:
        raise BadPeriod(N_("月份要写成 2020-08 这样，现在是“%(text)s”"), text=excerpt(month))
    year, number = int(match["year"]), int(match["month"])
    _check_year(year)
    first_of_next = date(year + 1, 1, 1) if number == 12 else date(year, number + 1, 1)
    return Span(_midnight(date(year, number, 1)), _midnight(first_of_next))


def year_range(year: int) -> Span:
    """The instants of one fiscal year. Raises BadPeriod."""
    _check_year(year)
    return Span(_midnight(date(year, 1, 1)), _midnight(date(year + 1, 1, 1)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=SHANGHAI).astimezone(UTC)


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadPeriod(
            N_("年份要在 %(first)d 到 %(last)d 之间，现在是 %(year)d"),
            first=FIRST_YEAR,
            last=LAST_YEAR,
            year=year,
        )
