"""Which year, up to which day, a page speaks of: read from the address, never trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from flask import request

from shop.core import clock
from shop.core.errors import Refused
from shop.orders import facts_windows
from shop.orders.facts_windows import Windows

FIRST_YEAR = 2015
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Period:
    """1 January to `last` of a year; `last` is today in the running year, 31 December in a past one."""

    year: int
    first: date
    last: date


def year_asked(default: int) -> Period:
    """The period of ?year=; raises Refused for something that is not a year we can have data of."""
    today = clock.today()
    typed = request.args.get("year", "")
    if not typed:
        year = default
    elif typed.isascii() and typed.isdigit() and len(typed) == 4 and FIRST_YEAR <= int(typed) <= today.year:
        year = int(typed)
    else:
        raise Refused(
            "年份要在 %(first_year)s 到 %(year)s 之间，现在是“%(typed)s”",
            "year",
            first_year=FIRST_YEAR,
            year=today.year,
            typed=typed[:12],
        )
    return Period(year, date(year, 1, 1), min(date(year, 12, 31), today))


def windows_asked() -> Windows:
    """The month of ?month=YYYY-MM, the whole year of ?year=, else the present month. Raises Refused."""
    today = clock.today()
    typed = request.values.get("month", "")  # a form that is shown again names it, too
    if not typed:
        if request.args.get("year"):
            return facts_windows.year(year_asked(today.year).year, today)
        return facts_windows.month(today.replace(day=1), today)
    return facts_windows.month(month_of(typed), today)


def month_of(typed: str) -> date:
    """The first day of a month written 2020-08, not later than the present one. Raises Refused."""
    today = clock.today()
    first = f"{FIRST_YEAR}-01"
    if not _MONTH.fullmatch(typed) or not first <= typed <= today.isoformat()[:7]:
        raise Refused(
            "月份要写成 2020-08 这样，从 %(first)s 到本月，现在是“%(typed)s”",
            "month",
            first=first,
            typed=typed[:12],
        )
    return date(int(typed[:4]), int(typed[5:]), 1)


def day_asked(name: str, default: date) -> date:
    """The day of ?name=YYYY-MM-DD. Raises Refused."""
    typed = request.args.get(name, "")
    if not typed:
        return default
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise Refused("日期要写成 2020-12-31 这样，现在是“%(typed)s”", name, typed=typed[:12]) from None
    if not FIRST_YEAR <= day.year <= clock.today().year:
        raise Refused("日期要在 %(first_year)s 年到今年之间", name, first_year=FIRST_YEAR)
    return day
