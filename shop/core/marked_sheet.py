"""The same file back: wrong cells red, and a column that says what is wrong with each row or that it is in. Runs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from io import BytesIO
from typing import Any

from shop.core.sheet_reading import MAX_COLUMNS
from shop.core.spreadsheet import safe_cell
from shop.core.table_file import SheetRead

_RED, _PALE = "FFF4B6B6", "FFFFF2CC"
Marks = Mapping[
    int, Sequence[tuple[str, str, bool]]
]  # row → (our column name, sentence, whether it only warns)


def marked(data: bytes, read: SheetRead, marks: Marks, told: Mapping[int, str], heading: str) -> bytes:
    """An .xlsx of `data` (CSV becomes one). `told`: row → what else to say of it; `heading` names the column for both."""
    openpyxl = import_module("openpyxl")
    book = _book(openpyxl, data, read)
    sheet = book.worksheets[0]
    _neutralise(book)
    at = _column(read, heading)
    fill = import_module("openpyxl.styles").PatternFill
    red, pale = fill("solid", start_color=_RED), fill("solid", start_color=_PALE)
    sheet.cell(read.head, at, heading)
    for number in sorted({*marks, *told}):
        said = list(marks.get(number, ()))
        for name, _words, warns in said:
            if name in read.places:
                sheet.cell(number, read.places[name] + 1).fill = pale if warns else red
        words = [told[number]] if number in told else []
        sheet.cell(
            number, at, safe_cell("；".join([*words, *(sentence for _name, sentence, _warns in said)]))
        )
    letter = import_module("openpyxl.utils").get_column_letter(at)
    sheet.column_dimensions[letter].width = 50
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _book(openpyxl: Any, data: bytes, read: SheetRead) -> Any:
    if data.startswith(b"PK\x03\x04"):
        return openpyxl.load_workbook(BytesIO(data), keep_links=False)
    book = openpyxl.Workbook()
    for row in read.lines:
        for place, value in enumerate(row.cells, 1):
            cell = book.active.cell(row.number, place, safe_cell(value))
            cell.number_format = "@"
    return book


def _column(read: SheetRead, heading: str) -> int:
    """Where the column stood in a file that comes a second time, else behind the last one."""
    last = 0
    for row in read.lines:
        if row.number == read.head and heading in row.cells:
            return row.cells.index(heading) + 1
        last = max(last, *(place for place, value in enumerate(row.cells, 1) if value), 0)
    return min(last + 1, MAX_COLUMNS)


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
