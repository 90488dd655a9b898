"""What is told of orders: the trace, whom they helped, the lists of buyer and cooperative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from shop.core import clock
from shop.core.db import transaction
from shop.core.errors import NotFound
from shop.orders import impact, queries, tasks, trace, work
from tests.orders import market
from tests.orders.test_fulfilment import ship

pytestmark = pytest.mark.usefixtures("db_session")


def test_trace_has_exactly_the_agreed_shape() -> None:
    goods = market.stall(packs=3, price_fen=1000, households=2)
    placed = market.paid(market.buyer(), {goods.sku_id: 3})
    found = trace.trace(placed.number)
    codes = [row.code for row in market.rows("select code from household order by id")]
    lot = market.rows("select code from lot")[0].code
    line = market.rows("select id from order_line")[0].id
    assert found == {
        "order": placed.number,
        "lines": [
            {
                "line": line,
                "net_fen": 3000,
                "lots": [
                    {
                        "lot": lot,
                        "quantity": 1500,
                        "fen": 3000,
                        "parties": [
                            {"household": codes[0], "quantity": 750, "fen": 1500},
                            {"household": codes[1], "quantity": 750, "fen": 1500},
                        ],
                    }
                ],
            }
        ],
    }
    with pytest.raises(NotFound):
        trace.trace("no-such")


def test_trace_of_an_outside_supplier_and_of_an_order_not_yet_attributed() -> None:
    with transaction():
        coop = market.town_builder.cooperative()
        produce_id = market.town_builder.produce(coop)
        outside = market.town_builder.Goods(market.town_builder.supplier(coop), 1000, 5000)
        market.town_builder.closed_lot(coop, produce_id, "buyout", [outside])
        _, sku_id = market.town_builder.sku(coop, produce_id)
    placed = market.paid(market.buyer(), {sku_id: 1}, attribute=False)
    assert trace.trace(placed.number)["lines"][0]["lots"] == []
    tasks.sweep()
    parties = trace.trace(placed.number)["lines"][0]["lots"][0]["parties"]
    assert parties == [{"household": None, "quantity": 500, "fen": 6800}]
    assert [share.village for share in impact.impact_of(placed.order_id)[0].villages] == [None]


def test_whom_it_helped_names_nobody_without_consent() -> None:
    goods = market.stall(packs=20, price_fen=1001, households=6)
    with transaction():
        for place, withdrawn in ((0, None), (1, clock.today())):
            market.row(
                "insert into household_consent (household_id, purpose, given_on, withdrawn_on)"
                " values (:id, 'public_name', '2020-01-01', :withdrawn) returning id",
                id=goods.parties[place].household_id,
                withdrawn=withdrawn,
            )
    placed = market.paid(market.buyer(), {goods.sku_id: 7})
    line = impact.impact_of(placed.order_id)[0]
    assert line.net_fen == 7007
    village = line.villages[0]
    assert (village.village, village.households, village.fen) == ("大川村", 6, 7007)
    assert sum(share.fen for share in village.shares) == 7007
    assert sorted(share.label for share in village.shares) == ["1户"] * 5 + ["户*0"]


def test_a_small_group_is_told_by_village_alone() -> None:
    goods = market.stall(households=4)
    placed = market.paid(market.buyer(), {goods.sku_id: 1})
    village = impact.impact_of(placed.order_id)[0].villages[0]
    assert (village.village, village.households, village.fen, village.shares) == ("大川村", None, 6800, ())


@pytest.mark.parametrize("orders", [1, 20, 100])
def test_lists_cost_the_same_for_any_number(app: Flask, sql_counter: Callable[..., Any], orders: int) -> None:
    goods, who = market.stall(packs=200), market.buyer()
    placed = [market.paid(who, {goods.sku_id: 1}, attribute=False) for _ in range(orders)]
    tasks.sweep()
    with sql_counter(app) as count:
        page, counts = queries.orders_of(who.id, "all", size=100)
        assert len(page.items) == orders
    assert count.total == 4  # and one for the session
    assert counts == {"all": orders, "to_pay": 0, "to_ship": orders, "shipped": 0, "done": 0}
    with sql_counter(app) as count:
        assert len(work.jobs(goods.coop.id, size=100).items) == orders
    assert count.total == 3
    with sql_counter(app) as count:
        assert work.day(goods.coop.id, clock.today())[0] == orders
    assert count.total == 1
    with sql_counter(app) as count:
        impact.impact_of(placed[0].order_id)
    assert count.total == 1


def test_a_buyers_list_and_page() -> None:
    goods, who = market.stall(), market.buyer()
    unpaid, paid, sent = (
        market.place(who, {goods.sku_id: 1}),
        market.paid(who, {goods.sku_id: 2}),
        market.paid(who, {goods.sku_id: 3}),
    )
    ship(sent.order_id, goods.coop.id)
    for tab, wanted in {
        "all": [sent, paid, unpaid],
        "to_pay": [unpaid],
        "to_ship": [paid],
        "shipped": [sent],
        "x": [sent, paid, unpaid],
    }.items():
        page, counts = queries.orders_of(who.id, tab)
        assert [card.number for card in page.items] == [order.number for order in wanted], tab
    assert counts == {"all": 3, "to_pay": 1, "to_ship": 1, "shipped": 1, "done": 0}
    page, _ = queries.orders_of(who.id, "all", page=2, size=2)
    assert [card.number for card in page.items] == [unpaid.number]
    assert page.items[0].payable
    found = queries.order_page(sent.number, who.id)
    assert (found.recipient, found.card.state) == ("李女士", "shipped")
    assert [(one.company_name, one.number) for one in found.card.parts[0].parcels] == [
        ("顺丰速运", "SF1234567890123")
    ]
    assert [step.event for step in found.steps] == ["placed", "attributed", "to_ship", "shipped"]
    assert found.card.lines[0].units == 3
    with pytest.raises(NotFound):
        queries.order_page(sent.number, market.buyer().id)
    with pytest.raises(NotFound):
        queries.state_of(sent.number, market.buyer().id)
    assert queries.state_of(unpaid.number, who.id) == "awaiting_payment"


def test_a_cooperatives_day() -> None:
    goods, who = market.stall(), market.buyer()
    market.place(who, {goods.sku_id: 1})
    market.paid(who, {goods.sku_id: 2})
    sent = market.paid(who, {goods.sku_id: 3})
    ship(sent.order_id, goods.coop.id)
    day = work.day(goods.coop.id, clock.today())
    assert (day.to_ship, day.shipped_today, day.awaiting_payment) == (1, 1, 1)
    assert (day.month_orders, day.month_goods_fen) == (2, 5 * 6800)
    assert [job.part.lines[0].units for job in work.jobs(goods.coop.id, "shipped").items] == [3]
