"""The pieces of a range of days are that range: every day of it once, no other day, whatever the day of the year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shop.orders import facts_pieces, facts_windows
from shop.orders.facts_pieces import DAY, MONTH, YEAR, Piece

YEAR_OF_DAYS = 366


def days_of(piece: Piece) -> list[date]:
    """Every day whose rows are in the facts of a piece."""
    end = piece.last
    if piece.kind == YEAR:
        end = date(piece.last.year, 12, 31)
    elif piece.kind == MONTH:
        end = (piece.last.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return [piece.first + timedelta(days=n) for n in range((end - piece.first).days + 1)]


def covered(windows: facts_windows.Windows, name: str, *, years: bool) -> dict[date, int]:
    """Day → how often it counts in a range, days that cancel out left away."""
    found: dict[date, int] = {}
    for piece, weights in facts_pieces.pieces(windows, years=years).items():
        for day in days_of(piece):
            found[day] = found.get(day, 0) + weights.get(name, 0)
    return {day: times for day, times in found.items() if times}


@pytest.mark.parametrize("years", [True, False])
@pytest.mark.parametrize("year", [2024, 2025])
def test_every_day_once(year: int, years: bool) -> None:
    for n in range(YEAR_OF_DAYS):
        last = date(year, 1, 1) + timedelta(days=n)
        windows = facts_windows.month(last.replace(day=1), last)
        for name in ("now", "before", "so_far", "so_far_before"):
            first, end = windows.days(name)
            whole = {first + timedelta(days=one): 1 for one in range((end - first).days + 1)}
            assert covered(windows, name, years=years) == whole, (last, name)


def test_few_pieces_whatever_the_day() -> None:
    """So many days are read at most: the shorter part of a month, of both years."""
    for n in range(YEAR_OF_DAYS):
        last = date(2024, 1, 1) + timedelta(days=n)
        windows = facts_windows.month(last.replace(day=1), last)
        read = [piece for piece in facts_pieces.pieces(windows, years=True) if piece.kind == DAY]
        assert sum((piece.last - piece.first).days + 1 for piece in read) <= 2 * 15
