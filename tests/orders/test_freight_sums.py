"""Freight by the rule: whatever is bought, the order, its parts, the books and the audit say the same sums."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import text
from sqlalchemy.orm import scoped_session

from shop.audit.run import CHECKS, run_check
from shop.core.db import session, transaction
from shop.orders import attributing, freight_book, gifts
from shop.orders.attempts import retried
from shop.orders.freight import Band, Rule
from tests.orders import market
from tests.orders.test_buying import LIST
from tests.payments.refund_scene import give_back, line_ids, part_ids

SUMS = {
    "order-sums", "order-conservation", "freight-rule", "gift-parcels", "invoices", "sale-posted-once", "turnover",
    "payment-order", "refund-part",
}  # fmt: skip
_key = itertools.count(1)
PROVINCES = ("湖北省", "浙江省", "西藏自治区")

bands = some.builds(
    Band,
    some.sampled_from(("甲", "乙")),
    some.just(()),
    some.integers(1, 3000),
    some.integers(0, 3000),
    some.sampled_from((0, 500, 777)),
    some.integers(0, 500),
    some.none() | some.integers(0, 30_000),
)


def broken() -> dict[str, object]:
    """The rows that any of the sums' checks finds wrong."""
    found = {check.code: run_check(check) for check in CHECKS if check.code in SUMS}
    session().rollback()
    return {code: item["rows"] for code, item in found.items() if item["count"]}


def freight_booked(order_id: int) -> int:
    """What the books took in as freight (502) for an order's parts."""
    return int(
        market.rows(
            "select coalesce(-sum(e.fen), 0) as fen from ledger_entry e join ledger_transaction t on t.id = e.transaction_id"
            " join suborder s on t.key = 'freight:suborder:' || s.id where s.order_id = :o and e.account = '502'",
            o=order_id,
        )[0].fen
    )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=some.data())
def test_whatever_is_bought_every_sum_agrees(db_session: scoped_session, data: some.DataObject) -> None:
    stalls = [market.stall(packs=30, price_fen=data.draw(some.integers(1, 9900))) for _ in range(2)]
    who = market.buyer()
    rules = []
    for one in stalls:
        rule = Rule(
            1,
            (data.draw(bands),),
            town_fen=300,
            town_district="湖北省武汉市洪山区",
            town_streets=("",),
            pickup="村委会",
        )
        rules.append(rule)
        with transaction():
            freight_book.publish(one.coop.id, rule, after=0, by=who.id)
    counts = {one.sku_id: data.draw(some.integers(1, 9)) for one in stalls}
    ways = {one.coop.code: data.draw(some.sampled_from(("express", "town", "pickup"))) for one in stalls}
    placed = market.place(who, counts, ways=ways)
    order = market.rows("select * from customer_order where id = :o", o=placed.order_id)[0]
    assert order.total_fen == order.goods_fen + order.freight_fen - order.discount_fen
    expected = 0
    for one, rule in zip(stalls, rules, strict=True):
        goods = counts[one.sku_id] * one.price_fen
        band, way = rule.bands[0], ways[one.coop.code]
        fen = {"express": band.fen(counts[one.sku_id] * market.UNIT), "town": 300, "pickup": 0}[way]
        free = band.free_from_fen if way == "express" else None
        expected += 0 if free is not None and goods >= free else fen
    assert order.freight_fen == expected
    with transaction():
        market.pay_order(placed.order_id)
    with transaction():
        attributing.attribute_orders([placed.order_id])
    assert freight_booked(placed.order_id) == order.freight_fen
    assert broken() == {}


def test_a_gifts_freight_is_booked_and_refunded_as_any_other(db_session: scoped_session) -> None:
    goods, who = market.stall(packs=9), market.buyer()
    placed = retried(
        lambda: gifts.place(who.id, goods.sku_id, LIST, f"s-{next(_key)}", giver=("赵", "+8613800138001"))
    )
    with transaction():
        market.pay_order(placed.order_id)
    with transaction():
        attributing.attribute_orders([placed.order_id])
    assert freight_booked(placed.order_id) == 2000
    assert broken() == {}
    (line,) = line_ids(placed.order_id)
    made = give_back(part_ids(placed.order_id)[0], (line, 5 * market.UNIT), freight=True)
    assert made.amount_fen == 5 * goods.price_fen + 2000
    assert freight_booked(placed.order_id) == 2000  # reversed by an entry of its own, never taken back
    assert broken() == {}


BASIS = "update suborder set freight_basis = freight_basis || '{}' where order_id = :o"


@pytest.mark.parametrize(
    "change",
    ['{"fen": 801}', '{"grams": 501}', '{"band": "别处"}', '{"method": "town"}', '{"free_from_fen": 1}', '{"version": 9}'],
)  # fmt: skip
def test_a_freight_that_its_rule_never_said_is_found(db_session: scoped_session, change: str) -> None:
    goods, who = market.stall(), market.buyer()
    with transaction():
        freight_book.publish(goods.coop.id, Rule(1, (Band("全国", (), 1000, 800),)), after=0, by=who.id)
    placed = market.place(who, {goods.sku_id: 1})
    assert broken() == {}
    session().execute(text(BASIS.replace("{}", change)), {"o": placed.order_id})
    check = next(check for check in CHECKS if check.code == "freight-rule")
    found = run_check(check)
    session().rollback()
    assert found["count"] > 0
