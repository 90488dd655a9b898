"""Payments off the straight way, in the office: what came back, cash against a signed list, the bank's own columns."""

from __future__ import annotations

import re
from io import BytesIO

from tests.office.conftest import Office
from tests.office.test_payout_pages import accounts, make_batch, settle
from tests.support import payout_builder as build


def _answer(office: Office, batch_id: int, word: str) -> None:
    number = office.rows("select number from payout_batch where id = :id", id=batch_id)[0].number
    rows = office.rows("select seq from payout where batch_id = :id order by seq", id=batch_id)
    data = build.answer_csv([(f"{number}-{row.seq:04d}", word, "") for row in rows])
    office.post(f"/payouts/{batch_id}/answer", 303, answer=(BytesIO(data), "回单.csv"))


def test_a_payment_that_came_back_is_written_down(office: Office, chair: Office) -> None:
    settle(office, chair)
    accounts(office, chair)
    batch_id = make_batch(office)
    chair.post(f"/payouts/{batch_id}/approve", 303)
    office.post(f"/payouts/{batch_id}/file", 200, layout="csv")
    _answer(office, batch_id, "成功")
    assert "记退回" in office.get(f"/payouts/{batch_id}")
    address = f"/payouts/{batch_id}/1/return"
    assert "照银行回单写" in office.get(address)
    page = office.post(address, 422, returned_on="那天", reason="户名不符")
    assert 'id="returned_on-error"' in page
    assert 'value="户名不符"' in page
    today = office.rows("select (now() at time zone 'Asia/Shanghai')::date as d")[0].d
    assert 'id="reason-error"' in office.post(address, 422, returned_on=str(today), reason="")
    office.post(address, 303, returned_on=str(today), reason="户名不符")
    page = office.get(f"/payouts/{batch_id}")
    assert "已记退回" in page
    assert "退回了，待重付" in page
    office.get(f"/payouts/{batch_id}/99/return", 404)
    assert "做付款批次" in office.get("/payouts")


def test_cash_is_handed_out_against_a_signed_list(office: Office, chair: Office) -> None:
    settle(office, chair)
    row = office.rows("select id from settlement")[0]
    place = office.post("/payouts", 303, source="settlement", id=row.id, method="cash")
    batch_id = int(place.rpartition("/")[2])
    assert "由理事长批准" in office.get(f"/payouts/{batch_id}") or "另一个人" in office.get(
        f"/payouts/{batch_id}"
    )
    chair.post(f"/payouts/{batch_id}/approve", 303)
    assert "领款人签字" in office.get(f"/payouts/{batch_id}/list")
    payments = [one.id for one in office.rows("select id from payout order by seq")]
    page = office.post(f"/payouts/{batch_id}/hand-out", 422, collected=str(payments[0]))
    assert 'id="signed-error"' in page
    assert f'value="{payments[0]}" checked' in page
    signed = {"signed": (BytesIO(b"%PDF-1.4\n%%EOF"), "签字.pdf")}
    page = office.post(f"/payouts/{batch_id}/hand-out", 422, collected=str(payments[0]), **signed)
    assert "账上现金只有" in page
    office.post("/books/vouchers/new", 303, **CASH_DRAWN)
    signed = {"signed": (BytesIO(b"%PDF-1.4\n%%EOF"), "签字.pdf")}
    office.post(f"/payouts/{batch_id}/hand-out", 303, collected=str(payments[0]), **signed)
    page = office.get(f"/payouts/{batch_id}")
    assert "没有来领" in page or len(payments) == 1
    paper = re.findall(r"/papers/([0-9]+)", page)[0]
    office.get(f"/papers/{paper}")


CASH_DRAWN = {
    "kind": "other", "request_key": "0123456789abcdef" * 2, "on_date": "2020-09-30", "memo": "提现",
    "account0": "101", "debit0": "100000", "account1": "102", "credit1": "100000",
}  # fmt: skip


def test_the_chair_sets_up_the_banks_columns(office: Office, chair: Office) -> None:
    assert "请理事长来设置" in office.get("/payouts/layouts")
    typed = {"name": "农商行代发", "kind": "csv", "encoding": "gb18030"}
    for n, (heading, field) in enumerate((("卡号", "account"), ("户名", "holder"), ("金额", "amount"))):
        typed |= {f"heading{n}": heading, f"field{n}": field}
    page = chair.post("/payouts/layouts", 422, **typed)
    assert 'id="columns-error"' in page
    assert 'value="卡号"' in page
    typed |= {"heading3": "编号", "field3": "reference"}
    assert "由理事长设置" in office.post("/payouts/layouts", 422, **typed)
    chair.post("/payouts/layouts", 303, **typed)
    assert "农商行代发" in office.get("/payouts/layouts")
    assert 'id="name-error"' in chair.post("/payouts/layouts", 422, **typed)
    layout = office.rows("select id from bank_layout")[0].id
    office.post(f"/payouts/layouts/{layout}/retire", 303)
    assert "农商行代发" not in office.get("/payouts/layouts")
