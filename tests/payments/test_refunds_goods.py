"""What becomes of refunded goods: on sale again, lost, not dispatched; and what everybody sees of it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from shop.cooperatives.income.attribution import attribute
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import Conflict, Refused
from shop.orders import fulfilment, returns, trace
from shop.orders.impact import impact_of
from shop.payments import refunds
from tests.orders import market
from tests.payments.provider import timeline
from tests.payments.refund_scene import (
    account,
    amount_back,
    assert_clean,
    attributed,
    books,
    give_back,
    lot,
    ship,
    volumes,
)
from tests.payments.test_refunds import MODES, mixed_stall, sold
from tests.support import town_builder as town


@pytest.fixture(autouse=True)
def _database(db_session: scoped_session[Any]) -> None:
    pass


def test_before_dispatch_the_goods_are_on_sale_again_and_the_rest_is_shipped() -> None:
    goods = market.stall(packs=10)
    order_id, part, line = sold(goods, 4)
    give_back(part, (line, 1500))
    assert lot(goods.lot_id).reserved == 500
    with pytest.raises(Refused, match="连运费一起退"):
        give_back(part, (line, 100), freight=True)
    ship(order_id)
    row = lot(goods.lot_id)
    assert (row.reserved, row.shipped, row.returned) == (0, 500, 0)
    held = market.rows(
        "select quantity, state from lot_allocation where line_id = :id order by quantity", id=line
    )
    assert [tuple(one) for one in held] == [(500, "shipped"), (1500, "released")]
    give_back(part, (line, 500))
    assert (lot(goods.lot_id).returned, attributed()) == (500, {})
    assert_clean()


@pytest.mark.parametrize("dispatched", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_lost_goods_cost_the_cooperative_and_no_household(mode: str, dispatched: bool) -> None:
    goods = mixed_stall(mode)
    _order, part, line = sold(goods, 4, dispatched=dispatched)
    owed = {key: fen for key, fen in books().items() if key[1] in ("114.payable", "211")}
    grams = volumes()
    stock_value = {code: account(code) for code in ("121", "128", "114.consigned", "211.consigned")}
    give_back(part, (line, 1500, "lost"))
    assert {key: fen for key, fen in books().items() if key[1] in ("114.payable", "211")} == owed
    assert volumes() == grams
    assert {code: account(code) for code in stock_value} == stock_value
    assert account("529") > 0
    row = lot(goods.lot_id)
    assert (row.written_off, row.returned, row.reserved + row.shipped) == (
        (1500, 1500, 2000) if dispatched else (1500, 0, 500)
    )
    assert_clean()


@pytest.mark.parametrize("mode", MODES)
def test_returned_goods_sell_again_until_the_lot_is_empty(mode: str) -> None:
    """Sold out, partly returned, sold out again: everybody's goods are gone whole and nothing is left in the books."""
    goods = mixed_stall(mode)
    total = lot(goods.lot_id).received
    packs = total // market.UNIT
    orders = [sold(goods, packs - 5, dispatched=True), sold(goods, 5, dispatched=True)]
    for _order, part, line in orders:
        give_back(part, (line, 743))
        give_back(part, (line, 257, "lost"))
        give_back(part, (line, 757))
    _order, part, line = sold(goods, 3, dispatched=True)
    give_back(part, (line, 1000))
    sold(goods, 2, dispatched=True)
    with transaction():
        rest = lot(goods.lot_id)
        left = rest.received + rest.returned - rest.shipped - rest.written_off
        sale = town.sale(
            goods.coop,
            goods.produce_id,
            left,
            4321,
            sku_ids=(goods.product_id, goods.sku_id),
            today=clock.today(),
        )
        attribute([sale])
    out = market.rows(
        "select quantity, attributed_quantity - returned_quantity + lost_quantity as out from lot_part"
    )
    assert [row.out for row in out] == [row.quantity for row in out]
    assert [account(code) for code in ("121", "128", "114.consigned", "211.consigned")] == [0] * 4


def test_an_amount_alone_is_its_bearers_cost_and_touches_no_household() -> None:
    goods = market.stall(price_fen=3000)
    _order, part, _line = sold(goods, 2)
    shares, before = attributed(), books()
    amount_back(part, 500)
    changed = {key[1]: fen - before.get(key, 0) for key, fen in books().items() if fen != before.get(key, 0)}
    assert (attributed(), changed) == (shares, {"521": 500, "113.provider": -500})
    amount_back(part, 200, bearer="town")
    assert account("113.town") == 200
    assert account("113.provider") == 2 * 3000 + 1000 - 700
    assert_clean()


def test_the_buyer_the_trace_and_the_impact_show_what_is_left() -> None:
    goods = market.stall(price_fen=3333)
    order_id, part, line = sold(goods, 3, dispatched=True)
    number = market.rows("select number from customer_order where id = :id", id=order_id)[0].number
    give_back(part, (line, 1000))
    found = trace.trace(number)["lines"][0]["lots"]
    assert [(one["quantity"], one["fen"]) for one in found] == [(500, 3333)]
    assert sum(one.net_fen for one in impact_of(order_id)) == 3333
    assert timeline(order_id)[-1] == "refund_goods"
    give_back(part, (line, 500))
    assert trace.trace(number)["lines"][0]["lots"] == []
    db.session.rollback()
    assert_clean()


def test_a_dispatch_waits_for_the_refund_and_then_finds_nothing(app: Flask) -> None:
    goods = market.stall()
    _order, part, line = sold(goods, 1)
    give_back(part, (line, 500))
    with pytest.raises(Conflict, match="已关闭"), transaction():
        fulfilment.ship(part, goods.coop.id, "own", "", by=None)


def test_the_look_of_the_page_is_the_deed() -> None:
    goods = market.stall(price_fen=3000)
    _order, part, line = sold(goods, 3)
    give_back(part, (line, 300))
    case = refunds.look(part, goods.coop.id)
    db.session.rollback()
    assert [(one.left, one.units_left, one.back_fen) for one in case.lines] == [(1200, 3, 1800)]
    assert case.room_fen == 3 * 3000 + 1000 - 1800
    going, freight, fen = case.price([returns.Wanted(line, 1200)], freight=True)
    assert (going[0].fen, freight, fen) == (7200, 1000, 8200)
    assert give_back(part, (line, 1200), freight=True).amount_fen == fen
