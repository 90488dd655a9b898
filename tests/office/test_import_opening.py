"""Opening balances from a table: filled in, checked, in as a whole or not at all; the same file back with each row's reason."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from shop.cooperatives.ledger import queries
from shop.cooperatives.ledger.closing import balances
from shop.cooperatives.ledger.vouchers import reverse_voucher
from shop.core import clock
from shop.core.db import session, transaction
from shop.core.table_import import tasks
from tests.access.identities import make_user, signed_in
from tests.office.conftest import Office
from tests.office.import_scene import manager_of, sheet
from tests.support import town_builder as town

HEAD = ("科目 *", "成员编号", "户主（参考）", "借方（元）", "贷方（元）", "余额日期", "说明")
ON = clock.today().replace(month=1, day=1)
RED, PALE = "FFF4B6B6", "FFFFF2CC"


def table(*rows: Sequence[Any], on: str = ON.isoformat()) -> bytes:
    """Rows of account, member, debit, credit; the day on the first."""
    filled = [
        (account, member, "", debit, credit, on if place == 0 else "", "")
        for place, (account, member, debit, credit) in enumerate(rows)
    ]
    return sheet(*filled, head=HEAD)


def send(office: Office, data: bytes, name: str = "期初.xlsx") -> str:
    address = office.post("/books/opening", 303, file=(BytesIO(data), name))
    tasks.sweep.run()
    return address.removeprefix(f"/coop/{office.coop.code}")


def start(office: Office, address: str) -> str:
    office.post(f"{address}/start", 303)
    tasks.sweep.run()
    return office.get(address)


def back(office: Office, address: str) -> Any:
    body = office.client.get(f"/coop/{office.coop.code}{address}/marked.xlsx").data
    return load_workbook(BytesIO(body)).worksheets[0]


def vouchers(office: Office) -> list[Any]:
    return office.rows("select id, kind, on_date, amount_fen from voucher order by id")


def number(office: Office) -> str:
    return str(office.stall.parties[0].number)


def good(office: Office, fen: str = "5") -> bytes:
    return table(("102", "", fen, ""), ("股金", number(office), "", fen))


def test_the_form_comes_back_filled_in(office: Office) -> None:
    with transaction():
        late = town.member(office.coop, "赵三", number=33, joined_on=ON)
    answer = office.client.get(f"/coop/{office.coop.code}/books/opening/template.xlsx")
    book = load_workbook(BytesIO(answer.data))
    assert [page.title for page in book.worksheets] == ["填写", "选项", "说明"]
    page = book.worksheets[0]
    offered = {str(rule.sqref).partition(":")[0] for rule in page.data_validations.dataValidation}
    assert offered == {"A2", "B2"}
    assert "整张都不导入" in str([cell.value for row in book["说明"] for cell in row])
    assert str(page["H2"].value).startswith("例")
    assert page["F3"].value == ON.isoformat()
    choices = [cell.value for cell in book["选项"]["B"]]
    assert "33号 赵三" in choices
    for row in page.iter_rows(min_row=3):
        account, member = str(row[0].value), str(row[1].value)
        if account.startswith("102"):
            row[3].value = 1_234.56
        if account.startswith("301"):
            row[4].value = "600.10" if member == "33" else "0"
        if account == "322 盈余公积" and member == "33":
            row[1].value, row[4].value = "33号 赵三", 34.46
        if account.startswith("311 专项基金——国家"):
            row[4].value = "６００"
    buffer = BytesIO()
    book.save(buffer)
    address = send(office, buffer.getvalue())
    page = office.get(address)
    assert "通过 4 行，有误 0 行" in page
    assert vouchers(office) == []
    assert "看这张凭证" in start(office, address)
    (voucher,) = vouchers(office)
    assert (voucher.kind, voucher.on_date, voucher.amount_fen) == ("opening", ON, 123_456)
    assert f"/books/vouchers/{voucher.id}" in office.get(address)
    held = balances(office.coop.id, ON)
    assert {code: held[code] for code in ("102", "301", "322", "311.subsidy")} == {
        "102": 123_456, "301": -60_010, "322": -3_446, "311.subsidy": -60_000,
    }  # fmt: skip
    assert queries.capital(office.coop.id, ON)[late.member_id or 0] == 60_010
    rows = office.rows("select subject_type, subject_id from sheet_import_row")
    assert [tuple(row) for row in rows] == [("voucher", voucher.id)] * 4


WRONG = [
    (("102", "", "1e9", ""), "D2", "普通数字"),
    (("102", "", -5, ""), "D2", "正负号"),
    (("102", "", 0.001, ""), "D2", "两位小数"),
    (("102", "", 5, 5), "D2", "只能填一个"),
    (("121 产品物资", "", 5, ""), "A2", "没有这个科目"),
    (("113", "", 5, ""), "A2", "没有这个科目"),
    (("", "", 5, ""), "A2", "请填写科目"),
    (("股金", "", "", 5), "B2", "请写成员编号"),
    (("股金", 999, "", 5), "B2", "没有这个编号的成员"),
    (("股金", 4.2e17, "", 5), "B2", "科学计数"),
    (("102", "1", 5, ""), "B2", "不分成员"),
    (("322", "1号 别人家", "", 5), "C2", "户主不一样"),
]


@pytest.mark.parametrize("row,cell,words", WRONG)
def test_one_wrong_row_and_nothing_is_in(office: Office, row: tuple[Any, ...], cell: str, words: str) -> None:
    row = tuple(number(office) if value == "1" else value for value in row)
    row = tuple(
        str(value).replace("1号", f"{number(office)}号") if "号" in str(value) else value for value in row
    )
    address = send(office, table(row, ("102 银行存款", "", 7, ""), ("股金", number(office), "", 7)))
    page = office.get(address)
    assert "一行都没有导入" in page
    assert words in page
    assert f"{address}/start" not in page
    assert (
        "整张都对才能导入"
        in office.client.post(f"/coop/{office.coop.code}{address}/start", follow_redirects=True).text
    )
    tasks.sweep.run()
    assert vouchers(office) == []
    copy = back(office, address)
    assert copy[cell].fill.start_color.rgb == RED
    assert words in str(copy["H2"].value)
    assert copy["A3"].fill.start_color.rgb != RED


def test_the_difference_of_the_whole_is_told_in_yuan_and_in_a_row_of_its_own(office: Office) -> None:
    address = send(
        office, table(("102", "", 1_005, ""), ("股金", number(office), "", "4.50"), ("x", "", "", 1))
    )
    page = office.get(address)
    assert "借贷不平：借方合计 ¥1,005.00，贷方合计 ¥5.50，借方多 ¥999.50" in page
    assert "整张表" in page
    copy = back(office, address)
    assert [cell.value for cell in copy[1]][-1] == "错误原因"
    assert "没有这个科目" in copy["H4"].value
    assert copy["H5"].value.startswith("整张表：借贷不平")
    assert copy["H5"].fill.start_color.rgb == RED
    assert [cell.value for cell in copy[5]][:7] == [None] * 7
    # mended in the same copy: what an earlier marking said is gone
    copy["A4"], copy["E4"], copy["D2"] = "321", "990.50", 1_000
    buffer = BytesIO()
    copy.parent.save(buffer)
    second = send(office, buffer.getvalue())
    again = back(office, second)
    assert (again["H4"].value, again["A4"].fill.fill_type) == (None, None)
    assert again["H5"].value == "整张表：借贷不平：借方合计 ¥1,000.00，贷方合计 ¥995.00，借方多 ¥5.00"
    assert again["H6"].value is None


def test_mended_and_sent_again_it_comes_in_once(office: Office) -> None:
    address = send(office, table(("102", "", 5, ""), ("股金", "999", "", 5)))
    copy = back(office, address)
    copy["B3"] = number(office)
    buffer = BytesIO()
    copy.parent.save(buffer)
    mended = send(office, buffer.getvalue())
    assert "通过 2 行，有误 0 行" in office.get(mended)
    start(office, mended)
    office.post(f"{mended}/start", 303)
    assert send(office, buffer.getvalue()) == mended
    assert "以前导入过" in office.get(mended)
    assert len(vouchers(office)) == 1
    other = send(office, good(office))  # the same lines in another file
    assert "另有 2 行不用动" in office.get(other)
    assert "已经导入过期初余额" in office.get(send(office, good(office, "7")))
    assert len(vouchers(office)) == 1


def test_the_marked_copy_of_what_is_in_counts_by_what_it_says(office: Office) -> None:
    """Unchanged it is known; changed it is another opening, which has to wait for the counter voucher."""
    address = send(office, good(office))
    start(office, address)
    copy = back(office, address)
    assert [copy[f"H{line}"].value for line in (2, 3)] == ["已导入", "已导入"]
    for fen, words in (("5", "另有 2 行不用动"), ("6", "已经导入过期初余额")):
        copy["D2"], copy["E3"] = fen, fen
        buffer = BytesIO()
        copy.parent.save(buffer)
        sent = send(office, buffer.getvalue())
        assert words in office.get(sent)
        assert f"{sent}/start" not in office.get(sent)
    with transaction():
        reverse_voucher(vouchers(office)[0].id, office.coop.id, "数字错了", None)
    copy["G2"] = "改正"
    buffer = BytesIO()
    copy.parent.save(buffer)
    start(office, send(office, buffer.getvalue()))
    assert [voucher.amount_fen for voucher in vouchers(office)] == [500, 500, 600]


def test_one_day_for_all_of_it(office: Office) -> None:
    lines = [("102", "", "", "5", "", day, "") for day in (ON.isoformat(), "2019-12-31", "昨天")]
    page = office.get(send(office, sheet(*lines, head=HEAD)))
    assert "和第 2 行的余额日期不一样" in page
    assert "余额日期要写成 2026-01-01 这样" in page
    assert "没有余额日期" in office.get(send(office, table(("102", "", 5, ""), on="")))
    assert "余额日期不能晚于今天" in office.get(send(office, table(("102", "", 5, ""), on="2999-01-01")))
    assert vouchers(office) == []


def test_amounts_that_cannot_be_read_are_not_in_the_sums_and_it_says_so(office: Office) -> None:
    page = office.get(send(office, table(("102", "", "五", ""), ("101", "", "", ""), ("321", "", "", 5))))
    assert "借方合计 ¥0.00，贷方合计 ¥5.00，贷方多 ¥5.00" in page
    assert "没有算进借方、贷方合计" in page
    copy = back(office, f"/books/opening/{office.rows('select max(id) as id from sheet_import')[0].id}")
    assert copy["H3"].value is None  # nobody filled it in


def test_lines_that_say_nothing_or_the_same_twice(office: Office) -> None:
    assert "没有填任何金额" in office.get(send(office, table(("102", "", "", ""), ("101", "", "0", "0.00"))))
    twice = table(("102", "", 5, ""), ("102 银行存款", "", 5, ""), ("321", "", "", 10))
    assert "与第 2 行重复" in office.get(send(office, twice))


def test_another_import_between_preview_and_start_stops_it(office: Office) -> None:
    first, second = send(office, good(office)), send(office, good(office, "7"))
    start(office, first)
    page = start(office, second)
    assert "情况变了，一行都没有导入" in page
    assert "已经导入过期初余额" in page
    assert len(vouchers(office)) == 1


def test_a_csv_in_gbk_and_one_with_a_mark(office: Office) -> None:
    lines = "\r\n".join((",".join(HEAD), f"102,,,5,,{ON},", f"股金,{number(office)},,,5,,"))
    for data in (lines.encode("gb18030"), b"\xef\xbb\xbf" + lines.encode()):
        assert "通过 2 行，有误 0 行" in office.get(send(office, data, "期初.csv"))


def test_the_books_keeper_may_and_sees_no_other_imports(office: Office) -> None:
    """The duty of accounts has the office, not the imports of members and deliveries."""
    user_id = make_user(
        office.app, "+8613700000012", role="manager", duty="accounts", cooperative_id=office.coop.id
    )
    keeper = Office(office.app, signed_in(office.app, user_id), office.stall, office.other)
    address = send(keeper, good(office))
    assert "通过 2 行" in keeper.get(address)
    start(keeper, address)
    assert len(vouchers(office)) == 1
    with transaction():
        session().execute(
            text("insert into sheet_import (cooperative_id, kind, file_name, file_sha256, body, marked, uploaded_by)"
                 " values (:c, 'members', 'x', repeat('1', 64), 'x', 'x', :u)"),
            {"c": office.coop.id, "u": manager_of(office)},
        )  # fmt: skip
    other = office.rows("select max(id) as id from sheet_import")[0].id
    for path in ("", "/marked.xlsx"):
        keeper.get(f"/books/opening/{other}{path}", 404)
    keeper.post(f"/books/opening/{other}/start", 404)
    keeper.get(f"/imports/{other}", 403)


def test_the_list_of_imports_leads_to_the_books(office: Office) -> None:
    address = send(office, good(office))
    assert "期初.xlsx" in office.get("/books/opening")
    assert "期初.xlsx" in office.get("/imports")
    name = address.rpartition("/")[2]
    answer = office.client.get(f"/coop/{office.coop.code}/imports/{name}")
    assert (answer.status_code, answer.location) == (303, f"/coop/{office.coop.code}{address}")
    assert "请选择要导入的文件" in office.post("/books/opening", 422)
