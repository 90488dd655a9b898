"""Opening balances from a spreadsheet: the form filled in, wrong rows told in words, all or nothing, a file only once."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import text

from shop.cooperatives.ledger import opening, queries
from shop.cooperatives.ledger.closing import balances
from shop.cooperatives.ledger.vouchers import made_before, reverse_voucher
from shop.cooperatives.people.queries import members
from shop.core.db import session, transaction
from shop.core.errors import Refused
from shop.core.spreadsheet import workbook
from tests.support import town_builder as town

ON = date(2020, 1, 1)
HEAD = ("科目", "成员编号", "户主（参考）", "借方（元）", "贷方（元）", "说明")


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative()


def sheet(*rows: tuple[Any, ...], head: tuple[str, ...] = HEAD) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(("某社 期初余额",))
    page.append(())
    page.append(head)
    for row in rows:
        page.append(row)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _import(coop: town.Coop, data: bytes) -> int:
    found = opening.read_opening(coop.id, data, ON)
    assert found.problems == []
    with transaction():
        return opening.import_opening(coop.id, found, ON, None)


def _vouchers() -> int:
    return int(session().scalar(text("select count(*) from voucher")) or 0)


def test_the_form_comes_back_filled_in(coop: town.Coop) -> None:
    with transaction():
        owners = [town.member(coop, f"户主{n}", number=n) for n in (3, 1)]
    book = load_workbook(BytesIO(workbook(opening.form("=某社", members(coop.id, ON)))))
    page = book.worksheets[0]
    assert str(page["A1"].value).startswith("'=某社")
    for row in page.iter_rows(min_row=4):
        if str(row[0].value).startswith("102"):
            row[3].value = 1_234.56
        if str(row[0].value).startswith("301"):
            row[4].value = 500 if row[1].value == 1 else 600.1
        if str(row[0].value) == "322 盈余公积" and row[1].value == 3:
            row[4].value = "34.46"
        if str(row[0].value).startswith("311 专项基金——国家"):
            row[4].value = "１００"
    buffer = BytesIO()
    book.save(buffer)
    _import(coop, buffer.getvalue())
    assert balances(coop.id, ON) == {
        "102": 123_456, "301": -110_010, "322": -3_446, "311.subsidy": -10_000,
    }  # fmt: skip
    assert queries.capital(coop.id, ON) == {owners[0].member_id: 60_010, owners[1].member_id: 50_000}
    assert queries.reserve_shares(coop.id, 2020) == {owners[0].member_id: 3_446}


def test_a_file_counts_once_and_another_only_after_the_counter_voucher(coop: town.Coop) -> None:
    with transaction():
        town.member(coop, number=1)
    first = sheet(("102", None, None, 5, None), ("股金", 1, None, None, 5))
    second = sheet(("102", None, None, 7, None), ("股金", 1, None, None, 7))
    voucher_id = _import(coop, first)
    assert _import(coop, first) == voucher_id
    assert (
        made_before(coop.id, opening.request_key_of(opening.read_opening(coop.id, first, ON))).id
        == voucher_id
    )
    with pytest.raises(Refused, match="先冲销"):
        _import(coop, second)
    with transaction():
        reverse_voucher(voucher_id, coop.id, "导错了", None)
    _import(coop, second)
    assert balances(coop.id, date(2099, 1, 1)) == {"102": 700, "301": -700}


WRONG = [
    (("102", None, None, "1e9", None), 4, "借方（元）", "普通数字"),
    (("102", None, None, -5, None), 4, "借方（元）", "正负号"),
    (("102", None, None, 0.001, None), 4, "借方（元）", "两位小数"),
    (("102", None, None, 5, 5), 4, "借方（元）", "只能填一个"),
    (("121 产品物资", None, None, 5, None), 4, "科目", "不认识科目"),
    (("113", None, None, 5, None), 4, "科目", "不认识科目"),
    (("", None, None, 5, None), 4, "科目", "不认识科目"),
    (("股金", None, None, None, 5), 4, "成员编号", "请写成员编号"),
    (("股金", 999, None, None, 5), 4, "成员编号", "没有编号"),
    (("股金", "4.2E+17", None, None, 5), 4, "成员编号", "没有编号"),
]


@pytest.mark.parametrize("row,number,column,words", WRONG)
def test_wrong_rows_are_named_and_nothing_is_stored(
    coop: town.Coop, row: tuple[Any, ...], number: int, column: str, words: str
) -> None:
    with transaction():
        town.member(coop, number=1)
    found = opening.read_opening(coop.id, sheet(row, ("股金", 1, None, None, 5)), ON)
    assert [(problem.number, problem.column) for problem in found.problems] == [(number, column)]
    assert words in found.problems[0].words
    with pytest.raises(Refused, match="没有导入"), transaction():
        opening.import_opening(coop.id, found, ON, None)
    assert _vouchers() == 0


def test_the_whole_has_to_balance_and_no_line_comes_twice(coop: town.Coop) -> None:
    with transaction():
        town.member(coop, number=1)
        stranger = town.member(town.cooperative(), number=2)
    found = opening.read_opening(coop.id, sheet(("102", None, None, 5, None), ("股金", 1, None, None, 4)), ON)
    assert [(problem.number, problem.words) for problem in found.problems] == [(0, "借贷不平：借方多 ¥1.00")]
    twice = sheet(("102", None, None, 5, None), ("102 银行存款", None, None, 5, None))
    assert "第 4 行重复" in opening.read_opening(coop.id, twice, ON).problems[0].words
    foreign = opening.read_opening(coop.id, sheet(("股金", stranger.number, None, None, 5)), ON)
    assert "没有编号" in foreign.problems[0].words


def _zip(**parts: bytes) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def _with(part: str, body: bytes) -> bytes:
    """A good file with one part more or replaced."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(sheet())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        new.writestr(part, body)
    return out.getvalue()


BOMB = b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><x>&b;</x>"
HOSTILE = {
    "nothing": (b"", "请选择"),
    "csv": ("科目,成员编号,借方,贷方".encode("gbk"), "xlsx"),
    "old xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xlsx"),
    "zip of nothing": (_zip(x=b"1"), "打不开"),
    "cut": (sheet()[:200], "打不开"),
    "too big": (b"PK\x03\x04" + bytes(3 * 1024 * 1024), "2 MB"),
    "zip bomb": (_zip(**{"xl/worksheets/sheet1.xml": bytes(60 * 1024 * 1024)}), "内容太多"),
    "many parts": (_zip(**{f"p{n}": b"" for n in range(500)}), "内容太多"),
    "macros": (_with("xl/vbaProject.bin", b"x"), "宏"),
    "entities": (_with("xl/sharedStrings.xml", BOMB), "普通的表格"),
    "formula": (sheet(("102", None, None, "=1+1", None)), "公式"),
    "no heading": (sheet(head=("a", "b", "c")), "没有找到表头"),
    "empty": (sheet(), "没有填任何金额"),
    "long cell": (sheet(("x" * 600, None, None, 5, None)), "太长"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_words(coop: town.Coop, name: str) -> None:
    data, words = HOSTILE[name]
    with pytest.raises(Refused, match=words) as refusal:
        opening.read_opening(coop.id, data, ON)
    assert refusal.value.field == "file"
    assert _vouchers() == 0


def test_too_many_rows_are_refused(coop: town.Coop) -> None:
    with pytest.raises(Refused, match="5000"):
        opening.read_opening(coop.id, sheet(*[("102", None, None, 1, None)] * 5_100), ON)
