"""Which months a page of the books speaks of: ?first=YYYY-MM&last=YYYY-MM or ?year=YYYY, read from the address, never trusted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import request

from shop.core import clock
from shop.core.errors import Refused
from shop.core.numbers import fold
from shop.core.text import N_, excerpt

FIRST_YEAR = 2010


@dataclass(frozen=True, slots=True)
class Span:
    """Whole months, first to last day."""

    first: date
    last: date

    @property
    def args(self) -> dict[str, str]:
        """For links to pages that speak of the same months."""
        return {"first": f"{self.first:%Y-%m}", "last": f"{self.last:%Y-%m}"}

    @property
    def name(self) -> str:
        first, last = self.args["first"], self.args["last"]
        return first if first == last else f"{first} – {last}"

    @property
    def year(self) -> int:
        """The year of its last day."""
        return self.last.year

    @property
    def whole_year(self) -> bool:
        return (self.first, self.last) == (date(self.year, 1, 1), date(self.year, 12, 31))


def of_year(year: int) -> Span:
    return Span(date(year, 1, 1), date(year, 12, 31))


def asked() -> Span:
    """The months of the address; the present year where it names none. Raises Refused, BadPeriod."""
    if request.args.get("year"):
        return of_year(asked_year())
    this_year = of_year(clock.today().year)
    first = _month("first", this_year.first)
    last = _month("last", this_year.last if not request.args.get("first") else _end(first))
    if last < first:
        raise Refused(N_("开始月份不能晚于结束月份"), "last")
    return Span(first, _end(last))


def asked_year() -> int:
    """?year=; the present year where there is none. Raises Refused."""
    typed = fold(request.args.get("year", "")[:12])
    this_year = clock.today().year
    if not typed:
        return this_year
    if not (
        typed.isascii() and typed.isdigit() and len(typed) == 4 and FIRST_YEAR <= int(typed) <= this_year
    ):
        raise Refused(
            "年度要在 %(first_year)s 到 %(this_year)s 之间，现在是“%(typed)s”",
            "year",
            first_year=FIRST_YEAR,
            this_year=this_year,
            typed=excerpt(typed),
        )
    return int(typed)


def _month(name: str, default: date) -> date:
    typed = fold(request.args.get(name, "")[:40])
    if not typed:
        return default
    day = clock.shanghai_day(clock.month_range(typed).start)
    if not FIRST_YEAR <= day.year <= clock.today().year:
        raise Refused(
            "月份要在 %(first_year)s 年到今年之间，现在是“%(typed)s”",
            name,
            first_year=FIRST_YEAR,
            typed=excerpt(typed),
        )
    return day


def _end(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1) - timedelta(days=1)
