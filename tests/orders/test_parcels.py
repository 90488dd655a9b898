"""Several parcels of a suborder: what goes in each, who sends it, what is left, and what a refund takes of the rest."""

from __future__ import annotations

import itertools
import random
import secrets
import threading
from typing import Any

import pytest
from flask import Flask

from shop.audit.checks_parcels import CHECKS as PARCELS
from shop.audit.run import CHECKS, run_check
from shop.core.db import db, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import fulfilment, parcels, queries, returns
from shop.payments import refunds
from tests.orders import market
from tests.support import town_builder
from tests.support.town_builder import Goods

pytestmark = pytest.mark.usefixtures("db_session")
UNIT = market.UNIT
GOODS = {
    "reservations", "lot-moves", "line-allocation", "running-split", "allocation-split", "reversals", "attribution",
    "goods-value", "order-states", "refund-lines", "refund-part", "turnover", "order-conservation",
} | {check.code for check in PARCELS}  # fmt: skip
_number = itertools.count(1_000_000_000_000)


def suborder(order_id: int) -> Any:
    return market.rows("select * from suborder where order_id = :id order by id", id=order_id)[0]


def line_of(order_id: int) -> int:
    found = market.rows(
        "select l.id from order_line l join suborder s on s.id = l.suborder_id where s.order_id = :id order by l.id",
        id=order_id,
    )
    return int(found[0].id)


def send(part: Any, goods: dict[int, int] | None = None, **more: Any) -> fulfilment.Shipped:
    with transaction():
        return fulfilment.ship(
            part.id, part.cooperative_id, "sf", f"SF{next(_number)}", None, goods=goods, **more
        )


def refund(part: Any, line_id: int, quantity: int, goods: str = returns.RETURNED) -> refunds.Made:
    with transaction():
        return refunds.refund_goods(
            part.id,
            [returns.Wanted(line_id, quantity, goods)],
            by=None,
            reason="缺货",
            request_key=secrets.token_hex(8),
        )


def conscience() -> dict[str, Any]:
    found = {check.code: run_check(check)["rows"] for check in CHECKS if check.code in GOODS}
    db.session.rollback()
    return {code: rows for code, rows in found.items() if rows}


def two_lots() -> tuple[market.Stall, int]:
    """Three packs in one lot, five in the next, of one product."""
    goods = market.stall(packs=3)
    with transaction():
        party = town_builder.members(goods.coop, 1)[0]
        lot = town_builder.closed_lot(
            goods.coop, goods.produce_id, "buyout", [Goods(party, 5 * UNIT, price_fen=4000)]
        )
    return goods, lot


def test_two_parcels_then_it_is_shipped() -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.paid(who, {goods.sku_id: 3})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    assert send(part, {line: UNIT}).rest
    assert suborder(placed.order_id).state == "to_ship"
    assert market.counters(goods.lot_id) == (10_000, 2 * UNIT, UNIT)
    assert conscience() == {}
    with pytest.raises(Conflict, match="还没有发货"), transaction():
        fulfilment.receive(placed.number, who.id)
    assert not send(part).rest
    assert suborder(placed.order_id).state == "shipped"
    assert market.counters(goods.lot_id) == (10_000, 0, 3 * UNIT)
    sent = parcels.parcels_of([part.id])[part.id]
    assert [(one.seq, [content.units for content in one.contents]) for one in sent] == [(1, [1]), (2, [2])]
    steps = [step.event for step in queries.order_page(placed.number, who.id).steps]
    assert steps == ["placed", "attributed", "to_ship", "parcel_sent", "shipped"]
    assert conscience() == {}


def test_a_parcel_needs_goods_that_are_still_here() -> None:
    goods = market.stall()
    placed, other = (market.paid(market.buyer(), {goods.sku_id: 2}) for _ in range(2))
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    for wanted, field in (({}, "goods"), ({line: 0}, "goods"), ({line: 3 * UNIT}, f"line-{line}")):
        with pytest.raises(Refused) as refusal:
            send(part, wanted)
        assert refusal.value.field == field
    with pytest.raises(Refused):
        send(part, {line_of(other.order_id): UNIT})
    assert market.rows("select * from shipment") == []
    assert market.counters(goods.lot_id) == (10_000, 4 * UNIT, 0)


def test_a_parcel_takes_from_several_lots() -> None:
    goods, second = two_lots()
    placed = market.paid(market.buyer(), {goods.sku_id: 6})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    send(part, {line: 4 * UNIT})
    assert market.counters(goods.lot_id) == (3 * UNIT, 0, 3 * UNIT)
    assert market.counters(second) == (5 * UNIT, 2 * UNIT, UNIT)
    send(part)
    assert market.counters(second) == (5 * UNIT, 0, 3 * UNIT)
    assert conscience() == {}


def test_two_managers_send_the_same_line_at_once(app: Flask) -> None:
    goods = market.stall()
    placed = market.paid(market.buyer(), {goods.sku_id: 4})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    gate, said = threading.Barrier(2), []

    def one() -> None:
        with app.app_context():
            gate.wait()
            try:
                said.append(send(part, {line: 2 * UNIT}, parcel=1).rest)
            except Conflict as conflict:
                said.append(conflict.message)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = sorted(map(str, said))
    assert first == "True"
    assert "刚才已经有人" in second
    assert market.counters(goods.lot_id) == (10_000, 2 * UNIT, 2 * UNIT)


