"""Painting the marks into a table that somebody sent. For the limited process (shop/core/sheet_child.py): without Flask."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter

_RED = PatternFill("solid", start_color="FFF4B6B6")
_PALE = PatternFill("solid", start_color="FFFFF2CC")
_OURS = {_RED.start_color.rgb, _PALE.start_color.rgb}


def painted(data: bytes, wanted: Mapping[str, Any]) -> bytes:
    """An .xlsx of `data` (CSV becomes one out of `lines`): `cells` as [row, column, only a warning] in colour, `words` as
    [row, sentence] in the column `at`."""
    book = _book(data, wanted["lines"])
    sheet = book.worksheets[0]
    _neutralise(book)
    _unmark(sheet, wanted["head"], wanted["at"], wanted["words"][0][1])
    for number, place, warns in wanted["cells"]:
        sheet.cell(number, place).fill = _PALE if warns else _RED
    for number, words in wanted["words"]:
        sheet.cell(number, wanted["at"], words)
    sheet.column_dimensions[get_column_letter(wanted["at"])].width = 50
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _unmark(sheet: Any, head: int, at: int, heading: str) -> None:
    """What an earlier marking of this file left: our colours, and the sentences of our column."""
    for row in sheet.iter_rows(min_row=head + 1):
        for cell in row:
            if cell.fill.fill_type == "solid" and cell.fill.start_color.rgb in _OURS:
                cell.fill = PatternFill()
    if sheet.cell(head, at).value == heading:
        for number in range(head + 1, sheet.max_row + 1):
            sheet.cell(number, at).value = None


def _book(data: bytes, lines: Any) -> Any:
    if lines is None:
        return load_workbook(BytesIO(data), keep_links=False)
    book = Workbook()
    sheet: Any = book.active
    for number, cells in lines:
        for place, value in enumerate(cells, 1):
            sheet.cell(number, place, value).number_format = "@"
    return book


def _neutralise(book: Any) -> None:
    """What a spreadsheet program would run or open becomes text; our own lists of choices stay."""
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f" or (
                    isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@"))
                ):
                    cell.value = "'" + str(cell.value)
                    cell.data_type = "s"
                if cell.hyperlink is not None:
                    cell.hyperlink = None
