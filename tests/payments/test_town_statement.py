"""The statement of the town's account: read whole, once, by any headings; payouts meet its lines, by themselves or by hand."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from openpyxl import Workbook
from sqlalchemy import text

from shop.core import clock
from shop.core.db import session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.payments import meeting, reconciling, statement_lines, town_statement, transfers
from tests.orders import market
from tests.payments.account_scene import assert_every_fen_in_one_place, balance, buy, pay_out, sync
from tests.payments.provider import Provider

HEAD = "流水号,日期,收入,支出,对方户名,摘要\n"


def file_of(*rows: tuple[Any, ...], head: str = HEAD) -> bytes:
    return (head + "".join(",".join(map(str, row)) + "\n" for row in rows)).encode()


def bring_in(data: bytes, own: dict[str, str] | None = None) -> town_statement.Imported:
    headings = town_statement.headings(own or {})
    lines = statement_lines.read(data, headings)
    with transaction():
        return town_statement.import_lines(data, lines, headings, None)


def line_row(reference: str, fen: int, note: str = "", day: date | None = None) -> tuple[Any, ...]:
    return reference, day or clock.today(), f"{fen // 100}.{fen % 100:02d}", "", "支付平台", note


def payouts() -> list[Any]:
    return market.rows(
        "select o.*, l.reference from provider_payout o left join bank_statement_line l on l.id = o.statement_line_id"
        " order by o.id"
    )


def line_id(reference: str) -> int:
    found = market.rows("select id from bank_statement_line where reference = :r", r=reference)
    return int(found[0].id)


def test_a_payout_meets_the_line_that_names_it_in_every_books(account: Provider) -> None:
    one, two = market.stall(), market.stall(price_fen=990)
    buy(account, {one.sku_id: 1, two.sku_id: 2})
    payout = pay_out(account)
    sync()
    parts = balance("102.transit")
    trace = payout["trace_id"]["value"]
    data = file_of(
        line_row("T1", payout["amount"], f"提现 {trace}"), line_row("T2", payout["amount"], "别的")
    )
    done = bring_in(data)
    assert (done.new, done.known, done.met, done.repeated) == (2, 0, 1, False)
    assert payouts()[0].reference == "T1"
    assert (balance("102.transit"), balance("102.collected")) == ({}, parts)
    assert bring_in(data).repeated
    again = bring_in(file_of(line_row("T1", payout["amount"], f"提现 {trace}"), line_row("T3", 100)))
    assert (again.new, again.known, again.met) == (1, 1, 0)
    assert_every_fen_in_one_place(account)


def test_the_line_may_come_before_the_payout_is_known(account: Provider) -> None:
    goods = market.stall()
    buy(account, {goods.sku_id: 1})
    payout = pay_out(account)
    assert bring_in(file_of(line_row("T1", payout["amount"], payout["trace_id"]["value"].lower()))).met == 0
    sync()
    assert payouts()[0].reference == "T1"
    assert balance("102.collected") == {goods.coop.id: payout["amount"]}
    assert_every_fen_in_one_place(account)


@pytest.mark.parametrize("what", ["no name", "other amount", "too late", "two lines"])
def test_whatever_leaves_a_doubt_is_left_to_a_person(account: Provider, what: str) -> None:
    goods = market.stall()
    buy(account, {goods.sku_id: 1})
    payout = pay_out(account)
    sync()
    amount, trace = payout["amount"], payout["trace_id"]["value"]
    market.row("update provider_payout set arrives_on = arrives_on - 15 returning id")
    day = clock.today() - timedelta(days=15)
    rows = {
        "no name": [line_row("T1", amount, "提现", day)],
        "other amount": [line_row("T1", amount + 1, trace, day)],
        "too late": [line_row("T1", amount, trace)],
        "two lines": [line_row("T1", amount, trace, day), line_row("T2", amount, trace, day)],
    }[what]
    assert bring_in(file_of(*rows)).met == 0
    assert balance("102.collected") == {}
    payout_id, first = payouts()[0].id, line_id("T1")
    if what == "other amount":
        with pytest.raises(Refused, match="一分不差"), transaction():
            meeting.choose(payout_id, first, None)
        return
    found = meeting.candidates(payouts()[0])
    assert [row.reference for row in found] == [row[0] for row in rows]
    with transaction():
        assert meeting.choose(payout_id, first, None)
    with transaction():
        assert not meeting.choose(payout_id, first, None)
    if what == "two lines":
        with pytest.raises(Conflict), transaction():
            meeting.choose(payout_id, line_id("T2"), None)
    assert balance("102.collected") == {goods.coop.id: amount}
    assert_every_fen_in_one_place(account)


def test_two_payouts_of_one_amount_with_only_common_words(account: Provider) -> None:
    goods = market.stall(packs=40)
    amounts = []
    for _ in range(2):
        buy(account, {goods.sku_id: 1})
        amounts.append(pay_out(account)["amount"])
    sync()
    with transaction():
        session().execute(text("update provider_payout set descriptor = 'STRIPE'"))
    assert amounts[0] == amounts[1]
    assert bring_in(file_of(line_row("T1", amounts[0], "stripe payout"))).met == 0
    assert bring_in(file_of(line_row("T2", amounts[0], "stripe payout"))).met == 0
    ids = [row.id for row in payouts()]
    with transaction():
        meeting.choose(ids[1], line_id("T1"), None)
    with transaction():
        assert meeting.meet_all() == 1
    assert [row.reference for row in payouts()] == ["T2", "T1"]


def test_twenty_choices_at_once_book_one(app: Flask, account: Provider) -> None:
    goods = market.stall()
    buy(account, {goods.sku_id: 1})
    amount = pay_out(account)["amount"]
    sync()
    bring_in(file_of(line_row("T1", amount), line_row("T2", amount)))
    payout_id, lines = payouts()[0].id, [line_id("T1"), line_id("T2")]
    gate = threading.Barrier(8)
    outcomes: list[bool | None] = []

    def press(at: int) -> None:
        with app.app_context():
            gate.wait()
            try:
                with transaction():
                    outcomes.append(meeting.choose(payout_id, lines[at % 2], None))
            except Conflict:
                outcomes.append(None)

    threads = [threading.Thread(target=press, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(True) == 1
    assert len(outcomes) == 8
    assert balance("102.collected") == {goods.coop.id: amount}
    assert_every_fen_in_one_place(account)


def test_a_payout_that_failed_after_it_was_met_is_told_and_moves_nothing(account: Provider) -> None:
    goods = market.stall()
    buy(account, {goods.sku_id: 1})
    payout = pay_out(account)
    sync()
    bring_in(file_of(line_row("T1", payout["amount"], payout["trace_id"]["value"])))
    account.process.control(f"payouts/{payout['id']}/settle", outcome="failed")
    sync()
    assert (payouts()[0].problem, payouts()[0].returned_at) == ("met", None)
    assert balance("102.collected") == {goods.coop.id: payout["amount"]}
    payout_id, by = payouts()[0].id, market.buyer().id
    with transaction():
        meeting.undo(payout_id, by)
    assert balance("102.transit") == {goods.coop.id: payout["amount"]}
    sync()
    assert (balance("102.transit"), balance("102.collected")) == ({}, {})
    assert balance("113.provider") == {goods.coop.id: payout["amount"]}
    assert_every_fen_in_one_place(account)


def test_a_wrong_choice_is_undone_and_the_right_one_made(account: Provider) -> None:
    goods = market.stall()
    buy(account, {goods.sku_id: 1})
    payout = pay_out(account)
    sync()
    bring_in(file_of(line_row("T1", payout["amount"]), line_row("T2", payout["amount"])))
    payout_id, by = payouts()[0].id, market.buyer().id
    for reference in ("T1", "T2", "T1"):
        with transaction():
            assert meeting.choose(payout_id, line_id(reference), by)
        assert_every_fen_in_one_place(account)
        with transaction():
            meeting.undo(payout_id, by)
        assert balance("102.transit") == {goods.coop.id: payout["amount"]}
        assert balance("102.collected") == {}
        assert_every_fen_in_one_place(account)
    bring_in(file_of(line_row("T3", payout["amount"], payout["trace_id"]["value"])))
    assert payouts()[0].reference == "T3"
    with pytest.raises(Conflict, match="才能撤销"), transaction():
        meeting.undo(payout_id, by)


def test_forwarded_to_the_cooperative_it_lies_in_its_own_bank(account: Provider) -> None:
    goods = market.stall()
    buy(account, {goods.sku_id: 1})
    payout = pay_out(account)
    sync()
    bring_in(file_of(line_row("T1", payout["amount"], payout["trace_id"]["value"])))
    staff = market.buyer().id
    line = statement_lines.Line("C1", clock.today(), payout["amount"] - 50, "镇财政所", "转平台款")
    with transaction():
        reconciling.import_lines(goods.coop.id, [line], staff)
    with transaction():
        reconciling.book_income(line_id("C1"), goods.coop.id, "provider", staff)
    assert balance("102.collected") == {goods.coop.id: 50}
    assert balance("102") == {goods.coop.id: payout["amount"] - 50}
    found = assert_every_fen_in_one_place(account)
    assert found.cooperatives[0].forwarded_fen == payout["amount"] - 50


def test_a_line_that_is_a_payout_pays_no_order(account: Provider) -> None:
    goods, who = market.stall(), market.buyer()
    buy(account, {goods.sku_id: 1})
    payout = pay_out(account)
    sync()
    bring_in(file_of(line_row("T1", payout["amount"], payout["trace_id"]["value"])))
    placed = market.place(who, {goods.sku_id: 1}, pay_method="transfer")
    total = market.rows("select total_fen from customer_order where id = :id", id=placed.order_id)[
        0
    ].total_fen
    with pytest.raises(Conflict, match="另一笔款"), transaction():
        transfers.record_transfer(placed.order_id, "T1", clock.today(), total)
    with pytest.raises(NotFound), transaction():
        meeting.choose(payouts()[0].id, 10**9, None)


def test_the_files_own_headings_and_a_workbook(account: Provider) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["镇代收账户明细"])
    sheet.append(["凭证", "哪天", "进", "出", "谁"])
    sheet.append(["A-1", "2026/11/02", 12.5, None, "支付平台"])
    sheet.append(["A-2", "2026/11/03", None, 3, "大川合作社"])
    data = BytesIO()
    book.save(data)
    own = {"reference": "凭证", "day": "哪天", "credit": "进", "debit": "出", "payer": "谁"}
    with pytest.raises(Refused, match="没有找到表头"):
        statement_lines.read(data.getvalue(), {})
    assert bring_in(data.getvalue(), own).new == 2
    rows = market.rows("select reference, amount_fen, payer from bank_statement_line order by id")
    assert [tuple(row) for row in rows] == [("A-1", 1250, "支付平台"), ("A-2", -300, "大川合作社")]
    assert town_statement.last_headings() == own
    with pytest.raises(Refused, match="写了两次"):
        town_statement.headings({"day": "日", "amount": "日"})


def test_every_bad_row_is_named_and_nothing_is_kept(account: Provider) -> None:
    data = file_of(
        ("A1", "2026-11-02", "1.00", "", "", ""),
        ("A2", "某天", "1.00", "", "", ""),
        ("A3", "2026-11-02", "一元", "", "", ""),
        ("A1", "2026-11-02", "1.00", "", "", ""),
    )
    with pytest.raises(statement_lines.BadRows) as caught:
        bring_in(data)
    assert [str(row)[:6] for row in caught.value.rows] == ["第 3 行：", "第 4 行：", "第 5 行："]
    assert market.rows("select 1 from bank_statement_line") == []
    bring_in(file_of(("A1", "2026-11-02", "1.00", "", "", "")))
    with pytest.raises(Conflict, match="和这次不同"):
        bring_in(file_of(("A1", "2026-11-03", "1.00", "", "", "")))
