"""Faults 30 and 31: an answer imported twice, three of 416 rejected; an account changed a minute before the payment."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
import xlsxwriter
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop.core import clock
from shop.core.db import insert_rows, session, transaction
from shop.core.errors import Conflict, Refused
from shop.payments import bankanswer, payees, payouts, sending
from shop.payments.payout_models import PayeeAccount
from tests.payments.test_payouts import all_paid, answered, reference, sent, states
from tests.support import payout_builder as build
from tests.support.payout_builder import Scene

pytestmark = pytest.mark.usefixtures("db_session")
MANY = 416


def _accounts_at_once(made: Scene) -> None:
    """416 accounts in one statement: the deeds have their own tests."""
    with transaction():
        rows = [
            {
                "cooperative_id": made.coop.id, "household_id": household_id, "holder": "户主", "bank": "农商行",
                "account": f"6228{household_id:012d}", "last_four": f"{household_id:04d}"[-4:], "requested_by": made.manager,
                "approved_by": made.chair, "approved_at": clock.now() - timedelta(days=3),
                "effective_at": clock.now() - timedelta(days=2),
            }
            for household_id in made.households
        ]  # fmt: skip
        insert_rows(PayeeAccount, rows)


def test_three_of_416_rejected_then_uploaded_twice(db_session: object) -> None:
    made = build.scene([100_000 + place for place in range(MANY)])
    settled = build.settle(made)
    _accounts_at_once(made)
    batch_id = build.batch(made, settled)
    sent(made, batch_id, "xlsx")
    file = all_paid(made, batch_id, MANY, failed=(7, 100, 416))
    first = answered(made, batch_id, file)
    assert (first.paid, first.failed, first.repeated) == (413, 3, False)
    booked = "select count(*)::int, sum(e.fen)::bigint from ledger_entry e where e.account = '102'"
    paid_fen = sum(100_000 + place for place in range(MANY) if place + 1 not in (7, 100, 416))
    assert made.rows(booked) == [(413, -paid_fen)]
    again = answered(made, batch_id, file)
    assert (again.paid, again.failed, again.repeated) == (413, 3, True)
    assert made.rows(booked) == [(413, -paid_fen)]
    assert made.one("select count(*)::int from bank_answer") == 1
    reopened = made.rows("select state, count(*)::int from settlement_line group by 1 order by 1")
    assert reopened == [("failed", 3), ("paid", 413)]
    assert made.rows("select distinct failure from payout where state = 'failed'") == [("账号不存在",)]
    retry = build.batch(made, settled)
    assert made.one("select count(*)::int from payout where batch_id = :id", id=retry) == 3
    sent(made, retry)
    answered(made, retry, all_paid(made, retry, 3))
    assert made.one("select state from settlement") == "paid"
    assert build.ledger_due(made.coop.id) == 0
    assert made.one("select count(*)::int from ledger_transaction where kind = 'payout'") == MANY


def test_an_account_changed_a_minute_before_is_not_paid_to(db_session: object) -> None:
    made = build.scene([500_000])
    settled = build.settle(made)
    (old,) = build.open_accounts(made)
    household_id = made.households[0]
    with transaction():
        wanted = payees.Wanted("王小华", "别的银行", "6217 0000 1111 2222", household_id=household_id)
        new = payees.request(made.coop.id, wanted, made.manager)
    with pytest.raises(Refused, match="不能自己批准"), transaction():
        payees.approve(new, made.coop.id, made.manager)
    with pytest.raises(IntegrityError, match="two_people"), transaction():
        session().execute(
            text("update payee_account set approved_by = requested_by, approved_at = now() where id = :id"),
            {"id": new},
        )
    with transaction():
        usable_from = payees.approve(new, made.coop.id, made.chair)
    assert usable_from - clock.now() > timedelta(hours=23, minutes=59)
    batch_id = build.batch(made, settled)
    assert made.one("select payee_account_id from payout where batch_id = :id", id=batch_id) == old
    assert b"6217000011112222" not in sent(made, batch_id).body
    told = payees.changes_of(household_id)
    assert next((row.last_four, row.effective_at) for row in told) == ("2222", usable_from)
    session().rollback()
    with time_machine.travel(usable_from + timedelta(seconds=1), tick=True):
        found = payees.usable(made.coop.id, clock.now(), [household_id])
        assert found[household_id, None].id == new
    session().rollback()
    stored = made.rows("select encode(account, 'escape') from payee_account order by id")
    assert all("6217" not in str(row[0]) for row in stored), "account numbers are encrypted at rest"


def test_an_account_in_force_at_approval_is_the_one_and_a_withdrawn_one_stops_the_batch(
    db_session: object,
) -> None:
    made = build.scene([500_000])
    settled = build.settle(made)
    build.open_accounts(made)
    batch_id = build.batch(made, settled, approved=False)
    (newer,) = build.open_accounts(made)
    with transaction():
        payouts.approve(batch_id, made.coop.id, made.chair)
    assert made.one("select payee_account_id from payout") == newer
    with transaction():
        payouts.cancel(batch_id, made.coop.id, made.chair, "重新做")
    batch_id = build.batch(made, settled, approved=False)
    for payee_id in made.accounts:
        with transaction():
            payees.withdraw(payee_id, made.coop.id, made.manager)
    with pytest.raises(Refused, match="被撤回"), transaction():
        payouts.approve(batch_id, made.coop.id, made.chair)


@pytest.fixture
def waiting(db_session: object) -> tuple[Scene, int]:
    made = build.scene([500_000, 200_000])
    build.open_accounts(made)
    batch_id = build.batch(made, build.settle(made))
    sent(made, batch_id)
    return made, batch_id


@pytest.mark.parametrize(
    "rows, words",
    [
        ([("FK9-202611-001-0001", "成功", "")], "不是这批付款"),
        ([("{1}", "成功", ""), ("{1}", "失败", "")], "两次"),
        ([("{9}", "成功", "")], "没有第 9 笔"),
        ([("{1}", "大概行", "")], "看不懂状态"),
        ([("{1}", "", "")], "看不懂状态"),
        ([("", "成功", "")], "没有写参考号"),
        ([("{1}-x", "成功", "")], "不是这批付款"),
    ],
)
def test_a_wrong_answer_changes_nothing(
    waiting: tuple[Scene, int], rows: list[tuple[str, ...]], words: str
) -> None:
    made, batch_id = waiting
    names = {str(seq): reference(made, batch_id, seq) for seq in (1, 2, 9)}
    filled = [
        tuple(cell.replace("{1}", names["1"]).replace("{9}", names["9"]) for cell in row) for row in rows
    ]
    good = (names["2"], "成功", "")
    with pytest.raises(Refused, match=words):
        answered(made, batch_id, build.answer_csv([good, *filled]))
    assert {row[1] for row in states(made)} == {"sent"}
    assert made.rows("select 1 from bank_answer") == []


def test_an_answer_in_pieces_and_one_that_takes_a_word_back(waiting: tuple[Scene, int]) -> None:
    made, batch_id = waiting
    first, second = (reference(made, batch_id, seq) for seq in (1, 2))
    answered(made, batch_id, build.answer_csv([(first, "成功", ""), (second, "处理中", "")]))
    assert [row[1] for row in states(made)] == ["paid", "sent"]
    answered(made, batch_id, build.answer_csv([(first, "成功", ""), (second, "退票", "户名不符")]))
    assert [row[1] for row in states(made)] == ["paid", "failed"]
    with pytest.raises(Refused, match="不能改成失败"):
        answered(made, batch_id, build.answer_csv([(first, "失败", "")]))
    with pytest.raises(Refused, match="不能再记为付成"):
        answered(made, batch_id, build.answer_csv([(second, "成功", "")]))


def test_seq_and_amount_must_agree(waiting: tuple[Scene, int]) -> None:
    made, batch_id = waiting
    head = "序号,状态,失败原因,金额"
    with pytest.raises(Refused, match=r"第 2 行.*不同"):
        answered(made, batch_id, build.answer_csv([(1, "成功", "", "4999.99")], head))
    outcome = answered(
        made, batch_id, build.answer_csv([(1, "成功", "", "5000.00"), (2, "成功", "", "2000")], head)
    )
    assert outcome.paid == 2


def test_a_file_belongs_to_one_batch(waiting: tuple[Scene, int]) -> None:
    made, batch_id = waiting
    file = build.answer_csv([(1, "成功", ""), (2, "成功", "")], "序号,状态,失败原因")
    answered(made, batch_id, file)
    other = build.scene([300_000, 300_000], tail="3")
    build.open_accounts(other)
    other_batch = build.batch(other, build.settle(other))
    with pytest.raises(Conflict, match="还没有导出"):
        answered(other, other_batch, build.answer_csv([(1, "成功", "")], "序号,状态,失败原因"))
    with transaction():
        sending.send(other_batch, other.coop.id, "csv", other.manager)
    with pytest.raises(Conflict, match="另一批"):
        answered(other, other_batch, file)


def test_answers_read_from_excel_like_from_csv() -> None:
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["某某银行代发结果"])
        sheet.write_row(2, 0, ["序号", "处理结果", "失败原因", "银行流水号"])
        sheet.write_row(3, 0, [1, "成功", "", 202611240001])
    found = bankanswer.read(buffer.getvalue())
    assert [(row.number, row["seq"], row["state"], row["bank_reference"]) for row in found.rows] == [
        (4, "1", "成功", "202611240001")
    ]
