"""Reading an .xlsx that somebody sent: checked before it is unpacked, then cells as text, numbers exactly as typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError  # only the error; openpyxl parses
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from shop.core.errors import Refused
from shop.core.text import N_

MAX_SENT = 2 * 1024 * 1024
MAX_UNPACKED = 12 * 1024 * 1024
MAX_PARTS = 200
MAX_ROWS = 5_000
MAX_COLUMNS = 40
MAX_CELL = 500
_DOCUMENT_TYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_BROKEN = (
    BadZipFile, InvalidFileException, ParseError, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError,
    EOFError, NotImplementedError, RuntimeError, RecursionError, OverflowError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row with content: its number as the spreadsheet program shows it, and its cells as text ('' for empty)."""

    number: int
    cells: tuple[str, ...]

    def cell(self, place: int) -> str:
        return self.cells[place] if place < len(self.cells) else ""


def read_rows(data: bytes, field: str = "file") -> list[SheetRow]:
    """Rows of the first worksheet that hold anything. Raises Refused naming `field`, with the row where one is wrong."""
    if not data:
        raise Refused(N_("请选择要导入的文件"), field)
    if len(data) > MAX_SENT:
        raise Refused(N_("文件太大，最大 2 MB"), field)
    if not data.startswith(b"PK\x03\x04"):
        raise Refused(N_("只收 .xlsx 文件；.xls 和 .csv 请在表格软件里另存为 .xlsx"), field)
    try:
        _check_archive(data, field)
        return list(_rows(data, field))
    except _BROKEN as error:
        raise Refused(N_("这个文件打不开，可能损坏了，请重新另存为 .xlsx"), field) from error


def _check_archive(data: bytes, field: str) -> None:
    """Sizes by the directory and again while unpacking, no macros, no document types (entities that grow)."""
    with ZipFile(BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise Refused(N_("文件里的内容太多，请只留要导入的那一张表"), field)
        left = MAX_UNPACKED
        for part in parts:
            if "vbaproject" in part.filename.lower():
                raise Refused(N_("文件里有宏，请另存为不带宏的 .xlsx"), field)
            with archive.open(part) as stream:
                body = stream.read(left + 1)
            left -= len(body)
            if left < 0:
                raise Refused(N_("文件里的内容太多，请只留要导入的那一张表"), field)
            if part.filename.lower().endswith((".xml", ".rels")) and _DOCUMENT_TYPE.search(body):
                raise Refused(N_("这个文件不是普通的表格，请重新另存为 .xlsx"), field)


def _rows(data: bytes, field: str) -> Iterator[SheetRow]:
    book = load_workbook(BytesIO(data), read_only=True, keep_links=False)
    try:
        sheet: Any = book.worksheets[0]
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), 1):
            if number > MAX_ROWS:
                raise Refused("最多 %(max_rows)s 行，请分几次导入", field, max_rows=MAX_ROWS)
            cells = tuple(_text(cell, number, field) for cell in row)
            if any(cells):
                yield SheetRow(number, cells)
    finally:
        book.close()


def _text(cell: Any, number: int, field: str) -> str:
    """A number as a person reads it in the cell: the shortest decimal of what the file stores, never an exponent."""
    value = cell.value
    if value is None:
        return ""
    if getattr(cell, "data_type", "") == "f" or (isinstance(value, str) and value.startswith("=")):
        raise Refused("第 %(number)s 行有公式，请把它变成数值再导入", field, number=number)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    whole = isinstance(value, int | str)
    text = str(value) if whole else format(Decimal(repr(value)), "f").removesuffix(".0")
    if len(text) > MAX_CELL:
        raise Refused("第 %(number)s 行有一格文字太长", field, number=number)
    return text.strip()
