"""Reading a CSV that somebody sent, of whichever separator. For the limited process: without Flask."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator
from io import StringIO

from shop.core.sheet_limits import MAX_CELL, MAX_COLUMNS, MAX_ROWS, SheetRow
from shop.core.text import N_, BadInput

NO_TABLE = N_("只收 CSV 和 .xlsx 表格，这个文件不是")
_NO_TABLES = (
    "<!doctype",
    "<html",
    "<?xml",
    "%pdf",
    "{\\rtf",
)  # text, but of another kind: web pages that are called .xls
_DELIMITERS = (",", "\t", ";", "|")


def rows(data: bytes) -> Iterator[SheetRow]:
    """Rows that hold anything. Raises BadInput."""
    text = _decode(data)
    if text.lstrip().lower().startswith(_NO_TABLES):
        raise BadInput(NO_TABLE)
    head = text[:2000]
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        for number, cells in enumerate(
            csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True), 1
        ):
            if number > MAX_ROWS:
                raise BadInput(N_("最多 %(max_rows)s 行，请分几次导入"), max_rows=MAX_ROWS)
            if any(len(cell) > MAX_CELL for cell in cells):
                raise BadInput(N_("第 %(number)s 行有一格文字太长"), number=number)
            if any(cells):
                yield SheetRow(number, tuple(cells[:MAX_COLUMNS]))
    except csv.Error as error:
        raise BadInput(N_("这个 CSV 文件的引号不成对，请重新导出")) from error


def _decode(data: bytes) -> str:
    """UTF-8 with or without a mark, else the Chinese code of Excel's CSV; nothing is guessed beyond that."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\r\n\t" for char in text):
            break
        return text
    raise BadInput(NO_TABLE)
