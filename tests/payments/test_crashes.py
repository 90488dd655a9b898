"""Processes that die around the calls to the provider and around events: the same question again, one effect."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from shop.audit import run as conscience
from shop.core.db import transaction
from shop.orders import holds
from shop.orders import tasks as order_tasks
from shop.payments import charging, refunding, tasks, webhooks
from tests.orders import market
from tests.orders.killing import killed_at
from tests.payments.provider import Provider, events_left, order_state, payments, refunds, timeline


def sessions(provider: Provider) -> set[str]:
    found = provider.process.client().v1.checkout.sessions.list({"limit": 100})
    return {session.id for session in found.auto_paging_iter()}


@pytest.mark.parametrize("point", ["charging:opened", "charging:asking", "charging:answered"])
def test_killed_while_opening_a_payment(app: Flask, provider: Provider, point: str) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    before = sessions(provider)
    assert killed_at(app, point, lambda: charging.pay_url(placed.number, who.id))
    session = provider.open(placed.number, who.id)
    assert payments(placed.order_id) == [("pending", 7800)]
    assert sessions(provider) - before == {session}


@pytest.mark.parametrize(
    "point", ["webhooks:claimed", "paying:payment", "webhooks:applied", "webhooks:marked"]
)
def test_killed_while_processing_an_event(app: Flask, provider: Provider, point: str) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    provider.pay(provider.open(placed.number, who.id))
    event = next(event for event in provider.events() if event["type"] == "checkout.session.completed")
    body = json.dumps(event)
    stored = webhooks.store(body.encode(), provider.sign(body))
    assert killed_at(app, point, lambda: webhooks.process(stored.event_id))
    assert order_state(placed.order_id) == ("pending", None)
    assert [(row.tries, row.outcome) for row in events_left()] == [(1, None)]
    with transaction():
        market.age_events()
    tasks.sweep.run()
    assert order_state(placed.order_id) == ("paid", None)
    assert timeline(placed.order_id) == ["placed", "paid"]
    assert events_left() == []


def test_an_event_that_kills_its_worker_is_set_aside(app: Flask, provider: Provider) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    provider.pay(provider.open(placed.number, who.id))
    event = next(event for event in provider.events() if event["type"] == "checkout.session.completed")
    stored = webhooks.keep(event)
    died = [killed_at(app, "webhooks:applied", lambda: webhooks.process(stored.event_id)) for _ in range(7)]
    assert died == [True] * 5 + [False] * 2
    assert [(row.tries, row.outcome) for row in events_left()] == [(5, "set_aside")]


@pytest.mark.parametrize("point", ["paying:refund", "refunding:asking", "refunding:answered"])
def test_killed_around_a_refund(app: Flask, provider: Provider, point: str) -> None:
    goods, who = market.stall(packs=2), market.buyer()
    placed = market.place(who, {goods.sku_id: 2})
    session = provider.open(placed.number, who.id)
    market.make_due(placed.order_id)
    with transaction():
        holds.expire([placed.order_id])
    market.place(market.buyer(), {goods.sku_id: 1})
    provider.pay(session)
    for event in provider.events():
        webhooks.keep(event)
    assert killed_at(app, point, tasks.sweep.run)
    with transaction():
        market.age_events()
    tasks.sweep.run()
    tasks.sweep.run()
    assert refunds(placed.order_id) == [("succeeded", 14_600, "late_payment")]
    intent = market.rows("select intent_ref from payment where intent_ref is not null")[0].intent_ref
    listed = provider.process.client().v1.refunds.list({"payment_intent": intent}).data
    assert [refund.amount for refund in listed] == [14_600]
    with transaction():
        assert refunding.unsent() == []


def test_killed_between_closing_the_checkout_and_the_order(app: Flask, provider: Provider) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    provider.open(placed.number, who.id)
    market.make_due(placed.order_id)
    assert killed_at(app, "closing:sessions", tasks.sweep.run)
    assert order_state(placed.order_id) == ("pending", None)
    tasks.sweep.run()
    assert order_state(placed.order_id) == ("closed", "expired")


def test_the_conscience_is_clean_after_a_days_trade(provider: Provider) -> None:
    """Paid, cancelled, expired, revived, sent back: every invariant of the audit holds."""
    goods, other = market.stall(packs=8, mode="consign_commission"), market.stall(packs=50, price_fen=333)
    for units in (1, 2, 3):
        who = market.buyer()
        placed = market.place(who, {goods.sku_id: 1, other.sku_id: units})
        provider.pay(provider.open(placed.number, who.id))
    who = market.buyer()
    revived, gone = market.place(who, {other.sku_id: 1}), market.place(who, {goods.sku_id: 5})
    sessions = [provider.open(order.number, who.id) for order in (revived, gone)]
    for order in (revived, gone):
        market.make_due(order.order_id)
        with transaction():
            holds.expire([order.order_id])
    unpaid = market.place(market.buyer(), {goods.sku_id: 4})
    for session in sessions:
        provider.pay(session)
    provider.deliver_all()
    market.make_due(unpaid.order_id)
    tasks.sweep.run()
    order_tasks.sweep.run()
    provider.deliver_all()
    assert order_state(revived.order_id) == ("paid", None)
    assert refunds(gone.order_id) == [("succeeded", 5 * 6800 + 1000, "late_payment")]
    with transaction():
        result = conscience.run_all()
        broken = [(check["code"], check["rows"][:3]) for check in result.checks if check["count"]]
    assert broken == []
