"""Requests for money back on the real database: every way through them, and what each does to money, goods and households."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import scoped_session

from shop.aftersale import deciding, moves, queries, tasks
from shop.core.db import db, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import returns
from tests.aftersale import scene
from tests.orders import market
from tests.payments.provider import order_state
from tests.payments.refund_scene import assert_clean, give_back, new_key


@pytest.fixture(autouse=True)
def _database(db_session: scoped_session[Any]) -> None:
    pass


def test_before_dispatch_everything_goes_back_with_its_freight() -> None:
    sale = scene.sale(sent=False)
    with pytest.raises(Refused):
        sale.ask(moves.AMOUNT, fen=100)
    request_id = sale.ask(moves.WHOLE, "changed_mind")
    total = 3 * 6800 + 1000
    assert market.rows("select asked_fen, kind from return_request") == [(total, "whole")]
    with pytest.raises(Refused, match="没有货要寄回"), transaction():
        deciding.ask_back(request_id, sale.coop, "大川镇", by=sale.manager)
    with transaction():
        made = deciding.agree(request_id, sale.coop, by=sale.manager)
    assert made.amount_fen == total
    assert scene.back(sale.order_id) == [("goods", total)]
    assert order_state(sale.order_id) == ("closed", "refunded")
    assert market.counters(sale.stall.lot_id)[1:] == (0, 0)
    assert scene.events(request_id) == [("asked", "buyer"), ("agreed", "coop")]
    assert_clean()


def test_goods_come_back_and_then_the_money_goes() -> None:
    sale = scene.sale()
    request_id = sale.ask(moves.GOODS, moves.NO_REASON, packs=2)
    assert scene.state(request_id) == moves.ASKED
    with pytest.raises(Refused, match="七天无理由"), transaction():
        deciding.refuse(request_id, sale.coop, "不行", by=sale.manager)
    sale.send(request_id)
    assert scene.back(sale.order_id) == []
    made = sale.take(request_id)
    assert made.amount_fen == 2 * 6800
    assert scene.events(request_id) == [
        ("asked", "buyer"), ("asked_back", "coop"), ("sent", "buyer"), ("came_back", "coop"),
    ]  # fmt: skip
    assert market.rows("select goods, quantity from refund_line") == [("returned", 1000)]
    assert market.rows("select returned from lot where id = :id", id=sale.stall.lot_id) == [(1000,)]
    assert_clean()
    again = sale.ask(packs=1)
    assert scene.state(again) == moves.ASKED  # what is left of the line may be asked for anew


def test_money_alone_and_goods_that_the_buyer_keeps() -> None:
    sale = scene.sale()
    first = sale.ask(moves.AMOUNT, fen=1234)
    with transaction():
        assert deciding.agree(first, sale.coop, by=sale.manager).amount_fen == 1234
    second = sale.ask(moves.GOODS, packs=1)
    with transaction():
        deciding.agree(second, sale.coop, by=sale.manager, goods=returns.LOST)
    assert scene.back(sale.order_id) == [("amount", 1234), ("goods", 6800)]
    assert market.rows("select goods from refund_line") == [("lost",)]
    with pytest.raises(Refused, match="最多"):
        sale.ask(moves.AMOUNT, fen=2 * 6800 + 1)
    assert_clean()


def test_refused_called_in_and_decided_by_the_township() -> None:
    sale = scene.sale()
    request_id = sale.ask(moves.AMOUNT, fen=3000)
    with pytest.raises(Conflict, match="处理期限"), transaction():
        deciding.call_in(request_id, sale.buyer.id, "合作社不理我")
    with transaction():
        deciding.refuse(request_id, sale.coop, "照片看不出破损", by=sale.manager)
    with transaction():
        deciding.call_in(request_id, sale.buyer.id, "照片很清楚")
    with pytest.raises(Conflict):
        sale.ask(moves.AMOUNT, fen=100)  # it is open again
    with pytest.raises(NotFound), transaction():
        deciding.grant(request_id, "420302999", "另一个镇", by=sale.manager, fen=1)
    with pytest.raises(Refused, match="最多是买家申请的"), transaction():
        deciding.grant(request_id, "420302", "退多了", by=sale.manager, fen=3001)
    with transaction():
        made = deciding.grant(request_id, "420302", "退一半", by=sale.manager, fen=1500, bearer="town")
    assert made.amount_fen == 1500
    assert market.rows("select bearer from refund") == [("town",)]
    assert scene.events(request_id)[-2:] == [("called", "buyer"), ("granted", "town")]
    assert_clean()


def test_silence_of_three_days_lets_the_buyer_call_and_the_township_may_uphold() -> None:
    sale = scene.sale()
    request_id = sale.ask(moves.AMOUNT, fen=3000)
    scene.pass_days(request_id, moves.ANSWER_DAYS)
    with transaction():
        deciding.call_in(request_id, sale.buyer.id, "三天没人理")
    with pytest.raises(Conflict, match="镇里在处理"), transaction():
        deciding.agree(request_id, sale.coop, by=sale.manager)
    with transaction():
        deciding.uphold(request_id, "420302", "证据不足", by=sale.manager)
    assert scene.state(request_id) == moves.UPHELD
    assert scene.back(sale.order_id) == []
    assert market.rows("select open from return_line") == [(False,)]
    assert_clean()


def test_what_is_not_sent_back_in_seven_days_is_withdrawn_by_the_clock() -> None:
    sale = scene.sale()
    request_id = sale.ask()
    with transaction():
        deciding.ask_back(request_id, sale.coop, "大川镇街道 8 号", by=sale.manager)
    tasks.sweep.run()
    assert scene.state(request_id) == moves.TO_SEND
    scene.pass_days(request_id, moves.SEND_DAYS)
    tasks.sweep.run()
    tasks.sweep.run()
    assert scene.events(request_id)[-1] == ("lapsed", "clock")
    assert scene.state(request_id) == moves.WITHDRAWN
    with pytest.raises(Conflict, match="已撤回"), transaction():
        deciding.send_back(request_id, sale.buyer.id, "sf", "SF1234567890123")
    sale.ask()  # and may be asked anew
    assert_clean()


def test_no_reason_counts_seven_days_from_receipt_and_other_reasons_thirty() -> None:
    sale = scene.sale()
    scene.received_ago(sale.part, 8)
    with pytest.raises(Refused, match="退款原因"):
        sale.ask(moves.GOODS, moves.NO_REASON)
    scene.received_ago(sale.part, 6)
    request_id = sale.ask(moves.GOODS, moves.NO_REASON)
    with transaction():
        deciding.withdraw(request_id, sale.buyer.id)
    scene.received_ago(sale.part, 31)
    with pytest.raises(Conflict, match="30 天"):
        sale.ask()


def test_fresh_goods_that_were_confirmed_need_a_reason() -> None:
    stall = market.stall(packs=20)
    with transaction():
        market.row("update product set fresh = true where id = :id returning id", id=stall.product_id)
    buyer = market.buyer()
    with pytest.raises(Refused, match="鲜活易腐"):
        market.place(buyer, {stall.sku_id: 1}, fresh_confirmed=())
    placed = market.place(buyer, {}, fresh_confirmed=(stall.sku_id,))
    with transaction():
        market.pay_order(placed.order_id)
    assert len(market.rows("select line_id from fresh_confirmation")) == 1
    silent = scene.sale(stall=stall)  # nobody asked: the right stays
    silent.ask(moves.GOODS, moves.NO_REASON)
    sure = scene.sale(stall=stall)
    with transaction():
        market.row("insert into fresh_confirmation (line_id) values (:id) returning line_id", id=sure.line)
    with pytest.raises(Refused, match="退款原因"):
        sure.ask(moves.GOODS, moves.NO_REASON)
    sure.ask(moves.GOODS, "damaged")


def test_others_have_no_part_in_it() -> None:
    sale, stranger, other = scene.sale(), market.buyer(), market.stall().coop.id
    request_id = sale.ask()
    sale.buyer, own = stranger, sale.buyer
    with pytest.raises(NotFound):
        sale.ask()
    with pytest.raises(NotFound), transaction():
        deciding.withdraw(request_id, stranger.id)
    with pytest.raises(NotFound), transaction():
        deciding.agree(request_id, other, by=sale.manager)
    with transaction():
        deciding.withdraw(request_id, own.id)


def test_never_more_than_is_still_there() -> None:
    sale = scene.sale()
    request_id = sale.ask(packs=3)
    give_back(sale.part, (sale.line, 500))  # the manager's own refund meanwhile
    with pytest.raises(Refused, match="最多还能退"), transaction():
        deciding.agree(request_id, sale.coop, by=sale.manager)
    assert scene.state(request_id) == moves.ASKED
    assert scene.back(sale.order_id) == [("goods", 6800)]


def test_dispatched_meanwhile_the_goods_must_come_back_and_freight_stays() -> None:
    sale = scene.sale(sent=False)
    request_id = sale.ask(moves.WHOLE, "changed_mind")
    scene.ship(sale.order_id)
    sale.send(request_id)
    assert sale.take(request_id).amount_fen == 3 * 6800
    assert_clean()


def test_the_same_form_twice_is_one_request_and_history_is_append_only() -> None:
    sale, key = scene.sale(), new_key()
    assert sale.ask(key=key) == sale.ask(key=key)
    with pytest.raises(Conflict, match="已经有一个申请"):
        sale.ask()
    for statement in (
        "update return_event set note = 'x'",
        "delete from return_event",
        "truncate fresh_confirmation",
    ):
        with pytest.raises(DBAPIError, match="append-only"), transaction():
            db.session.execute(db.text(statement))


def test_a_guests_request_goes_along_when_the_order_is_taken_over() -> None:
    sale, owner = scene.sale(), market.buyer()
    request_id = sale.ask()
    with transaction():
        market.row(
            "update customer_order set buyer_id = :owner where id = :id returning id",
            owner=owner.id,
            id=sale.order_id,
        )
    assert [card.id for card in queries.of_a_buyer(owner.id).items] == [request_id]
    assert queries.of_a_buyer(sale.buyer.id).items == []
    with transaction():
        deciding.withdraw(request_id, owner.id)
