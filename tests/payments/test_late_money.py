"""Money and time: holds that end while somebody pays, late payments, refunds that are sent once, fees, transfers."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask

from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound
from shop.orders import attributing, holds
from shop.payments import charging, closing, queries, tasks
from tests.orders import market
from tests.payments.provider import (
    Provider,
    events_left,
    order_state,
    payments,
    refunds,
    timeline,
)


def opened(
    provider: Provider, packs: int = 20, units: int = 2
) -> tuple[market.Stall, market.Buyer, Any, str]:
    goods, who = market.stall(packs=packs), market.buyer()
    placed = market.place(who, {goods.sku_id: units})
    return goods, who, placed, provider.open(placed.number, who.id)


def close_without_the_provider(order_id: int) -> None:
    """The hold ended while the provider could not be reached, so its session stayed open."""
    market.make_due(order_id)
    with transaction():
        assert holds.expire([order_id]) == [order_id]


def test_expiry_closes_the_checkout_first(provider: Provider) -> None:
    goods, _who, placed, session = opened(provider)
    market.make_due(placed.order_id)
    tasks.sweep.run()
    assert provider.session(session).status == "expired"
    assert order_state(placed.order_id) == ("closed", "expired")
    assert payments(placed.order_id) == [("expired", 14_600)]
    assert market.counters(goods.lot_id)[1] == 0
    assert provider.pay(session) == "closed"
    provider.deliver_all()
    assert order_state(placed.order_id) == ("closed", "expired")


def test_paid_in_the_last_second_is_left_to_its_event(provider: Provider) -> None:
    goods, _who, placed, session = opened(provider)
    provider.pay(session)
    market.make_due(placed.order_id)
    tasks.sweep.run()
    assert order_state(placed.order_id) == ("pending", None)
    provider.deliver_all()
    assert order_state(placed.order_id) == ("paid", None)
    assert market.counters(goods.lot_id)[1] == 1000


def test_a_payment_under_way_for_a_day_ends_the_hold(provider: Provider) -> None:
    _goods, _who, placed, session = opened(provider)
    provider.pay(session, method="alipay", settle="later")
    market.make_due(placed.order_id)
    closing.expire_holds()
    assert order_state(placed.order_id) == ("pending", None)
    with transaction():
        market.row("update customer_order set expires_at = now() - interval '25 hours' returning id")
    closing.expire_holds()
    assert order_state(placed.order_id) == ("closed", "expired")


def test_expiry_while_the_provider_is_down(provider: Provider) -> None:
    goods, _who, placed, session = opened(provider)
    market.make_due(placed.order_id)
    provider.process.control("faults", kind="500", count=9, path="/v1/checkout")
    tasks.sweep.run()
    assert order_state(placed.order_id) == ("closed", "expired")
    assert market.counters(goods.lot_id)[1] == 0
    provider.process.control("faults")
    tasks.sweep.run()  # what was left open is closed now
    assert provider.session(session).status == "expired"
    assert payments(placed.order_id) == [("expired", 14_600)]


def test_payments_left_over_by_a_closed_order(provider: Provider) -> None:
    """One never opened at the provider, one the provider does not know any more."""
    goods, who = market.stall(), market.buyer()
    never, unknown = market.place(who, {goods.sku_id: 1}), market.place(who, {goods.sku_id: 1})
    with transaction():
        charging.open_payment(never.order_id)
        payment_id = charging.open_payment(unknown.order_id)
        market.row(
            "update payment set state = 'pending', session_ref = 'cs_test_gone' where id = :id returning id",
            id=payment_id,
        )
    for placed in (never, unknown):
        close_without_the_provider(placed.order_id)
    tasks.sweep.run()
    assert [payments(placed.order_id)[0][0] for placed in (never, unknown)] == ["expired", "expired"]


def test_late_money_takes_the_same_goods_again(provider: Provider) -> None:
    goods, _who, placed, session = opened(provider)
    close_without_the_provider(placed.order_id)
    provider.pay(session)
    provider.deliver_all()
    assert order_state(placed.order_id) == ("paid", None)
    assert payments(placed.order_id) == [("succeeded", 14_600)]
    assert refunds(placed.order_id) == []
    assert market.counters(goods.lot_id)[1] == 1000
    assert market.broken_holds() == []
    assert timeline(placed.order_id) == ["placed", "expired", "revived"]
    with transaction():
        attributing.attribute_orders([placed.order_id])
    assert [tuple(row) for row in market.rows("select state, fen from lot_allocation order by id")] == [
        ("released", None),
        ("reserved", 13_600),
    ]


def test_late_money_for_goods_that_are_gone_goes_back(provider: Provider) -> None:
    goods, _who, placed, session = opened(provider, packs=2)
    close_without_the_provider(placed.order_id)
    market.place(market.buyer(), {goods.sku_id: 1})
    provider.pay(session)
    provider.deliver_all()
    assert order_state(placed.order_id) == ("closed", "expired")
    assert refunds(placed.order_id) == [("created", 14_600, "late_payment")]
    tasks.sweep.run()
    assert refunds(placed.order_id) == [("succeeded", 14_600, "late_payment")]
    assert timeline(placed.order_id) == ["placed", "expired", "late_payment", "refunded"]
    provider.deliver_all()  # the provider's own events about the refund change nothing more
    tasks.sweep.run()
    assert timeline(placed.order_id).count("refunded") == 1
    assert len(provider.process.client().v1.refunds.list({"limit": 5}).data) >= 1
    assert events_left() == []
    found = queries.payment_of(placed.order_id)
    assert found is not None
    assert [row.refund_state for row in found.refunds] == ["succeeded"]
    assert market.counters(goods.lot_id)[1] == 500


def test_late_money_after_the_buyer_cancelled(provider: Provider) -> None:
    goods, who, placed, session = opened(provider, packs=2)
    provider.process.control("faults", kind="500", count=3, path=f"/v1/checkout/sessions/{session}/expire")
    closing.cancel(placed.number, who.id)
    provider.process.control("faults")
    assert order_state(placed.order_id) == ("closed", "cancelled")
    market.place(market.buyer(), {goods.sku_id: 2})
    provider.pay(session)
    provider.deliver_all()
    tasks.sweep.run()
    assert refunds(placed.order_id) == [("succeeded", 14_600, "late_payment")]


def test_cancel_closes_the_checkout(provider: Provider) -> None:
    _goods, who, placed, session = opened(provider)
    with pytest.raises(NotFound):
        closing.cancel(placed.number, market.buyer().id)
    closing.cancel(placed.number, who.id)
    closing.cancel(placed.number, who.id)
    assert provider.session(session).status == "expired"
    assert order_state(placed.order_id) == ("closed", "cancelled")


def test_cancel_after_paying_waits_for_the_event(provider: Provider) -> None:
    _goods, who, placed, session = opened(provider)
    provider.pay(session)
    with pytest.raises(Conflict, match="正在确认"):
        closing.cancel(placed.number, who.id)
    provider.deliver_all()
    assert order_state(placed.order_id) == ("paid", None)
    with pytest.raises(Conflict, match="已经付款"):
        closing.cancel(placed.number, who.id)


def test_two_checkouts_paid_is_one_too_many(provider: Provider) -> None:
    _goods, who, placed, first = opened(provider)
    with transaction():
        market.row(
            "update payment set state = 'expired' returning id"
        )  # locally only: the page was still open
    second = provider.open(placed.number, who.id)
    assert provider.pay(first) == provider.pay(second) == "paid"
    provider.deliver_all()
    tasks.sweep.run()
    assert order_state(placed.order_id) == ("paid", None)
    assert refunds(placed.order_id) == [("succeeded", 14_600, "double_payment")]
    assert sorted(payments(placed.order_id)) == [("succeeded", 14_600)] * 2


@pytest.mark.parametrize("round_", range(8))
def test_expiry_and_payment_at_the_same_moment(app: Flask, provider: Provider, round_: int) -> None:
    """Whichever comes first, the order is paid in the end, its goods are held once, and no money goes back."""
    goods, _who, placed, session = opened(provider)
    provider.pay(session)
    events = provider.events()
    market.make_due(placed.order_id)
    gate = threading.Barrier(2)

    def expire() -> None:
        with app.app_context():
            gate.wait()
            with transaction():
                holds.expire([placed.order_id])

    def pay() -> None:
        with app.app_context():
            gate.wait()
            for event in events:
                provider.deliver(event)

    threads = [threading.Thread(target=work) for work in (expire, pay)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order_state(placed.order_id) == ("paid", None)
    assert refunds(placed.order_id) == []
    assert market.counters(goods.lot_id)[1] == 1000
    assert market.broken_holds() == []
