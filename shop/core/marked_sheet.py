"""The same file back: wrong cells red, and a column that says what is wrong with each row or that it is in. Runs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shop.core.sheet_limits import MARK_SECONDS, MAX_COLUMNS
from shop.core.sheet_reading import in_a_box
from shop.core.spreadsheet import safe_cell
from shop.core.table_file import SheetRead

Marks = Mapping[
    int, Sequence[tuple[str, str, bool]]
]  # row → (our column name, sentence, whether it only warns)


def marked(
    data: bytes,
    read: SheetRead,
    marks: Marks,
    told: Mapping[int, str],
    heading: str,
    below: Sequence[str] = (),
) -> bytes:
    """An .xlsx of `data` (CSV becomes one). `told`: row → what else to say of it; `heading` names the column for both, where
    what is wrong with the rows together stands `below` the last of them.

    Raises Refused where painting it takes more than a file may use.
    """
    words = [(read.head, heading)]
    for number in sorted({*marks, *told}):
        said = [told[number]] if number in told else []
        said += [sentence for _name, sentence, _warns in marks.get(number, ())]
        words.append((number, safe_cell("；".join(said))))
    at = _column(read, heading)
    under = 1 + max(
        row.number
        for row in read.lines
        if any(value for place, value in enumerate(row.cells, 1) if place != at)
    )
    words += [(under + line, safe_cell(sentence)) for line, sentence in enumerate(below)]
    lines = [(row.number, [safe_cell(value) for value in row.cells]) for row in read.lines]
    wanted = {
        "do": "paint", "seconds": MARK_SECONDS, "at": at, "head": read.head, "words": words,
        "lines": None if data.startswith(b"PK\x03\x04") else lines,
        "cells": [
            (number, read.places[name] + 1, warns)
            for number, said in marks.items()
            for name, _words, warns in said
            if name in read.places
        ] + [(under + line, at, False) for line in range(len(below))],
    }  # fmt: skip
    return in_a_box(wanted, data)


def _column(read: SheetRead, heading: str) -> int:
    """Where the column stood in a file that comes a second time, else behind the last one."""
    last = 0
    for row in read.lines:
        if row.number == read.head and heading in row.cells:
            return row.cells.index(heading) + 1
        last = max(last, *(place for place, value in enumerate(row.cells, 1) if value), 0)
    return min(last + 1, MAX_COLUMNS)
