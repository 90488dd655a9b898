"""The way of the money in the office: approve, account, batch, file, answer, where it is; two people, words for what is wrong."""

from __future__ import annotations

import csv
import re
from io import BytesIO, StringIO
from typing import Any

import pytest
from sqlalchemy import text

from shop.cooperatives import tasks
from shop.core.db import session, transaction
from tests.office.conftest import Office
from tests.support import payout_builder as build

MONTH = "2020-08"


def settle(office: Office, chair: Office) -> None:
    office.post("/settlement", 303, month=MONTH)
    chair.post("/settlement/approve", 303, month=MONTH)


def accounts(office: Office, chair: Office) -> None:
    """One for every member, approved and two days old."""
    for number, party in enumerate(office.stall.parties):
        name = str(office.rows("select number from member where id = :id", id=party.member_id)[0].number)
        account = f"62284800000{number:05d}"
        office.post("/payees", 303, party=name, holder="户主", bank="农商行", account=account, again=account)
    for row in office.rows("select id from payee_account order by id"):
        chair.post(f"/payees/{row.id}/approve", 303)
        with transaction():
            build.age_account(row.id)


def make_batch(office: Office) -> int:
    row = office.rows("select id from settlement")[0]
    place = office.post("/payouts", 303, source="settlement", id=row.id)
    return int(place.rpartition("/")[2])


