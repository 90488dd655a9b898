"""Events that are wrong, lost, early or deadly, and payments that take their time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shop.core.db import transaction
from shop.payments import effects, queries, tasks, webhooks
from tests.orders import market
from tests.payments.provider import (
    Provider,
    events_left,
    made_event,
    order_state,
    payments,
    timeline,
)
from tests.payments.test_webhooks import bought


@pytest.mark.parametrize(
    "change", [{"amount_total": 7799}, {"currency": "usd"}, {"amount_total": None}, {"amount_total": "7800"}]
)
def test_another_amount_or_currency_is_set_aside(provider: Provider, change: dict[str, Any]) -> None:
    _, placed, session = bought(provider)
    provider.pay(session)
    event = next(event for event in provider.events() if event["type"] == "checkout.session.completed")
    event["data"]["object"] |= change
    provider.deliver(event)
    assert order_state(placed.order_id) == ("pending", None)
    assert payments(placed.order_id) == [("pending", 7800)]
    aside = queries.set_aside()
    assert len(aside) == 1
    tasks.sweep.run()
    assert [row.outcome for row in events_left()] == ["set_aside"]


def test_really_charged_another_amount(provider: Provider) -> None:
    _, placed, session = bought(provider)
    provider.pay(session, amount=7)
    provider.deliver_all()
    assert order_state(placed.order_id)[0] == "pending"
    assert {row.outcome for row in events_left()} == {"set_aside"}


def test_an_unknown_order_is_kept_tried_again_and_set_aside(provider: Provider) -> None:
    thing = {
        "object": "checkout.session",
        "id": "cs_unknown",
        "payment_status": "paid",
        "amount_total": 1,
        "currency": "cny",
    }
    stored = provider.deliver(
        made_event("checkout.session.completed", thing | {"metadata": {"payment": "999999"}})
    )
    assert [(row.tries, row.outcome) for row in events_left()] == [(1, None)]
    with transaction():
        assert webhooks.waiting() == []  # not before its pause is over
    for tries in range(2, 7):
        with transaction():
            market.row("update provider_event set received_at = now() - interval '1 hour' returning id")
            due = webhooks.waiting()
        assert due == ([stored.event_id] if tries <= 5 else [])
        webhooks.process(stored.event_id)
    left = events_left()[0]
    assert (left.tries, left.outcome, left.failure) == (5, "set_aside", "a payment that we do not know")


def test_found_later_by_the_sweep(provider: Provider) -> None:
    """Stored, the bell lost: the sweep finds it in the rows."""
    _, placed, session = bought(provider)
    provider.pay(session)
    for event in provider.events():
        body = json.dumps(event)
        webhooks.store(body.encode(), provider.sign(body))
    tasks.sweep.run()
    assert order_state(placed.order_id) == ("paid", None)


def test_no_webhook_at_all(provider: Provider) -> None:
    _, placed, session = bought(provider)
    provider.pay(session)
    tasks.poll.run()
    assert order_state(placed.order_id) == ("pending", None)  # it may still come by itself
    with transaction():
        market.row("update payment set created_at = now() - interval '50 seconds' returning id")
    tasks.poll.run()
    assert order_state(placed.order_id) == ("paid", None)
    provider.deliver_all()  # and now they come after all
    assert timeline(placed.order_id) == ["placed", "paid"]


def test_poll_while_the_provider_is_down(provider: Provider) -> None:
    bought(provider)
    with transaction():
        market.row("update payment set created_at = now() - interval '50 seconds' returning id")
    provider.process.control("faults", kind="500", count=3, path="/v1/events")
    tasks.poll.run()
    provider.process.control("faults")


def test_an_event_that_always_crashes_is_set_aside(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, placed, session = bought(provider)
    provider.pay(session)
    event = next(event for event in provider.events() if event["type"] == "checkout.session.completed")

    def crash(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(effects.EFFECTS, event["type"], crash)
    stored = provider.deliver(event)
    for _ in range(7):
        webhooks.process(stored.event_id)
    assert [(row.tries, row.outcome) for row in events_left()] == [(5, "set_aside")]
    assert order_state(placed.order_id) == ("pending", None)


def test_a_declined_card_leaves_the_payment_open(provider: Provider) -> None:
    _, placed, session = bought(provider)
    assert provider.pay(session, card="4000000000009995") == "declined"
    provider.deliver_all()
    found = queries.payment_of(placed.order_id)
    assert found is not None
    assert (found.state, found.failure) == ("pending", "insufficient_funds")
    assert provider.pay(session) == "paid"
    provider.deliver_all()
    found = queries.payment_of(placed.order_id)
    assert found is not None
    assert (found.state, found.failure) == ("succeeded", None)


@pytest.mark.parametrize(
    "outcome, order, payment", [("succeeded", "paid", "succeeded"), ("failed", "pending", "failed")]
)
def test_a_payment_that_takes_its_time(provider: Provider, outcome: str, order: str, payment: str) -> None:
    _, placed, session = bought(provider)
    assert provider.pay(session, method="alipay", settle="later") == "processing"
    provider.deliver_all()
    assert order_state(placed.order_id)[0] == "pending"
    provider.process.control(f"sessions/{session}/settle", outcome=outcome)
    provider.deliver_all()
    assert order_state(placed.order_id)[0] == order
    assert payments(placed.order_id) == [(payment, 7800)]


def test_a_closed_checkout_makes_room_for_a_new_one(provider: Provider) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    first = provider.open(placed.number, who.id)
    provider.process.control(f"sessions/{first}/expire")
    provider.deliver_all()
    second = provider.open(placed.number, who.id)
    assert second != first
    assert [state for state, _ in payments(placed.order_id)] == ["expired", "pending"]
