"""Another lot before dispatch: goods, households and books follow to the gram and the fen; frozen once they went."""

from __future__ import annotations

import random
import secrets
import threading
from typing import Any

import pytest
from flask import Flask

from shop.core.db import db, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import attributing, lot_swaps, queries, returns
from tests.orders import market
from tests.orders.test_parcels import line_of, refund, send, suborder
from tests.payments.refund_scene import account, assert_clean, attributed, books
from tests.support import town_builder
from tests.support.town_builder import Goods

pytestmark = pytest.mark.usefixtures("db_session")
UNIT = market.UNIT
TERMS: dict[str, dict[str, Any]] = {
    "buyout": {"price_fen": 4100}, "consign_fixed": {"price_fen": 4300}, "consign_commission": {"rate": "0.07"},
}  # fmt: skip


def second_lot(goods: market.Stall, mode: str = "buyout", packs: int = 12) -> int:
    """A lot of two other households with the same goods."""
    with transaction():
        parties = town_builder.members(goods.coop, 2)
        grams = packs * UNIT
        given = [grams // 3, grams - grams // 3]
        return town_builder.closed_lot(
            goods.coop,
            goods.produce_id,
            mode,
            [Goods(party, quantity, **TERMS[mode]) for party, quantity in zip(parties, given, strict=True)],
        )


def held(line_id: int, lot_id: int | None = None) -> Any:
    return market.rows(
        "select * from lot_allocation where line_id = :id and state = 'reserved'"
        + (" and lot_id = :lot" if lot_id else "")
        + " order by id",
        **({"id": line_id, "lot": lot_id} if lot_id else {"id": line_id}),
    )[0]


def swap(part: Any, allocation: Any, lot_id: int, quantity: int, key: str = "") -> lot_swaps.Swapped:
    with transaction():
        return lot_swaps.swap(
            part.id, part.cooperative_id, allocation.id, lot_id, quantity, request_key=key or secrets.token_hex(8), by=None
        )  # fmt: skip


def by_lot(line_id: int) -> dict[int, tuple[int, int]]:
    return {
        row.lot_id: (int(row.quantity), int(row.fen))
        for row in market.rows(
            "select lot_id, sum(quantity) as quantity, sum(fen) as fen from attribution where line_id = :id group by 1"
            " having sum(quantity) <> 0 or sum(fen) <> 0",
            id=line_id,
        )
    }


@pytest.mark.parametrize("mode", list(TERMS))
@pytest.mark.parametrize("other", list(TERMS))
def test_attribution_and_books_follow_the_goods(mode: str, other: str) -> None:
    goods = market.stall(mode=mode)
    untouched = books()
    second = second_lot(goods, other)
    before = books()
    placed = market.paid(market.buyer(), {goods.sku_id: 5})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    assert swap(part, held(line), second, 2 * UNIT).fresh
    assert by_lot(line) == {goods.lot_id: (3 * UNIT, 3 * 6800), second: (2 * UNIT, 2 * 6800)}
    assert market.counters(goods.lot_id) == (10_000, 3 * UNIT, 0)
    assert market.counters(second) == (12 * UNIT, 2 * UNIT, 0)
    assert_clean()
    refund(part, line, 5 * UNIT)
    assert attributed() == {}
    after = {place: fen for place, fen in books().items() if not place[1].startswith(("113", "502"))}
    assert after == before, untouched
    assert_clean()


def test_the_same_request_swaps_once_and_a_second_one_swaps_the_rest() -> None:
    goods, who = market.stall(), market.buyer()
    second = second_lot(goods)
    placed = market.paid(who, {goods.sku_id: 3})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    first = held(line)
    done = swap(part, first, second, UNIT, "once-only")
    assert swap(part, first, second, UNIT, "once-only") == (done.swap_id, False)
    with pytest.raises(Conflict, match="换过批次"):
        swap(part, first, second, UNIT)
    swap(part, held(line, goods.lot_id), second, UNIT)
    swap(part, held(line, goods.lot_id), second, UNIT)
    assert by_lot(line) == {second: (3 * UNIT, 3 * 6800)}
    assert account("113.provider") == 3 * 6800 + 1000  # its freight
    swap(part, held(line, second), goods.lot_id, UNIT)
    assert by_lot(line) == {goods.lot_id: (UNIT, 6800), second: (2 * UNIT, 2 * 6800)}
    steps = [step.event for step in queries.order_page(placed.number, who.id).steps]
    assert steps.count("lot_swapped") == 4
    assert_clean()
    send(part)
    refund(part, line, 2 * UNIT)
    assert_clean()


def test_after_a_parcel_only_the_rest_is_swapped_and_dispatched_goods_are_frozen() -> None:
    goods = market.stall()
    second = second_lot(goods)
    placed = market.paid(market.buyer(), {goods.sku_id: 4})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    send(part, {line: UNIT})
    with pytest.raises(Refused) as refusal:
        swap(part, held(line), second, 4 * UNIT)
    assert refusal.value.field == "quantity"
    swap(part, held(line), second, 3 * UNIT)
    assert by_lot(line) == {goods.lot_id: (UNIT, 6800), second: (3 * UNIT, 3 * 6800)}
    assert_clean()
    last = held(line)
    send(part)
    with pytest.raises(Conflict, match="已经发货"):
        swap(part, last, goods.lot_id, UNIT)
    refund(part, line, UNIT + 130)
    assert_clean()


def test_what_cannot_be_swapped_is_refused_and_changes_nothing() -> None:
    goods, stranger = market.stall(), market.stall()
    second = second_lot(goods, packs=1)
    placed = market.paid(market.buyer(), {goods.sku_id: 3})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    first = held(line)
    for lot_id, quantity, field in (
        (second, 2 * UNIT, "quantity"), (second, 0, "quantity"), (goods.lot_id, UNIT, "lot"), (stranger.lot_id, UNIT, "lot"),
        (10**15, UNIT, "lot"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refusal:
            swap(part, first, lot_id, quantity)
        assert refusal.value.field == field
    with transaction():
        market.row("update lot set best_before = current_date - 2 where id = :id returning id", id=second)
    with pytest.raises(Refused, match="过期"):
        swap(part, first, second, UNIT)
    with pytest.raises(NotFound), transaction():
        lot_swaps.swap(part.id, stranger.coop.id, first.id, second, UNIT, request_key="stranger-1", by=None)
    other = market.paid(market.buyer(), {goods.sku_id: 1})
    with pytest.raises(NotFound):
        swap(suborder(other.order_id), first, second, UNIT)
    assert market.rows("select * from lot_swap") == []
    assert market.counters(goods.lot_id) == (10_000, 4 * UNIT, 0)


def test_an_order_that_is_not_attributed_yet_only_moves_its_hold() -> None:
    goods = market.stall()
    second = second_lot(goods)
    placed = market.paid(market.buyer(), {goods.sku_id: 2}, attribute=False)
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    with pytest.raises(Conflict):
        swap(part, held(line), second, UNIT)
    with transaction():  # as an order to be paid at the door: with the packer before it is attributed
        market.row("update suborder set state = 'to_ship' where id = :id returning id", id=part.id)
    swap(part, held(line), second, UNIT)
    with transaction():
        attributing.attribute_orders([placed.order_id])
    assert by_lot(line) == {goods.lot_id: (UNIT, 6800), second: (UNIT, 6800)}
    assert_clean()


@pytest.mark.parametrize("seed", range(8))
def test_any_course_of_swaps_parcels_and_refunds_ties(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    modes = list(TERMS)
    goods = market.stall(packs=9, price_fen=6733, mode=dice.choice(modes))
    lots = [goods.lot_id, *(second_lot(goods, dice.choice(modes), packs=9) for _ in range(2))]
    placed = market.paid(market.buyer(), {goods.sku_id: 8})
    neighbour = market.paid(market.buyer(), {goods.sku_id: 5})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    back = 0
    for _ in range(10):
        quantity = dice.choice([UNIT, 2 * UNIT, 130, 777])
        try:
            chance = dice.random()
            if chance < 0.55:
                rows = market.rows(
                    "select * from lot_allocation where line_id = :id and state = 'reserved'", id=line
                )
                if rows:
                    swap(part, dice.choice(rows), dice.choice(lots), quantity)
            elif chance < 0.75:
                send(part, {line: quantity})
            else:
                back += refund(part, line, quantity, dice.choice([returns.RETURNED, returns.LOST])).amount_fen
        except (Refused, Conflict):
            db.session.rollback()
        assert_clean()
    assert sum(fen for _, fen in by_lot(line).values()) == 8 * 6733 - back
    refund(suborder(neighbour.order_id), line_of(neighbour.order_id), 5 * UNIT)
    assert_clean()


@pytest.mark.parametrize("rival", ["send", "refund", "swap"])
def test_a_swap_and_a_rival_at_the_same_moment(app: Flask, rival: str) -> None:
    goods = market.stall()
    second, third = second_lot(goods), second_lot(goods)
    placed = market.paid(market.buyer(), {goods.sku_id: 4})
    part, line = suborder(placed.order_id), line_of(placed.order_id)
    first = held(line)
    acts = {
        "send": lambda: send(part),
        "refund": lambda: refund(part, line, 4 * UNIT),
        "swap": lambda: swap(part, first, third, 4 * UNIT),
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
        threading.Thread(target=one, args=[act])
        for act in (lambda: swap(part, first, second, 4 * UNIT), acts[rival])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "done" in said
    if rival == "swap":
        assert sorted(said) == ["done", "refused"]
    assert_clean()


def test_swaps_are_append_only() -> None:
    goods = market.stall()
    second = second_lot(goods)
    placed = market.paid(market.buyer(), {goods.sku_id: 1})
    swap(suborder(placed.order_id), held(line_of(placed.order_id)), second, UNIT)
    for statement in ("update lot_swap set quantity = 2", "delete from lot_swap", "truncate lot_swap"):
        with pytest.raises(Exception, match="append-only"):
            db.session.connection().exec_driver_sql(statement)
        db.session.rollback()