def test_without_looking_both_may_send_but_never_the_same_goods(app: Flask) -> None:
    goods = market.stall()
    placed = market.paid(market.buyer(), {goods.sku_id: 3})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    gate, said = threading.Barrier(2), []

    def one() -> None:
        with app.app_context():
            gate.wait()
            try:
                said.append(send(part, {line: 2 * UNIT}).fresh)
            except (Refused, Conflict):
                said.append(False)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [False, True]
    assert market.counters(goods.lot_id) == (10_000, UNIT, 2 * UNIT)
    assert conscience() == {}


def test_the_rest_is_refunded_and_the_sent_is_on_its_way() -> None:
    goods = market.stall()
    placed = market.paid(market.buyer(), {goods.sku_id: 5})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    send(part, {line: 3 * UNIT})
    assert refund(part, line, UNIT).amount_fen == 6800
    assert suborder(placed.order_id).state == "to_ship"
    assert refund(part, line, UNIT).amount_fen == 6800
    assert suborder(placed.order_id).state == "shipped"
    assert market.counters(goods.lot_id) == (10_000, 0, 3 * UNIT)
    assert conscience() == {}


def test_a_refund_of_more_than_the_rest_takes_goods_back_from_their_way() -> None:
    goods = market.stall()
    placed = market.paid(market.buyer(), {goods.sku_id: 5})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    send(part, {line: 3 * UNIT})
    refund(part, line, 4 * UNIT, returns.LOST)
    assert suborder(placed.order_id).state == "shipped"
    assert market.counters(goods.lot_id) == (10_000, 0, 3 * UNIT)
    assert tuple(market.rows("select returned, written_off from lot where id = :id", id=goods.lot_id)[0]) == (
        2 * UNIT, 4 * UNIT,
    )  # fmt: skip
    assert conscience() == {}
    refund(part, line, UNIT)
    assert conscience() == {}


@pytest.mark.parametrize("seed", range(6))
def test_any_course_of_parcels_and_refunds_ties(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    goods, _second = two_lots()
    placed = market.paid(market.buyer(), {goods.sku_id: 8})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    back = 0
    for _ in range(12):
        quantity = dice.choice([UNIT, 2 * UNIT, 130, 777])
        try:
            if dice.random() < 0.5:
                send(part, {line: quantity})
            else:
                back += refund(part, line, quantity, dice.choice([returns.RETURNED, returns.LOST])).amount_fen
        except (Refused, Conflict):
            db.session.rollback()
        assert conscience() == {}
    left = market.rows("select coalesce(sum(fen), 0) from attribution where line_id = :id", id=line)[0][0]
    assert left == 8 * 6800 - back


def test_a_wrong_waybill_is_corrected_and_its_history_stays() -> None:
    goods, who = market.stall(), market.buyer()
    stranger = market.stall()
    placed = market.paid(who, {goods.sku_id: 1})
    part = suborder(placed.order_id)
    send(part)
    shipment = market.rows("select id from shipment")[0].id
    with transaction():
        assert fulfilment.correct(shipment, goods.coop.id, "yto", "YT1234567890123", None)
        assert not fulfilment.correct(shipment, goods.coop.id, "yto", "yt 1234567890123", None)
    with pytest.raises(NotFound), transaction():
        fulfilment.correct(shipment, stranger.coop.id, "yto", "YT1234567890124", None)
    with pytest.raises(Refused), transaction():
        fulfilment.correct(shipment, goods.coop.id, "yto", "?", None)
    one = parcels.parcels_of([part.id])[part.id][0]
    assert (one.company, one.number, one.corrected) == ("yto", "YT1234567890123", True)
    assert market.rows("select count(*) from waybill")[0][0] == 2
    step = queries.order_page(placed.number, who.id).steps[-1]
    assert step.event == "waybill_corrected"
    assert step.note.endswith("→ 圆通速递 YT1234567890123")
    assert conscience() == {}


def test_two_numbers_that_were_mixed_up() -> None:
    goods = market.stall()
    placed = market.paid(market.buyer(), {goods.sku_id: 2})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    with transaction():
        fulfilment.ship(part.id, goods.coop.id, "sf", "SF2222222222222", None, goods={line: UNIT})
    shipment = market.rows("select id from shipment")[0].id
    with transaction():
        assert fulfilment.correct(shipment, goods.coop.id, "sf", "SF1111111111111", None)
    with transaction():
        assert not fulfilment.ship(part.id, goods.coop.id, "sf", "SF1111111111111", None).fresh
    with transaction():
        assert fulfilment.ship(part.id, goods.coop.id, "sf", "SF2222222222222", None).fresh
    assert suborder(placed.order_id).state == "shipped"


@pytest.mark.parametrize("table", ["shipment", "shipment_line", "waybill"])
def test_parcels_are_append_only(table: str) -> None:
    goods = market.stall()
    send(suborder(market.paid(market.buyer(), {goods.sku_id: 1}).order_id))
    for statement in (f"update {table} set id = id + 1", f"delete from {table}", f"truncate {table} cascade"):
        with pytest.raises(Exception, match="append-only"):
            db.session.connection().exec_driver_sql(statement)
        db.session.rollback()