def test_the_whole_way(office: Office, chair: Office) -> None:
    office.post("/settlement", 303, month=MONTH)
    assert "由理事长审批" in office.post("/settlement/approve", 422, month=MONTH)
    assert "审批这张结算单" in chair.get(f"/settlement?month={MONTH}")
    chair.post("/settlement/approve", 303, month=MONTH)
    page = office.get(f"/settlement?month={MONTH}")
    assert "已审批" in page
    assert "2020-09-17 起付款" in page
    row = office.rows("select id from settlement")[0]
    assert "没有可用的收款账户" in office.post("/payouts", 422, source="settlement", id=row.id)
    accounts(office, chair)
    assert "做付款批次" in office.get("/payouts")
    batch_id = make_batch(office)
    assert "由理事长批准" in office.post(f"/payouts/{batch_id}/approve", 422)
    assert "批准以后" in office.post(f"/payouts/{batch_id}/file", 422, layout="csv")
    chair.post(f"/payouts/{batch_id}/approve", 303)
    assert "文件格式" in office.get(f"/payouts/{batch_id}")
    answer = office.client.post(f"/coop/{office.coop.code}/payouts/{batch_id}/file", data={"layout": "csv"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 3
    page = office.get(f"/payouts/{batch_id}")
    assert rows[0]["收款账号"] not in page
    assert rows[0]["收款账号"][-4:] in page
    told = [
        (row["业务参考号"], "成功" if place else "失败", "" if place else "账号已销户")
        for place, row in enumerate(rows)
    ]
    data = build.answer_csv(told)
    upload = {"answer": (BytesIO(data), "回单.csv")}
    office.post(f"/payouts/{batch_id}/answer", 303, **upload)
    page = office.get(f"/payouts/{batch_id}")
    assert "账号已销户" in page
    assert "付成 2 笔" in page
    office.post(f"/payouts/{batch_id}/answer", 303, answer=(BytesIO(data), "回单.csv"))
    assert "以前导入过" in office.get("/payouts")
    assert office.rows("select count(*) as n from ledger_transaction where kind = 'payout'")[0].n == 2
    money = office.get("/money")
    assert "每一分钱都在一个地方" in money
    assert "银行没付成或退回，等重付" in money
    household = office.stall.parties[0].household_id
    statement = office.get(f"/settlement/households/{household}?month={MONTH}")
    assert "没付成" in statement
    tasks.seal_ledgers.run()
    paper = office.get(f"/settlement/households/{household}/print?month={MONTH}")
    assert "月结算单" in paper
    assert office.rows("select sha256 from ledger_seal order by last_id desc limit 1")[0].sha256 in paper


def test_an_account_is_typed_twice_named_once_and_told(office: Office, chair: Office, settings: Any) -> None:
    number = str(office.rows("select number from member order by id limit 1")[0].number)
    good = {
        "party": number,
        "holder": "户主",
        "bank": "农商行",
        "account": "6228 4800 0001",
        "again": "622848000001",
    }
    for change, words in (
        ({"again": "622848000002"}, "两遍账号不一样"),
        ({"party": "没有这户"}, "没有找到"),
        ({"account": "abc", "again": "abc"}, "账号只写数字"),
        ({"holder": ""}, "请填写户名"),
        ({"bank": "\u202e行"}, "看不见的特殊字符"),
    ):
        assert words in office.post("/payees", 422, **(good | change))
    assert office.rows("select 1 from payee_account") == []
    household = office.stall.parties[0].household_id
    with transaction():
        session().execute(
            text(
                "update household set phone = (select phone from household where phone is not null limit 1) where id = :id"
            ),
            {"id": household},
        )
    office.post("/payees", 303, **good)
    payee = office.rows("select id from payee_account")[0].id
    page = office.get("/payees")
    assert "尾号 0001" in page
    assert "622848000001" not in page
    assert "不能自己批准" in office.post(f"/payees/{payee}/approve", 422)
    chair.post(f"/payees/{payee}/approve", 303)
    assert "起生效" in office.get("/payees")
    office.post(f"/payees/{payee}/withdraw", 303)
    assert "已撤回" in office.get("/payees")


def test_another_cooperatives_payments_do_not_exist(office: Office, chair: Office) -> None:
    other = build.scene([500_000])
    build.open_accounts(other)
    settled = build.settle(other)
    batch_id = build.batch(other, settled)
    office.get(f"/payouts/{batch_id}", 404)
    for act in ("approve", "cancel", "file", "answer"):
        office.post(f"/payouts/{batch_id}/{act}", 404)
    office.post(f"/payees/{other.accounts[0]}/withdraw", 404)
    office.post("/payouts", 404, source="settlement", id=settled)
    assert "选择" in office.post("/payouts", 422, source="settlement", id="x")
    office.get(f"/settlement/households/{other.households[0]}/print?month={MONTH}", 404)
    office.post(f"/settlement/households/{other.households[0]}/deductions?month={MONTH}", 404)


def test_a_deduction_by_name_once(office: Office) -> None:
    household = office.stall.parties[0].household_id
    page = office.get(f"/settlement/households/{household}?month={MONTH}")
    key = re.search(r'name="idempotency_key" value="([0-9a-f]{32})"', page)
    assert key is not None
    fields = {"name": "运到县城的车费", "amount": "30", "reason": "约定", "idempotency_key": key[1]}
    path = f"/settlement/households/{household}/deductions?month={MONTH}"
    assert "正负号" in office.post(path, 422, **(fields | {"amount": "-30"}))
    assert "请填写扣款名目" in office.post(path, 422, **(fields | {"name": ""}))
    for _again in range(2):
        office.post(path, 303, **fields)
    office.post("/settlement", 303, month=MONTH)
    assert "运到县城的车费" in office.get(f"/settlement/households/{household}?month={MONTH}")
    assert (
        office.rows("select deduction_fen from settlement_line where household_id = :id", id=household)[0][0]
        == 3_000
    )


HOSTILE = [
    (b"", "请选择要导入的文件"),
    (b"\xd0\xcf\x11\xe0" + b"0" * 100, "另存为"),
    (b"\x00\x01\x02\x03" * 100, "这个文件不是"),
    ("姓名,金额\r\n王,1".encode(), "没有找到表头"),
    ("状态,业务参考号,状态\r\n成功,1,失败".encode(), "只留一列"),
    ("状态,业务参考号".encode(), "没有内容"),
    ('状态,业务参考号\r\n"成功,1'.encode(), "引号不成对"),
    (("状态,序号\r\n" + "成功,1\r\n" * 5_001).encode(), "最多 5000 行"),
    ("状态,序号\r\n=成功(),1".encode(), "看不懂状态"),
]


@pytest.mark.parametrize("data, words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_answers_are_refused_in_words(office: Office, chair: Office, data: bytes, words: str) -> None:
    settle(office, chair)
    accounts(office, chair)
    batch_id = make_batch(office)
    chair.post(f"/payouts/{batch_id}/approve", 303)
    office.post(f"/payouts/{batch_id}/file", 200, layout="csv")
    assert words in office.post(f"/payouts/{batch_id}/answer", 422, answer=(BytesIO(data), "a.csv"))
    assert office.rows("select 1 from bank_answer") == []


def test_a_bank_statement_is_read_once_and_its_lines_booked_once(office: Office) -> None:
    head = "流水号,日期,收入,支出,对方户名,摘要\r\n"
    data = (head + "A1,2026/11/2,272.00,,支付平台,提现\r\nA2,2026-11-03,,35.5,快递公司,运费\r\n").encode(
        "gb18030"
    )
    office.post("/money/statement", 303, statement=(BytesIO(data), "流水.csv"))
    office.post("/money/statement", 303, statement=(BytesIO(data), "流水.csv"))
    rows = office.rows("select id, amount_fen from bank_statement_line order by id")
    assert [row.amount_fen for row in rows] == [27_200, -3_550]
    assert "只有 ¥0.00" in office.post(f"/money/lines/{rows[0].id}", 422, source="provider")
    assert "记凭证" in office.post(f"/money/lines/{rows[1].id}", 422, source="provider")
    with transaction():
        session().execute(
            text(
                "with t as (insert into ledger_transaction (cooperative_id, kind, key, on_date, source_type, source_id)"
                " values (:c, 'receipt', 'test', '2026-11-01', 'test', 1) returning id)"
                " insert into ledger_entry (transaction_id, cooperative_id, account, fen) select id, :c, account, fen"
                " from t, (values ('102.collected', 30000), ('501', -30000)) as v(account, fen)"
            ),
            {"c": office.coop.id},
        )
    refused = office.post(f"/money/lines/{rows[0].id}/order", 422, order="2611280000")
    assert "请核对订单号" in refused
    assert 'value="2611280000"' in refused
    assert "付出去的钱" in office.post(f"/money/lines/{rows[1].id}/order", 422, order="1")
    office.post(f"/money/lines/{rows[0].id}", 303, source="provider")
    office.post(f"/money/lines/{rows[0].id}", 422, source="provider")
    balances = office.rows("select account, sum(fen)::bigint as fen from ledger_entry where account in ('102', '102.collected')"
                           " group by 1 order by 1")  # fmt: skip
    assert [(row.account, row.fen) for row in balances] == [("102", 27_200), ("102.collected", 2_800)]
    changed = data.replace(b"272.00", b"273.00")
    assert "和这次不同" in office.post("/money/statement", 422, statement=(BytesIO(changed), "流水.csv"))
    for body, words in (
        (head + "A3,明天,1,,,\r\n", "日期看不懂"),
        (head + "A3,2026-11-03,1,1,,\r\n", "只能填一个"),
        (head + "A3,2026-11-03,,,,\r\n", "没有写金额"),
        (head + "A3,2026-11-03,1e9,,,\r\n", "普通数字"),
        (head + "A3,2026-11-03,1,,,\r\nA3,2026-11-03,1,,,\r\n", "两次"),
    ):
        assert words in office.post("/money/statement", 422, statement=(BytesIO(body.encode()), "流水.csv"))
    assert len(office.rows("select id from bank_statement_line")) == 2
