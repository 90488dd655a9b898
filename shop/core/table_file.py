"""A table that somebody sent, CSV or .xlsx: rows by the name of their column, cells as text, formulas never run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext

from shop.core import sheet_reading
from shop.core.errors import Refused
from shop.core.numbers import fold
from shop.core.sheet_limits import SheetRow
from shop.core.text import N_, excerpt

ACCEPTED = ".csv,.xlsx"  # for the accept attribute of a file field
HEAD_WITHIN = 20  # banks print titles above the headings
_RUINED = re.compile(r"[+-]?[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")
_EXACT_DIGITS = 15  # a spreadsheet's number keeps no more; the rest turns to noughts
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: its number as a spreadsheet program shows it, and its cells by our name of the column ('' for empty)."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")

    def refuse(self, template: str, field: str = "file", **values: object) -> Refused:
        """A refusal that names the row; `template` is a sentence of the catalogue, `values` fill its places."""
        return Refused(
            "第 %(number)s 行：%(words)s", field, number=self.number, words=gettext(template, **values)
        )


@dataclass(frozen=True, slots=True)
class SheetRead:
    """The rows, every line of the file, the number of the line of headings, and our column names → places (from 0)."""

    rows: list[TableRow]
    lines: Sequence[SheetRow]
    head: int
    places: Mapping[str, int]


def read_table(
    data: bytes, columns: Mapping[str, Sequence[str]], required: Sequence[str], field: str = "file"
) -> list[TableRow]:
    """Rows under the headings. `columns`: our name → headings that mean it; columns of other headings are left out.

    At most MAX_ROWS rows and MAX_SENT bytes. Raises Refused naming `field`: not a table, too large, headings missing or
    doubled, nothing under them.
    """
    return read_sheet(data, columns, required, field).rows


def read_sheet(
    data: bytes,
    columns: Mapping[str, Sequence[str]],
    required: Sequence[str],
    field: str = "file",
    *,
    tidy: bool = False,
) -> SheetRead:
    """As `read_table`, with the places of the columns and all lines as they stand.

    `tidy`: nothing merged, hidden or linked in it, for a table that is sent back as it came.
    """
    rows = sheet_reading.read_rows(data, field, csv=True, tidy=tidy)
    if not rows:
        raise Refused(N_("表是空的；只读第一张工作表，请把要导入的那一张放在最前面"), field)
    places, head = _find_head(rows, columns, required, field)
    found = []
    for row in rows[head + 1 :]:
        cells = {name: _plain(row.cell(place)) for name, place in places.items()}
        if any(cells.values()):
            found.append(TableRow(row.number, cells))
    if not found:
        raise Refused(N_("表头下面没有内容"), field)
    return SheetRead(found, rows, rows[head].number, places)


def read_day(text: str) -> date | None:
    """2026-11-24, 2026/11/24, 20261124, each perhaps with a time behind it; None for anything else."""
    plain = (
        fold(text)
        .replace("/", "-")
        .replace(".", "-")
        .replace("年", "-")
        .replace("月", "-")
        .replace("日", " ")
    )
    first = plain.split()[0].partition("T")[0] if plain.split() else ""
    parts = [first[:4], first[4:6], first[6:]] if len(first) == 8 and first.isdigit() else first.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        return None
    try:
        return date(*map(int, parts))
    except ValueError:
        return None


def ruined(number: str) -> bool:
    """Whether a spreadsheet has made a long number, which should have stayed text, into 4.2E+17 or ended it in noughts."""
    if _RUINED.fullmatch(number):
        return True
    tail = number[_EXACT_DIGITS:]
    return number.isascii() and number.isdigit() and bool(tail) and not tail.strip("0")


def _find_head(
    rows: Sequence[SheetRow], columns: Mapping[str, Sequence[str]], required: Sequence[str], field: str
) -> tuple[dict[str, int], int]:
    """Our column names → their places, and the index of the row of headings."""
    wanted = {_heading(word): name for name, words in columns.items() for word in words}
    nearest, missing = 0, list(required)  # the row that has most of what must be there
    for index, row in enumerate(rows[:HEAD_WITHIN]):
        places: dict[str, int] = {}
        for place, cell in enumerate(row.cells):
            name = wanted.get(_heading(cell))
            if name is None:
                continue
            if name in places:
                raise Refused(
                    "第 %(number)s 行有两列都像“%(cell)s”，请只留一列",
                    field,
                    number=row.number,
                    cell=excerpt(cell),
                )
            places[name] = place
        if all(name in places for name in required):
            return places, index
        lacking = [name for name in required if name not in places]
        if len(lacking) < len(missing):
            nearest, missing = row.number, lacking
    names = "、".join(columns[name][0] for name in missing)
    if nearest:
        raise Refused(
            "没有找到表头：第 %(number)s 行缺这几列：%(names)s，请照原来的写法",
            field,
            number=nearest,
            names=names,
        )
    raise Refused("没有找到表头，至少要有这几列：%(names)s", field, names=names)


def _heading(text: str) -> str:
    return "".join(fold(text).lower().replace("（", "(").split()).partition("(")[0]


def _plain(text: str) -> str:
    """Outer blanks go, and the apostrophe that our own exports put before what looks like a formula."""
    text = text.strip().strip("\t")
    return text[1:] if text.startswith("'") and text[1:].startswith(_RISKY) else text
