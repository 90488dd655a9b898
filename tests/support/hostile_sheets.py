"""Workbooks that cost more to open than they weigh."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from xlsxwriter import Workbook

_HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_FOOT = b"</sheetData></worksheet>"
_STRINGS = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</sst>'


def bomb() -> bytes:
    """20 MB of noughts in 20 kB."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"0" * 20_000_000)
    return buffer.getvalue()


def wide() -> bytes:
    """One row of close to a million cells: 12 MB when unpacked, half a gigabyte when parsed."""
    return _workbook(b'<row r="1">' + b"<c><v>1</v></c>" * 800_000 + b"</row>")


def nested() -> bytes:
    """Elements in elements, a million and a half deep."""
    return _workbook(b"<row>" + b"<a>" * 1_500_000 + b"</a>" * 1_500_000 + b"</row>")


def shared() -> bytes:
    """One long string that 200,000 cells show: 100 million characters."""
    cells = b"<row>" + b'<c t="s"><v>0</v></c>' * 40 + b"</row>"
    return _workbook(cells * 4_999, _STRINGS % f"<si><t>{'好' * 499}</t></si>")


def _workbook(rows: bytes, strings: str | None = None) -> bytes:
    plain = BytesIO()
    with Workbook(plain, {"in_memory": True}) as book:
        book.add_worksheet().write_string(0, 0, "x")
    buffer = BytesIO()
    with ZipFile(plain) as given, ZipFile(buffer, "w", ZIP_DEFLATED) as made:
        for part in given.infolist():
            body = given.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                body = _HEAD + rows + _FOOT
            if strings is not None and part.filename == "xl/sharedStrings.xml":
                body = strings.encode()
            made.writestr(part.filename, body)
    return buffer.getvalue()
