"""Money to households: two people, one batch file, the bank's answer once, what failed is paid again."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop.core.db import session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.payments import bank_layouts, bankanswer, bankfile, payees, payouts, sending
from shop.payments.bank_layouts import Column
from tests.support import payout_builder as build
from tests.support.payout_builder import Scene

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def made(db_session: object) -> Scene:
    found = build.scene([500_000, 120_050, 3_000])
    build.open_accounts(found)
    return found


@pytest.fixture
def settled(made: Scene) -> int:
    return build.settle(made)


def sent(made: Scene, batch_id: int, layout: str = "csv") -> sending.File:
    with transaction():
        return sending.send(batch_id, made.coop.id, layout, made.manager)


def answered(made: Scene, batch_id: int, data: bytes) -> bankanswer.Outcome:
    found = bankanswer.read(data)
    with transaction():
        return bankanswer.record(batch_id, made.coop.id, found, made.manager)


def states(made: Scene) -> list[tuple[object, ...]]:
    return made.rows("select seq, state, amount_fen from payout order by batch_id, seq")


def reference(made: Scene, batch_id: int, seq: int) -> str:
    return payouts.reference(
        str(made.one("select number from payout_batch where id = :id", id=batch_id)), seq
    )


def all_paid(made: Scene, batch_id: int, count: int, failed: tuple[int, ...] = ()) -> bytes:
    return build.answer_csv(
        [
            (
                reference(made, batch_id, seq),
                "失败" if seq in failed else "成功",
                "账号不存在" if seq in failed else "",
            )
            for seq in range(1, count + 1)
        ]
    )


def test_from_settlement_to_paid_and_what_the_books_say(made: Scene, settled: int) -> None:
    batch_id = build.batch(made, settled)
    assert build.ledger_due(made.coop.id) == 623_050
    file = sent(made, batch_id)
    rows = list(csv.DictReader(StringIO(file.body.decode("utf-8-sig"))))
    assert [row["金额"] for row in rows] == ["5000.00", "1200.50", "30.00"]
    assert rows[0]["业务参考号"] == reference(made, batch_id, 1)
    assert len(rows[0]["收款账号"]) == 16
    outcome = answered(made, batch_id, all_paid(made, batch_id, 3))
    assert (outcome.paid, outcome.failed, outcome.repeated) == (3, 0, False)
    assert {row[1] for row in states(made)} == {"paid"}
    assert build.ledger_due(made.coop.id) == 0
    assert made.one("select state from settlement") == "paid"
    assert made.one("select state from payout_batch") == "closed"
    assert made.rows("select key from ledger_transaction where kind = 'payout' order by id") == [
        (f"payout:{seq}",) for seq in (1, 2, 3)
    ]
    assert made.one("select sum(fen)::bigint from ledger_entry where account = '102'") == -623_050


def test_nobody_does_both_halves(made: Scene, settled: int) -> None:
    batch_id = build.batch(made, settled, approved=False)
    with pytest.raises(Refused, match="不能自己批准"), transaction():
        payouts.approve(batch_id, made.coop.id, made.manager)
    with pytest.raises(IntegrityError, match="two_people"), transaction():
        session().execute(text("update payout_batch set state = 'approved', approved_by = made_by"))
    with pytest.raises(Conflict, match="批准以后"):
        sent(made, batch_id)
    with transaction():
        payouts.approve(batch_id, made.coop.id, made.chair)
    with pytest.raises(Conflict, match="批准过"), transaction():
        payouts.approve(batch_id, made.coop.id, made.chair)


def test_another_cooperatives_batch_does_not_exist(made: Scene, settled: int) -> None:
    batch_id = build.batch(made, settled)
    other = build.scene([100_000], tail="2")
    for deed in (
        lambda: payouts.approve(batch_id, other.coop.id, other.chair),
        lambda: payouts.cancel(batch_id, other.coop.id, other.chair, "不是我们的"),
        lambda: sending.send(batch_id, other.coop.id, "csv", other.chair),
        lambda: payouts.make_from_settlement(settled, other.coop.id, other.manager),
        lambda: payees.approve(made.accounts[0], other.coop.id, other.chair),
        lambda: payees.request(other.coop.id, payees.Wanted("王", "行", "12345678", made.households[0]), 1),
    ):
        with pytest.raises(NotFound), transaction():
            deed()


def test_the_same_batch_gives_the_same_bytes_in_one_layout_only(made: Scene, settled: int) -> None:
    batch_id = build.batch(made, settled)
    first = sent(made, batch_id, "xlsx")
    again = sent(made, batch_id, "xlsx")
    assert (first.body, first.again, again.again) == (again.body, False, True)
    assert sending.sent_layout(batch_id, made.coop.id) == "xlsx"
    with pytest.raises(Refused, match="另一种格式"):
        sent(made, batch_id, "csv")
    with pytest.raises(Refused, match="文件格式"):
        sent(made, batch_id, "../../etc")
    sheet = load_workbook(BytesIO(first.body)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][2:5] == [
        f"6228{made.households[0]:012d}",
        "茅箭农商行",
        "5000.00",
    ]
    with pytest.raises(Conflict, match="不能取消"), transaction():
        payouts.cancel(batch_id, made.coop.id, made.manager, "想改")


@pytest.mark.parametrize("layout", [layout.code for layout in bankfile.LAYOUTS])
def test_every_layout_keeps_long_numbers_and_runs_no_formula(layout: str) -> None:
    row = bankfile.Row(
        1, "FK1-202611-001-0001", "=HYPERLINK(1)", "6228480402564890018", "农商行", "1.00", "货款"
    )
    made_at = session().scalar(text("select now()"))
    chosen = bankfile.BUILT_IN[layout]
    body = bankfile.write(chosen, [row], made_at)
    assert body == bankfile.write(chosen, [row], made_at)
    if chosen.kind == "csv":
        found = body.decode(chosen.encoding)
        assert "6228480402564890018" in found
        assert "'=HYPERLINK" in found
    else:
        sheet = load_workbook(BytesIO(body)).active
        assert sheet is not None
        assert {"6228480402564890018", "'=HYPERLINK(1)"} <= {cell.value for cell in sheet[2]}


def test_a_cancelled_batch_leaves_everything_due(made: Scene, settled: int) -> None:
    batch_id = build.batch(made, settled)
    with transaction():
        payouts.cancel(batch_id, made.coop.id, made.manager, "金额要再核")
    assert made.rows("select distinct state from settlement_line") == [("due",)]
    build.batch(made, settled)
    with pytest.raises(Refused, match="没有要付的"):
        build.batch(made, settled)


def test_only_those_with_an_account_are_paid_and_the_rest_later(db_session: object) -> None:
    made = build.scene([500_000, 200_000])
    settled = build.settle(made)
    with pytest.raises(Refused, match="没有可用的收款账户"):
        build.batch(made, settled)
    build.open_accounts(made, made.households[:1])
    first = build.batch(made, settled)
    sent(made, first)
    answered(made, first, all_paid(made, first, 1))
    assert made.one("select state from settlement") == "paying"
    build.open_accounts(made, made.households[1:])
    second = build.batch(made, settled)
    sent(made, second)
    answered(made, second, all_paid(made, second, 1))
    assert made.one("select state from settlement") == "paid"
    assert made.rows("select number from payout_batch order by id")[1][0].endswith("-002")  # type: ignore[attr-defined]


def test_nothing_is_paid_before_the_return_window_is_over(made: Scene, settled: int) -> None:
    assert str(made.one("select due_on from settlement")) == "2020-09-17"
    with transaction():
        session().execute(text("update settlement set due_on = current_date + 2"))
    with pytest.raises(Refused, match="退货期"):
        build.batch(made, settled)


OWN = [
    Column("币种", "=", "人民币"), Column("户名", "holder"), Column("卡号", "account"), Column("付款金额", "amount"),
    Column("编号", "reference"),
]  # fmt: skip


def test_a_cooperatives_own_columns_and_the_same_file_after_they_are_retired(
    made: Scene, settled: int
) -> None:
    with transaction():
        layout_id = bank_layouts.add(made.coop.id, "农商行代发", "csv", "gb18030", OWN, made.chair)
    batch_id = build.batch(made, settled)
    code = f"own-{layout_id}"
    assert code in [layout.code for layout in bank_layouts.offered(made.coop.id)]
    session().rollback()
    first = sent(made, batch_id, code)
    rows = list(csv.DictReader(StringIO(first.body.decode("gb18030"))))
    assert list(rows[0]) == ["币种", "户名", "卡号", "付款金额", "编号"]
    assert (rows[0]["币种"], rows[0]["付款金额"]) == ("人民币", "5000.00")
    with transaction():
        bank_layouts.retire(layout_id, made.coop.id, made.chair)
    assert code not in [layout.code for layout in bank_layouts.offered(made.coop.id)]
    session().rollback()
    assert sent(made, batch_id, code).body == first.body
    assert sending.sent_layout(batch_id, made.coop.id) == code
    session().rollback()
    other = build.scene([100_000], tail="2")
    assert bank_layouts.find(other.coop.id, code) is None


@pytest.mark.parametrize(
    "columns, sentence",
    [
        (OWN[:2] + OWN[3:], "收款账号"),
        (OWN[:-1], "业务参考号或序号"),
        ([*OWN, Column("户名", "bank")], "列名一样"),
        ([*OWN, Column("别的", "nothing")], "每一列的内容"),
        ([], "1 到"),
    ],
)
def test_columns_that_pay_nobody_are_refused(made: Scene, columns: list[Column], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence), transaction():
        bank_layouts.add(made.coop.id, "坏的", "csv", "gb18030", columns, made.chair)
