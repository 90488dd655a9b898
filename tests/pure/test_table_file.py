"""Tables that people send: read by their headings, refused in words."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from shop.core.errors import Refused
from shop.core.table_file import read_day, read_table

COLUMNS = {"name": ("姓名",), "amount": ("金额", "amount")}


@pytest.fixture(autouse=True)
def plain_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.core.errors.gettext", lambda message: message)


def bomb() -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"0" * 20_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_titles_blank_rows_and_other_columns_are_no_harm(encoding: str, delimiter: str) -> None:
    rows = [["某银行"], [], ["编号", "金额（元）", "姓 名"], ["7", "1.50", "𠮷田"], [], ["8", "'=1+1", "王"]]
    data = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)
    found = read_table(data, COLUMNS, ("name",))
    assert [(row.number, row["name"], row["amount"]) for row in found] == [
        (4, "𠮷田", "1.50"),
        (6, "王", "=1+1"),
    ]


@pytest.mark.parametrize(
    "data, words",
    [
        (b"0" * (2 * 1024 * 1024 + 1), "最大 2 MB"),
        (bomb(), "太多"),
        (b"PK\x03\x04" + b"x" * 50, "打不开"),
        (b"\xff\xff\xff", "不是"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read_table(data, COLUMNS, ("name",))


@pytest.mark.parametrize(
    "text", ["2026-11-24", "2026/11/24", "20261124", "2026年11月24日", "2026-11-24 10:00:00"]
)
def test_days(text: str) -> None:
    assert read_day(text) == date(2026, 11, 24)


@pytest.mark.parametrize("text", ["", "明天", "24-11-2026x", "2026-13-01", "-1-1-1", "0000-00-00"])
def test_no_days(text: str) -> None:
    assert read_day(text) is None
