"""Which year, up to which day, a page speaks of: read from the address, never trusted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import request

from shop.core import clock
from shop.core.errors import Refused

FIRST_YEAR = 2015


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
