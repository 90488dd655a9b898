"""The months and years that reports speak of, and the days they are compared with. Days are Shanghai's."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from shop.core import clock
from shop.core.errors import Refused
from shop.core.numbers import fold
from shop.core.text import N_, excerpt
from shop.reporting.models import MONTHLY, YEARLY

FIRST_YEAR = 2015


@dataclass(frozen=True, slots=True)
class Window:
    """Days from first to last, both counted."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Period:
    """A month or a year; `as_of` is its last day, or today while it runs."""

    kind: str
    text: str  # 2020 or 2020-11
    first: date
    last: date
    as_of: date

    @property
    def windows(self) -> dict[str, Window]:
        """now, before (the same days a year ago); of a month also year and year_before, from 1 January on."""
        start = date(self.first.year, 1, 1)
        found = {"now": Window(self.first, self.as_of), "before": self._a_year_ago(self.first)}
        if self.kind == MONTHLY:
            found |= {"year": Window(start, self.as_of), "year_before": self._a_year_ago(start)}
        return found

    def _a_year_ago(self, first: date) -> Window:
        year, month = self.as_of.year - 1, self.as_of.month
        end = monthrange(year, month)[1]
        day = end if self.as_of == self.last else min(self.as_of.day, end)
        return Window(date(first.year - 1, first.month, 1), date(year, month, day))


def of(kind: str, text: str, today: date) -> Period:
    """A period whose text has been read by `asked`; `today` bounds it."""
    year, _, month = text.partition("-")
    if kind == YEARLY:
        first, last = date(int(year), 1, 1), date(int(year), 12, 31)
    else:
        first = date(int(year), int(month), 1)
        last = date(first.year, first.month, monthrange(first.year, first.month)[1])
    return Period(kind, text, first, last, min(last, today))


def asked(kind: str, typed: str) -> Period:
    """What a form says. Raises Refused for what is no month or year, is to come, or lies before the first data."""
    plain, today = fold(typed[:40]), clock.today()
    if kind == YEARLY:
        good = plain.isascii() and plain.isdigit() and len(plain) == 4 and int(plain) > 0
        words = N_("年份要写成 2020 这样，现在是“%(typed)s”")
    else:
        good = _is_month(plain)
        words = N_("月份要写成 2020-08 这样，现在是“%(typed)s”")
    if not good:
        raise Refused(words, "period", typed=excerpt(plain))
    found = of(kind, plain, today)
    if not found.first.year >= FIRST_YEAR or found.first > today:
        raise Refused(
            "只能做 %(first_year)s 年到今天的报告，现在是“%(typed)s”", "period", first_year=FIRST_YEAR, typed=plain
        )  # fmt: skip
    return found


def _is_month(text: str) -> bool:
    year, dash, month = text.partition("-")
    digits = year.isascii() and year.isdigit() and month.isascii() and month.isdigit()
    return (
        bool(dash)
        and digits
        and len(year) == 4
        and len(month) == 2
        and 1 <= int(month) <= 12
        and int(year) > 0
    )
