"""Goods weighed when they are packed: what is missing goes back, nothing more is charged, everything ties."""

from __future__ import annotations

import secrets
import threading
from typing import Any

import pytest
from flask import Flask

from shop.core.db import db, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import queries
from shop.payments import weighing
from tests.orders import market
from tests.orders.test_lot_swaps import by_lot, held, second_lot, swap
from tests.orders.test_parcels import line_of, refund, send, suborder
from tests.payments.refund_scene import assert_clean

pytestmark = pytest.mark.usefixtures("db_session")
UNIT = market.UNIT


@pytest.fixture
def goods(db_session: Any) -> market.Stall:
    stall = market.stall(price_fen=6733)
    by_weight(stall)
    return stall


def by_weight(stall: market.Stall) -> None:
    with transaction():
        market.row("update sku set by_weight = true where id = :id returning id", id=stall.sku_id)


def weigh(part: Any, line_id: int, grams: int, key: str = "") -> weighing.Weighed:
    with transaction():
        return weighing.weigh(
            part.id, part.cooperative_id, line_id, grams, request_key=key or secrets.token_hex(8), by=None
        )


def test_what_is_missing_goes_back_to_buyer_stock_and_households(goods: market.Stall) -> None:
    who = market.buyer()
    placed = market.paid(who, {goods.sku_id: 3})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    done = weigh(part, line, 1380, "scales-01")
    assert (done.amount_fen, done.weighed, done.fresh) == (3 * 6733 * 120 // 1500, 1380, True)
    again = weigh(part, line, 1300, "scales-01")
    assert (again.refund_id, again.weighed, again.fresh) == (done.refund_id, 1380, False)
    assert market.counters(goods.lot_id) == (10_000, 1380, 0)
    assert by_lot(line) == {goods.lot_id: (1380, 3 * 6733 - done.amount_fen)}
    with pytest.raises(Conflict, match="已经称过"):
        weigh(part, line, 1300)
    assert weighing.of_order(placed.order_id) == {line: [weighing.Note(1500, 1380, done.amount_fen)]}
    step = next(step for step in queries.order_page(placed.number, who.id).steps if step.event == "weighed")
    assert "实际称重 1.38千克" in step.note
    assert_clean()
    send(part)
    assert market.counters(goods.lot_id) == (10_000, 0, 1380)
    with pytest.raises(Conflict, match="已经发走"):
        weigh(part, line, 1000)
    refund(part, line, 1380)
    assert sum(row.amount_fen for row in market.rows("select amount_fen from refund")) == 3 * 6733
    assert_clean()


def test_each_parcel_is_weighed_and_lots_may_be_exchanged_before_and_after(goods: market.Stall) -> None:
    second = second_lot(goods, "consign_commission")
    placed = market.paid(market.buyer(), {goods.sku_id: 4})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    swap(part, held(line), second, UNIT)
    weigh(part, line, 1990)
    assert_clean()
    send(part, {line: UNIT})
    weigh(part, line, 1400)
    swap(part, held(line, second), goods.lot_id, 100)
    assert_clean()
    send(part)
    assert sum(quantity for quantity, _ in by_lot(line).values()) == UNIT + 1400
    assert_clean()


def test_what_cannot_be_weighed(goods: market.Stall) -> None:
    placed = market.paid(market.buyer(), {goods.sku_id: 2})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    for grams in (0, 1000, 1001, 10**9):
        with pytest.raises(Refused) as refusal:
            weigh(part, line, grams)
        assert refusal.value.field == "weighed"
    stranger = market.stall()
    other = market.paid(market.buyer(), {stranger.sku_id: 2})
    with pytest.raises(Conflict, match="不是称重计价"):
        weigh(suborder(other.order_id), line_of(other.order_id), 900)
    with pytest.raises(NotFound):
        weigh(part, line_of(other.order_id), 900)
    with pytest.raises(NotFound), transaction():
        weighing.weigh(part.id, stranger.coop.id, line, 900, request_key="stranger-1", by=None)
    assert market.rows("select * from refund") == []
    assert market.counters(goods.lot_id) == (10_000, 1000, 0)


@pytest.mark.parametrize("rival", ["weigh", "send", "refund", "swap"])
def test_weighing_and_a_rival_at_the_same_moment(app: Flask, goods: market.Stall, rival: str) -> None:
    second = second_lot(goods)
    placed = market.paid(market.buyer(), {goods.sku_id: 4})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    first = held(line)
    acts = {
        "weigh": lambda: weigh(part, line, 1700),
        "send": lambda: send(part),
        "refund": lambda: refund(part, line, 4 * UNIT),
        "swap": lambda: swap(part, first, second, UNIT),
    }
    gate, said = threading.Barrier(2), []

    def one(act: Any) -> None:
        with app.app_context():
            gate.wait()
            try:
                act()
                said.append("done")
            except (Conflict, Refused):
                db.session.rollback()
                said.append("refused")

    threads = [
        threading.Thread(target=one, args=[act]) for act in (lambda: weigh(part, line, 1900), acts[rival])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "done" in said
    if rival == "weigh":
        assert sorted(said) == ["done", "refused"]
    assert_clean()


def test_weighings_are_append_only(goods: market.Stall) -> None:
    placed = market.paid(market.buyer(), {goods.sku_id: 1})
    weigh(suborder(placed.order_id), line_of(placed.order_id), 490)
    for statement in ("update weighing set weighed = 2", "delete from weighing", "truncate weighing"):
        with pytest.raises(Exception, match="append-only"):
            db.session.connection().exec_driver_sql(statement)
        db.session.rollback()
