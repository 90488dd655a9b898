"""Reading an .xlsx that somebody sent: checked before it is unpacked, then cells as text, numbers exactly as typed.

For the limited process (shop/core/sheet_child.py): without Flask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError  # only the error; openpyxl parses
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from shop.core.sheet_limits import MAX_CELL, MAX_COLUMNS, MAX_PARTS, MAX_ROWS, MAX_UNPACKED, SheetRow
from shop.core.text import N_, BadInput

_INEXACT = 10**15
_DOCUMENT_TYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_BROKEN = (
    BadZipFile, InvalidFileException, ParseError, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError,
    EOFError, NotImplementedError, RuntimeError, RecursionError, OverflowError,
)  # fmt: skip


def rows(data: bytes) -> Iterator[SheetRow]:
    """Rows of the first worksheet that hold anything. Raises BadInput, with the row where one is wrong."""
    with refusing_broken(data):
        yield from _rows(data)


@contextmanager
def refusing_broken(data: bytes) -> Iterator[None]:
    """Inside it `data` has been found a workbook of a fair size. Raises BadInput, also for whatever its parser stumbles over."""
    try:
        _check_archive(data)
        yield
    except BadInput:
        raise
    except _BROKEN as error:
        raise BadInput(N_("这个文件打不开，可能损坏了，请重新另存为 .xlsx")) from error


def _check_archive(data: bytes) -> None:
    """Sizes by the directory and again while unpacking, no macros, no document types (entities that grow)."""
    with ZipFile(BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise BadInput(N_("文件里的内容太多，请只留要导入的那一张表"))
        left = MAX_UNPACKED
        for part in parts:
            if "vbaproject" in part.filename.lower():
                raise BadInput(N_("文件里有宏，请另存为不带宏的 .xlsx"))
            with archive.open(part) as stream:
                body = stream.read(left + 1)
            left -= len(body)
            if left < 0:
                raise BadInput(N_("文件里的内容太多，请只留要导入的那一张表"))
            if part.filename.lower().endswith((".xml", ".rels")) and _DOCUMENT_TYPE.search(body):
                raise BadInput(N_("这个文件不是普通的表格，请重新另存为 .xlsx"))


def _rows(data: bytes) -> Iterator[SheetRow]:
    book = load_workbook(BytesIO(data), read_only=True, keep_links=False)
    try:
        sheet: Any = book.worksheets[0]
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), 1):
            if number > MAX_ROWS:
                raise BadInput(N_("最多 %(max_rows)s 行，请分几次导入"), max_rows=MAX_ROWS)
            cells = [_text(cell, number) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield SheetRow(number, tuple(cells))
    finally:
        book.close()


def _text(cell: Any, number: int) -> str:
    """A number as a person reads it in the cell: the shortest decimal of what the file stores. An exponent only where the file
    keeps no more than the first digits of a long number: then what was typed is lost, and has to be seen to be."""
    value = cell.value
    if value is None:
        return ""
    if getattr(cell, "data_type", "") == "f" or (isinstance(value, str) and value.startswith("=")):
        raise BadInput(N_("第 %(number)s 行有公式，请把它变成数值再导入"), number=number)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, float) and abs(value) >= _INEXACT:
        return format(Decimal(repr(value)).normalize(), "E")
    whole = isinstance(value, int | str)
    text = str(value) if whole else format(Decimal(repr(value)), "f").removesuffix(".0")
    if len(text) > MAX_CELL:
        raise BadInput(N_("第 %(number)s 行有一格文字太长"), number=number)
    return text.strip()
