"""Of which facts four ranges of days are made: whole years and months, more or less some days. Pure.

In the second half of a year the year less what is to come takes fewer facts than its months; in the second half of a month
likewise. Every piece says how often its facts count in each range: 1, 0 or -1.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from shop.orders.facts_windows import Windows

YEAR, MONTH, DAY = "y", "m", "d"
_DAY = timedelta(days=1)
_HALF = 6  # months


@dataclass(frozen=True, slots=True)
class Piece:
    """Facts of a kind named by days from `first` to `last`: a year and a month are named by their first day."""

    kind: str
    first: date
    last: date


def pieces(windows: Windows, *, years: bool) -> dict[Piece, dict[str, int]]:
    """Piece → range → 1 or -1. 'now' and 'before' are always the month that `last` lies in, up to it; `years` allows years."""
    found: dict[Piece, dict[str, int]] = {}
    for last, month, so_far in (
        (windows.last, "now", "so_far"),
        (windows.last_before, "before", "so_far_before"),
    ):
        for name, some in ((month, _of_month(last)), (so_far, _of_year(last, years=years))):
            for piece, times in some:
                weights = found.setdefault(piece, {})
                weights[name] = weights.get(name, 0) + times
    return found


def scope(windows: Windows, ranges: tuple[str, ...], *, years: bool) -> dict[str, Any]:
    """The pieces as arrays, values of `LISTED`."""
    found = pieces(windows, years=years)
    return {
        "kinds": [piece.kind for piece in found],
        "firsts": [piece.first for piece in found],
        "lasts": [piece.last for piece in found],
    } | {f"w_{name}": [weights.get(name, 0) for weights in found.values()] for name in ranges}


LISTED = """
    piece as materialized (
      select p.*, date_trunc('year', first::timestamp)::date as year
        from unnest(cast(:kinds as text[]), cast(:firsts as date[]), cast(:lasts as date[]), cast(:w_now as int[]),
                    cast(:w_before as int[]), cast(:w_so_far as int[]), cast(:w_so_far_before as int[]))
             as p(kind, first, last, now, before, so_far, so_far_before))
"""


def _of_month(last: date) -> Iterator[tuple[Piece, int]]:
    first, end = _month(last)
    if last == end:
        yield Piece(MONTH, first, first), 1
    elif last.day * 2 <= end.day:
        yield Piece(DAY, first, last), 1
    else:
        yield Piece(MONTH, first, first), 1
        yield Piece(DAY, last + _DAY, end), -1


def _of_year(last: date, *, years: bool) -> Iterator[tuple[Piece, int]]:
    first, end = _month(last)
    january, december = first.replace(month=1), first.replace(month=12)
    if years and first.month > _HALF:
        yield Piece(YEAR, january, january), 1
        if first != december:
            yield Piece(MONTH, (end + _DAY), december), -1
        yield Piece(MONTH, first, first), -1
    elif first != january:
        yield Piece(MONTH, january, (first - _DAY).replace(day=1)), 1
    yield from _of_month(last)


def _month(day: date) -> tuple[date, date]:
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
