"""The file that goes to the bank: one row a payment, in the columns that the bank wants. The same rows give the same bytes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO, StringIO

from shop.core.spreadsheet import XLSX, new_book, safe_cell
from shop.core.text import N_

CSV_TYPE = "text/csv"
FIXED = "="


@dataclass(frozen=True, slots=True)
class Row:
    """A payment as the bank needs it. `amount` is plain yuan with two decimals; `reference` comes back in the answer."""

    seq: int
    reference: str
    holder: str
    account: str
    bank: str
    amount: str
    note: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Order and headings of the columns, and how the file is written.

    `columns` are (heading, field of Row), or (heading, "=" and a text that stands in every row).
    """

    code: str
    name: str
    columns: tuple[tuple[str, str], ...]
    kind: str = "csv"  # csv | xlsx
    encoding: str = "utf-8-sig"

    @property
    def media_type(self) -> str:
        return XLSX if self.kind == "xlsx" else CSV_TYPE


_FULL = (
    ("序号", "seq"), ("收款人户名", "holder"), ("收款账号", "account"), ("开户行", "bank"), ("金额", "amount"),
    ("用途", "note"), ("业务参考号", "reference"),
)  # fmt: skip
_RURAL = (
    ("账号", "account"), ("户名", "holder"), ("金额", "amount"), ("摘要", "note"), ("企业流水号", "reference"),
)  # fmt: skip
LAYOUTS = (
    Layout("xlsx", N_("Excel 表格，通用"), _FULL, kind="xlsx"),
    Layout("csv", N_("CSV，通用（UTF-8）"), _FULL),
    Layout("csv-gbk", N_("CSV，通用（GBK，老的网银客户端）"), _FULL, encoding="gb18030"),
    Layout("rural", N_("CSV，农信社代发（账号在前，GBK）"), _RURAL, encoding="gb18030"),
)
BUILT_IN = {layout.code: layout for layout in LAYOUTS}


def write(layout: Layout, rows: Sequence[Row], made_at: datetime) -> bytes:
    """The file. `made_at` (the batch's) is the only time in it."""
    return _workbook(layout, rows, made_at) if layout.kind == "xlsx" else _csv(layout, rows)


def filename(layout: Layout, number: str) -> str:
    return f"{number}.{layout.kind}"


def _cells(layout: Layout, row: Row) -> list[str]:
    return [
        safe_cell(field[1:] if field.startswith(FIXED) else str(getattr(row, field)))
        for _heading, field in layout.columns
    ]


def _csv(layout: Layout, rows: Sequence[Row]) -> bytes:
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([heading for heading, _field in layout.columns])
    writer.writerows(_cells(layout, row) for row in rows)
    return text.getvalue().encode(layout.encoding)


def _workbook(layout: Layout, rows: Sequence[Row], made_at: datetime) -> bytes:
    """Everything as text, account numbers and amounts too: no program may round or shorten them."""
    buffer = BytesIO()
    with new_book(buffer) as book:
        book.set_properties({"created": made_at.replace(tzinfo=None)})
        as_text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("代发")
        for place, (heading, _field) in enumerate(layout.columns):
            sheet.write_string(0, place, heading, as_text)
            sheet.set_column(place, place, 22)
        for line, row in enumerate(rows, 1):
            for place, cell in enumerate(_cells(layout, row)):
                sheet.write_string(line, place, cell, as_text)
    return buffer.getvalue()
