"""Refunds on the real database: what they do to money, goods, households and books; never too much, never twice."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import scoped_session

from shop.core.db import db, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import BadInput
from shop.orders import attributing
from shop.payments import refunds
from tests.orders import market
from tests.payments.provider import order_state, timeline
from tests.payments.refund_scene import (
    account,
    amount_back,
    assert_clean,
    attributed,
    books,
    everything,
    give_back,
    line_ids,
    lot,
    new_key,
    part_ids,
    ship,
    volumes,
)
from tests.support import town_builder as town

MODES = ("buyout", "consign_fixed", "consign_commission")


@pytest.fixture(autouse=True)
def _database(db_session: scoped_session[Any]) -> None:
    pass


def mixed_stall(mode: str, price_fen: int = 6793) -> market.Stall:
    """Goods of a member with two receipts, a household that is no member and an outside supplier, at odd prices."""
    with transaction():
        coop = town.cooperative()
        market.row("update cooperative set freight_fen = 1000 where id = :id returning id", id=coop.id)
        produce_id = town.produce(coop)
        member = town.member(coop)
        parties = [member, town.household(coop.village_id), town.supplier(coop), member, town.member(coop)]
        terms: list[dict[str, Any]] = [
            {"rate": "0.085"} if mode == "consign_commission" else {"price_fen": 5003 + 101 * n}
            for n in range(5)
        ]
        goods = [town.Goods(party, 1503 + 211 * n, **terms[n]) for n, party in enumerate(parties)]
        lot_id = town.closed_lot(coop, produce_id, mode, goods)
        product_id, sku_id = town.sku(coop, produce_id, unit_quantity=market.UNIT, price_fen=price_fen)
        market.row(
            "insert into sku_price (sku_id, price_fen, valid_from) values (:sku, :fen, '2019-01-01') returning id",
            sku=sku_id, fen=price_fen,
        )  # fmt: skip
    return market.Stall(coop, produce_id, lot_id, product_id, sku_id, price_fen, parties)


def with_freight(goods: market.Stall, before: dict[tuple[Any, ...], int]) -> dict[tuple[Any, ...], int]:
    """These books, and ¥10.00 of freight that a dispatched order keeps."""
    after = dict(before)
    for code, fen in (("113.provider", 1000), ("502", -1000)):
        key = (goods.coop.id, code, None, None, None)
        after[key] = after.get(key, 0) + fen
    return after


def sold(goods: market.Stall, packs: int = 3, *, dispatched: bool = False) -> tuple[int, int, int]:
    """A paid and attributed order; returns order, suborder and line."""
    placed = market.paid(market.buyer(), {goods.sku_id: packs})
    if dispatched:
        ship(placed.order_id)
    return placed.order_id, part_ids(placed.order_id)[0], line_ids(placed.order_id)[0]


@pytest.mark.parametrize("dispatched", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_a_full_refund_leaves_the_books_as_they_were(mode: str, dispatched: bool) -> None:
    goods = mixed_stall(mode)
    sold(goods, 2)  # another sale, so that the running splits are in the middle of something
    before, grams, shares = books(), volumes(), attributed()
    order_id, part, line = sold(goods, 7, dispatched=dispatched)
    assert books() != before
    made = give_back(part, (line, 7 * market.UNIT), freight=not dispatched)
    assert made.amount_fen == 7 * goods.price_fen + (0 if dispatched else 1000)
    assert books() == (with_freight(goods, before) if dispatched else before)
    assert volumes() == grams
    assert attributed() == shares
    row = lot(goods.lot_id)
    assert (row.reserved, row.shipped, row.returned) == (
        1000,
        3500 if dispatched else 0,
        3500 if dispatched else 0,
    )
    assert order_state(order_id) == (("paid", None) if dispatched else ("closed", "refunded"))
    assert_clean()


@pytest.mark.parametrize("mode", MODES)
def test_thirty_seven_partial_refunds_of_an_odd_total(mode: str) -> None:
    goods = mixed_stall(mode, price_fen=7919)
    before = books()
    order_id, part, line = sold(goods, 5, dispatched=True)
    steps = [67 + (n % 3) for n in range(36)]
    steps.append(2500 - sum(steps))
    amounts = [give_back(part, (line, grams)).amount_fen for grams in steps]
    assert sum(amounts) == 5 * 7919
    assert max(abs(fen - 5 * 7919 * grams // 2500) for fen, grams in zip(amounts, steps, strict=True)) <= 1
    assert attributed() == {}
    assert books() == with_freight(goods, before)
    assert order_state(order_id) == ("paid", None)
    with pytest.raises(Refused, match="已经全部退过"):
        give_back(part, (line, 1))
    assert_clean()


def test_the_same_request_twice_is_one_refund() -> None:
    order_id, part, line = sold(market.stall(), 3)
    key = new_key()
    first = give_back(part, (line, 500), key=key)
    before = everything()
    again = give_back(part, (line, 500), key=key)
    assert (first.fresh, again) == (True, first._replace(fresh=False))
    assert everything() == before
    money = new_key()
    one = amount_back(part, 300, key=money)
    assert amount_back(part, 300, key=money).refund_id == one.refund_id
    assert timeline(order_id).count("refund_amount") == 1
    assert_clean()


def test_a_double_click_at_the_same_moment(app: Flask) -> None:
    _order, part, line = sold(market.stall(), 3)
    key, start, made, wrong = new_key(), threading.Barrier(4), [], []

    def click() -> None:
        with app.app_context():
            start.wait()
            try:
                made.append(give_back(part, (line, 500), key=key))
            except (Refused, Conflict, DBAPIError) as error:
                wrong.append(error)
            finally:
                db.session.remove()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert wrong == []
    assert sorted(one.fresh for one in made) == [False] * 3 + [True]
    assert len({one.refund_id for one in made}) == 1
    assert_clean()


def test_rivals_never_refund_more_than_was_paid(app: Flask) -> None:
    """Eight different requests for the whole line at once: one is done, seven are told that nothing is left."""
    _order, part, line = sold(market.stall(), 2, dispatched=True)
    start, done, refused = threading.Barrier(8), [], []

    def ask() -> None:
        with app.app_context():
            start.wait()
            try:
                done.append(give_back(part, (line, 1000)))
            except Refused as error:
                refused.append(error.message)
            finally:
                db.session.remove()

    rivals = [threading.Thread(target=ask) for _ in range(8)]
    for one in rivals:
        one.start()
    for one in rivals:
        one.join()
    assert (len(done), len(refused)) == (1, 7)
    assert_clean()


def test_more_than_was_paid_is_refused() -> None:
    goods = market.stall(price_fen=3000)
    order_id, part, line = sold(goods, 3)
    before = everything()
    for wanted in (
        [(line, 1501)],
        [(line, 0)],
        [(line, -500)],
        [(line, 500), (line, 500)],
        [],
        [(line, 500, "eaten")],
    ):
        with pytest.raises(Refused):
            give_back(part, *wanted)
    for fen in (0, -1, 3 * 3000 + 1000 + 1):
        with pytest.raises(Refused):
            amount_back(part, fen)
    with pytest.raises(Refused, match="承担"):
        amount_back(part, 100, bearer="nobody")
    with pytest.raises(BadInput), transaction():
        refunds.refund_amount(part, 100, by=None, reason="  ", request_key=new_key())
    for key in ("", "short", "x" * 65, "a b c d e f", "退款退款退款退款"):
        with pytest.raises(Refused):
            amount_back(part, 100, key=key or " ")
    assert everything() == before
    amount_back(part, 9999)
    with pytest.raises(Refused, match=r"¥0\.01"):
        give_back(part, (line, 500))
    amount_back(part, 1)
    with pytest.raises(Refused):
        amount_back(part, 1)
    assert order_state(order_id) == ("paid", None)
    assert_clean()


def test_one_cooperative_never_refunds_anothers_part() -> None:
    own, other = market.stall(price_fen=3000), market.stall(price_fen=9000)
    placed = market.paid(market.buyer(), {own.sku_id: 1, other.sku_id: 1})
    mine, theirs = part_ids(placed.order_id)
    my_line, their_line = line_ids(placed.order_id)
    for suborder, line in ((theirs, their_line), (mine, their_line)):
        with pytest.raises(NotFound):
            give_back(suborder, (line, 500), cooperative_id=own.coop.id)
    with pytest.raises(NotFound):
        amount_back(theirs, 100, cooperative_id=own.coop.id)
    with pytest.raises(Refused, match=r"还能退的 ¥40\.00"):
        amount_back(mine, 4001)
    give_back(mine, (my_line, 500), freight=True, cooperative_id=own.coop.id)
    states = market.rows("select state from suborder where order_id = :id order by id", id=placed.order_id)
    assert [row.state for row in states] == ["closed", "to_ship"]
    assert order_state(placed.order_id) == ("paid", None)
    give_back(theirs, (their_line, 500))
    assert order_state(placed.order_id) == ("closed", "refunded")
    assert account("502") == -1000  # the second freight stays where it is
    assert_clean()


def test_what_was_not_paid_or_not_attributed_yet_waits() -> None:
    goods = market.stall()
    unpaid = market.place(market.buyer(), {goods.sku_id: 1})
    with pytest.raises(Conflict, match="没有收到过付款"):
        give_back(part_ids(unpaid.order_id)[0], (line_ids(unpaid.order_id)[0], 500))
    paid = market.paid(market.buyer(), {goods.sku_id: 1}, attribute=False)
    part, line = part_ids(paid.order_id)[0], line_ids(paid.order_id)[0]
    with pytest.raises(Conflict, match="请过一会儿再退"):
        give_back(part, (line, 500))
    with pytest.raises(Conflict, match="请过一会儿再退"):
        amount_back(part, 100)
    with transaction():
        attributing.attribute_orders([paid.order_id])
    give_back(part, (line, 500))
    with pytest.raises(Conflict, match="已关闭"):
        give_back(part, (line, 500))
    with pytest.raises(NotFound):
        give_back(10**9, (line, 500))
