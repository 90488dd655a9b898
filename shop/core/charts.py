"""Geometry of the small server-drawn charts, in whole numbers. Pure.

Across, positions are hundredths of a percent written as text ('8.33%'), so a chart fills any width without scaling its
letters; down, they are pixels. The values' axis stands in the margin left of the drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

HEIGHT = 200
TOP = 16
BOTTOM = 28
FULL = 10_000
GRID_LINES = 4


class GridLine(NamedTuple):
    """A horizontal line with its value."""

    y: int
    value: int


class Mark(NamedTuple):
    """One value: the column's or dot's place, and what it stands for."""

    x: str
    middle: str
    y: int
    width: str
    height: int
    value: int
    label: str


class Segment(NamedTuple):
    """A piece of a line between two neighbouring values."""

    x1: str
    y1: int
    x2: str
    y2: int


class Chart(NamedTuple):
    """Everything the macro prints. `series` holds one tuple of marks a series; `lines` one tuple of segments a series."""

    height: int
    base: int
    label_y: int
    grid: tuple[GridLine, ...]
    labels: tuple[Mark, ...]
    series: tuple[tuple[Mark, ...], ...]
    lines: tuple[tuple[Segment, ...], ...]


_Marker = Callable[[int, int, int], Mark]


def column_chart(labels: Sequence[str], series: Sequence[Sequence[int | None]]) -> Chart:
    """Columns side by side for each label. Values are whole numbers ≥ 0; None draws nothing ('no data')."""
    return _chart(labels, series, columns=True)


def line_chart(labels: Sequence[str], series: Sequence[Sequence[int | None]]) -> Chart:
    """Lines through the middle of each label's slot; a line breaks where a value is None."""
    return _chart(labels, series, columns=False)


def _chart(labels: Sequence[str], series: Sequence[Sequence[int | None]], *, columns: bool) -> Chart:
    top = _round_top(max((value or 0 for row in series for value in row), default=0))
    slot = FULL // max(1, len(labels))
    base = HEIGHT - BOTTOM

    def mark(place: int, row: int, value: int) -> Mark:
        start = place * slot
        inner = slot * 7 // 10 if columns else slot
        each = inner // max(1, len(series)) if columns else slot
        x = start + (slot - inner) // 2 + (each * row if columns else 0)
        height = value * (base - TOP) // top
        bar = each * 9 // 10
        return Mark(
            _across(x), _across(start + slot // 2), base - height, _across(bar), height, value, labels[place]
        )

    drawn = tuple(
        tuple(mark(place, row, value) for place, value in enumerate(values) if value is not None)
        for row, values in enumerate(series)
    )
    return Chart(
        height=HEIGHT,
        base=base,
        label_y=HEIGHT - 6,
        grid=tuple(
            GridLine(base - (base - TOP) * step // GRID_LINES, top * step // GRID_LINES)
            for step in range(1, GRID_LINES + 1)
        ),
        labels=tuple(mark(place, 0, 0) for place in range(len(labels))),
        series=drawn,
        lines=() if columns else tuple(_segments(labels, values, mark) for values in series),
    )


def _segments(labels: Sequence[str], values: Sequence[int | None], mark: _Marker) -> tuple[Segment, ...]:
    pieces: list[Segment] = []
    for place in range(1, len(labels)):
        before, after = values[place - 1], values[place]
        if before is not None and after is not None:
            first, second = mark(place - 1, 0, before), mark(place, 0, after)
            pieces.append(Segment(first.middle, first.y, second.middle, second.y))
    return tuple(pieces)


def _round_top(largest: int) -> int:
    """The smallest of 4, 8, 12, 16, 20, 24, 32, 40, 80 … that is at least `largest`: its quarters are round numbers."""
    power = 1
    while True:
        for step in (4, 8, 12, 16, 20, 24, 32):
            if step * power >= largest:
                return step * power
        power *= 10


def _across(position: int) -> str:
    return f"{position // 100}.{position % 100:02d}%"
