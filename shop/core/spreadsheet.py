"""Workbooks: what is on the screen written out as .xlsx, and cells that a spreadsheet program must not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from io import BytesIO
from typing import Any

from flask import Response
from flask_babel import gettext

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
_A4 = 9
_SHEET_NAME_LENGTH = 31
_LAST_TYPED = 4_999  # rows of a form that somebody may fill in


def safe_cell(text: str) -> str:
    """Text for a cell: what a program could take for a formula gets an apostrophe in front."""
    return "'" + text if text.startswith(_RISKY) else text


@dataclass(frozen=True, slots=True)
class Column:
    """`kind`: text, num (whole number) or yuan (fen, shown as 1,234.00). `key` is looked up in mappings and objects;
    `label` is a sentence of the catalogue."""

    key: str
    label: str
    kind: str = "text"
    width: int = 16


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet: a title, headed columns, rows, their sums, and notes underneath."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Any]
    total: Mapping[str, int | str] | None = None
    notes: Sequence[str] = ()
    pick: tuple[int, str] | None = None  # column that offers a list of values, and the cells that hold them


def new_book(buffer: BytesIO) -> Any:
    """An empty workbook (xlsxwriter's), written to `buffer` at the end of its `with`; no text becomes a formula or a link."""
    # It takes a quarter of a second to load, which most processes never need.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    return import_module("xlsxwriter").Workbook(buffer, options)


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """An .xlsx file: A4 across, headings repeated on every printed page, long numbers as text, formulas neutralised."""
    buffer = BytesIO()
    with new_book(buffer) as book:
        formats = {
            "bold": book.add_format({"bold": True, "bottom": 1, "text_wrap": True}),
            "yuan": book.add_format({"num_format": "#,##0.00", "align": "right"}),
            "num": book.add_format({"num_format": "#,##0", "align": "right"}),
            "text": book.add_format({"num_format": "@"}),
        }
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name[:_SHEET_NAME_LENGTH]), sheet, formats)
    return buffer.getvalue()


def answer(sheets: Sequence[Sheet], filename: str) -> Response:
    """The workbook as a download; `filename` without its ending, ASCII."""
    response = Response(workbook(sheets), mimetype=XLSX)
    response.headers.set("Content-Disposition", "attachment", filename=f"{filename}.xlsx")
    return response


def yuan(fen: int) -> Decimal:
    """Fen as exact yuan for a cell."""
    return Decimal(fen).scaleb(-2)


def _write(sheet: Any, content: Sheet, formats: Mapping[str, Any]) -> None:
    sheet.write_string(0, 0, safe_cell(content.title), formats["bold"])
    for place, column in enumerate(content.columns):
        sheet.write_string(2, place, gettext(column.label), formats["bold"])
        sheet.set_column(place, place, column.width)
    line = 3
    for row in content.rows:
        for place, column in enumerate(content.columns):
            _cell(sheet, line, place, column, _value(row, column.key), formats[column.kind])
        line += 1
    if content.total is not None:
        for place, column in enumerate(content.columns):
            value = content.total.get(column.key)
            if isinstance(value, str):
                sheet.write_string(line, place, safe_cell(value), formats["bold"])
            else:
                _cell(sheet, line, place, column, value, formats[column.kind])
        line += 1
    for offset, note in enumerate(content.notes, 1):
        sheet.write_string(line + offset, 0, safe_cell(note))
    if content.pick is not None:
        place, source = content.pick
        sheet.data_validation(
            3, place, _LAST_TYPED, place, {"validate": "list", "source": source, "error_type": "warning"}
        )
    sheet.freeze_panes(3, 1)
    sheet.repeat_rows(2)
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _cell(sheet: Any, line: int, place: int, column: Column, value: Any, form: Any) -> None:
    if value is None:
        return
    if column.kind == "yuan":
        sheet.write_number(line, place, yuan(value), form)
    elif column.kind == "num":
        sheet.write_number(line, place, value, form)
    else:
        sheet.write_string(line, place, safe_cell(str(value)), form)


def _value(row: Any, key: str) -> Any:
    return row.get(key) if isinstance(row, Mapping) else getattr(row, key)
