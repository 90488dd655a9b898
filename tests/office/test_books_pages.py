"""The books' pages: what is typed is kept and judged beside its field, figures lead to entries, foreign ids lead nowhere."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import text

from shop.core import clock
from shop.core.db import session, transaction
from tests.access.identities import make_user, signed_in
from tests.office.conftest import Office
from tests.orders import market

KEY = "0123456789abcdef" * 2
PAGES = (
    "", "/balance", "/income", "/surplus", "/members", "/entries", "/vouchers", "/vouchers/new", "/vouchers/new?kind=other",
    "/vouchers/new?kind=receipt", "/closing", "/opening",
)  # fmt: skip


def _form(**changed: Any) -> dict[str, Any]:
    fields = {
        "kind": "expense", "request_key": KEY, "amount": "80.5", "category": "admin", "paid_by": "bank",
        "on_date": "2020-08-31", "memo": "八月电费", "payee": "供电所",
    }  # fmt: skip
    return fields | changed


def _count(office: Office, table: str = "voucher") -> int:
    return int(office.rows(f"select count(*) as n from {table}")[0].n)


def _photo(size: tuple[int, int] = (60, 40)) -> BytesIO:
    buffer = BytesIO()
    Image.new("RGB", size, "red").save(buffer, "JPEG")
    buffer.seek(0)
    return buffer


def _new(office: Office, **changed: Any) -> int:
    address = office.post("/books/vouchers/new", 303, **_form(**changed))
    return int(re.findall(r"/vouchers/([0-9]+)", address)[0])


def test_an_empty_book_says_what_to_do(office: Office) -> None:
    for path in PAGES:
        office.get(f"/books{path}")
    assert "还没有凭证" in office.get("/books")


def test_five_fields_make_a_voucher_and_its_page_shows_both_sides(office: Office) -> None:
    voucher_id = _new(office, picture=(_photo(), "发票.jpg"))
    page = office.get(f"/books/vouchers/{voucher_id}")
    for words in (
        "V2020-0001",
        "¥80.50",
        "捌拾元伍角整",
        "522 管理费用",
        "102 银行存款",
        "供电所",
        "paper-picture",
    ):
        assert words in page
    assert "八月电费" in office.get("/books/vouchers?year=2020")
    paper = re.findall(r"/papers/([0-9]+)", page)[0]
    answer = office.client.get(f"/coop/{office.coop.code}/papers/{paper}")
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with Image.open(BytesIO(answer.data)) as stored:
        assert stored.size == (60, 40)


def test_the_same_page_sent_again_makes_no_second_voucher(office: Office) -> None:
    first = _new(office)
    assert office.post("/books/vouchers/new", 303, **_form()).endswith(f"/vouchers/{first}")
    assert "已经记过一张" in office.post("/books/vouchers/new", 409, **_form(amount="90"))
    assert _count(office) == 1


BAD = [
    *(("amount", bad) for bad in ("", "0", "-1", "1e9", "NaN", "5.001", "八十", "9" * 30)),
    *(("on_date", bad) for bad in ("", "2020-13-01", "0001-01-01", "2099-01-01", "昨天")),
    ("category", ""),
    ("category", "sale"),
    ("paid_by", ""),
    ("paid_by", "asset"),
    ("memo", " "),
    ("memo", "长" * 201),
    ("memo", "a\u202eb"),
    ("payee", "x" * 61),
    ("kind", ""),
    ("kind", "reversal"),
    ("kind", "year_close"),
]


@pytest.mark.parametrize("field,value", BAD)
def test_bad_input_stands_beside_its_field_with_everything_kept(
    office: Office, field: str, value: str
) -> None:
    page = office.post("/books/vouchers/new", 422, **_form(**{field: value}))
    assert _count(office) == 0
    assert "error-summary" in page
    if field not in ("kind", "payee"):
        assert "供电所" in page
    if field not in ("amount", "kind"):
        assert 'value="80.5"' in page
    if field in ("amount", "on_date", "category", "paid_by"):
        assert f'id="{field}-error"' in page


@pytest.mark.parametrize(
    "sent,words",
    [
        ((BytesIO(b"<svg onload=alert(1)>"), "a.jpg"), "只收照片"),
        ((BytesIO(b"GIF89a" + bytes(50)), "a.gif"), "只收照片"),
        ((BytesIO(b"MZ" + bytes(50)), "a.pdf"), "只收照片"),
        ((BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(50)), "a.png"), "打不开"),
    ],
)
def test_a_hostile_picture_stops_the_whole_voucher(office: Office, sent: Any, words: str) -> None:
    page = office.post("/books/vouchers/new", 422, **_form(picture=(BytesIO(sent[0].getvalue()), sent[1])))
    assert words in page
    assert 'id="picture-error"' in page
    assert (_count(office), _count(office, "attachment")) == (0, 0)


def test_free_entries_have_to_balance_and_keep_what_was_typed(office: Office) -> None:
    lines = {
        "kind": "other", "account0": "101", "debit0": "50", "account1": "102", "credit1": "49.99",
    }  # fmt: skip
    page = office.post("/books/vouchers/new", 422, **_form(**lines))
    assert "借方多 ¥0.01" in page
    assert 'value="49.99"' in page
    for changed, words in (
        ({"credit0": "3"}, "只能填一个"),
        ({"account1": "121"}, "自动入账"),
        ({"account1": "bank"}, "请选择科目"),
        ({"account1": "301", "credit1": "50"}, "写成员编号"),
        ({"account1": "301", "credit1": "50", "member1": "999999"}, "没有编号"),
        ({"account2": "521"}, "没有金额"),
    ):
        assert words in office.post("/books/vouchers/new", 422, **_form(**(lines | changed)))
    assert _count(office) == 0
    _new(office, **(lines | {"credit1": "50"}))
    number = office.stall.parties[0].number
    capital = {
        "kind": "receipt", "category": "capital", "member": str(number), "request_key": "f" * 32, "paid_by": "cash",
    }  # fmt: skip
    _new(office, **capital)
    row = office.rows("select member_id, fen from ledger_entry where account = '301'")[0]
    assert (row.member_id, row.fen) == (office.stall.parties[0].member_id, -8_050)


def test_a_voucher_is_reversed_with_a_reason_and_more_papers_can_follow(office: Office) -> None:
    voucher_id = _new(office)
    assert "请填写冲销原因" in office.post(f"/books/vouchers/{voucher_id}/reverse", 422, reason="")
    assert "请选择照片" in office.post(f"/books/vouchers/{voucher_id}/papers", 422)
    office.post(f"/books/vouchers/{voucher_id}/papers", 303, picture=(BytesIO(b"%PDF-1.4 %%EOF"), "x.pdf"))
    assert "下载 PDF" in office.get(f"/books/vouchers/{voucher_id}")
    office.post(f"/books/vouchers/{voucher_id}/reverse", 303, reason="金额写错")
    assert "已经冲销" in office.get(f"/books/vouchers/{voucher_id}")
    assert "已经冲销过" in office.post(f"/books/vouchers/{voucher_id}/reverse", 422, reason="再来")
    assert _count(office) == 2


def test_other_cooperatives_rows_do_not_exist(app: Flask, office: Office) -> None:
    voucher_id = _new(office, picture=(_photo(), "a.jpg"))
    attachment_id = office.rows("select id from attachment")[0].id
    transaction_id = office.rows("select transaction_id as id from voucher")[0].id
    member_id = office.stall.parties[0].member_id
    stranger = signed_in(
        app,
        make_user(app, "+8613700000008", role="manager", duty="manager", cooperative_id=office.other.coop.id),
    )
    base = f"/coop/{office.other.coop.code}"
    for path in (
        f"/books/vouchers/{voucher_id}", f"/books/transactions/{transaction_id}", f"/papers/{attachment_id}",
        f"/books/members/{member_id}", "/books/sheets/secret.xlsx", "/books/entries?account=sale", f"/papers/{10**30}",
    ):  # fmt: skip
        assert stranger.get(base + path).status_code == 404, path
    for path in (f"/books/vouchers/{voucher_id}/reverse", f"/books/vouchers/{voucher_id}/papers"):
        assert stranger.post(base + path, data={"reason": "x"}).status_code == 404
    assert stranger.get(f"/coop/{office.coop.code}/books").status_code == 404
    assert "V2020" not in stranger.get(f"{base}/books/entries?member={member_id}&year=2020").text
    assert _count(office) == 1


@pytest.mark.parametrize(
    "query",
    [
        "year=20200",
        "year=soon",
        "year=1900",
        "first=2020-13",
        "last=x",
        "first=2020-05&last=2020-01",
        "first=1900-01",
        "year=%00",
    ],
)
def test_bad_periods_are_told_in_words(office: Office, query: str) -> None:
    for path in ("balance", "income", "surplus", "members", "entries", "vouchers", "sheets/balance.xlsx"):
        if query.startswith("year") or path not in ("surplus", "members"):
            office.get(f"/books/{path}?{query}", 422)


def test_months_and_years_close_from_the_page(office: Office) -> None:
    market.paid(market.buyer(), {office.stall.sku_id: 1}, attribute=False)
    page = office.get("/books/closing")
    assert "结 2020-08 的账" in page  # the builder's deliveries are of August 2020
    assert "打勾确认" in office.post("/books/closing/month", 422, month="2020-08")
    assert "先给 2020-08" in office.post("/books/closing/month", 422, month="2020-09", sure="1")
    for bad in ("2020-13", "soon"):
        office.post("/books/closing/month", 422, month=bad, sure="1")
    office.post("/books/closing/month", 303, month="2020-08", sure="1")
    assert "已经结账" in office.post("/books/vouchers/new", 422, **_form())
    for bad in ("", "20", "1900", "abcd", str(clock.today().year)):
        office.post("/books/closing/year", 422, year=bad, sure="1")
    office.post("/books/closing/year", 303, year="2020", sure="1")
    assert "2020 年度" in office.get("/books/closing")


def test_a_month_with_an_unbooked_sale_stays_open(office: Office) -> None:
    market.paid(market.buyer(), {office.stall.sku_id: 1}, attribute=False)
    with transaction():
        session().execute(
            text("update customer_order set paid_on = '2020-08-20' where attributed_at is null")
        )
    assert "还没归属入账" in office.get("/books/closing")
    assert "没有归属入账" in office.post("/books/closing/month", 422, month="2020-08", sure="1")
    assert "没有归属入账" in office.post("/books/closing/year", 422, year="2020", sure="1")
    assert (_count(office, "period_close"), _count(office, "fiscal_year_close")) == (0, 0)
