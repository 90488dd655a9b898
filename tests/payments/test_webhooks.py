"""Events: who may send them, and that each has its effect once in whatever order and number they come."""

from __future__ import annotations

import itertools
import json
import threading
from typing import Any

import pytest
from flask import Flask

from shop.core.db import transaction
from shop.orders import attributing
from shop.payments import tasks, webhooks
from tests.orders import market
from tests.payments.provider import (
    Provider,
    events_left,
    made_event,
    order_state,
    payments,
    refunds,
    timeline,
)


def bought(provider: Provider, packs: int = 1) -> tuple[market.Stall, Any, str]:
    """A stall, an order of one pack, and the checkout session opened for it."""
    goods, who = market.stall(packs=20), market.buyer()
    placed = market.place(who, {goods.sku_id: packs})
    return goods, placed, provider.open(placed.number, who.id)


def test_paid(provider: Provider) -> None:
    _goods, placed, session = bought(provider)
    assert provider.pay(session) == "paid"
    assert order_state(placed.order_id) == ("pending", None)  # the browser's return proves nothing
    kinds = provider.deliver_all()
    assert "checkout.session.completed" in kinds
    assert order_state(placed.order_id) == ("paid", None)
    assert payments(placed.order_id) == [("succeeded", 7800)]
    assert events_left() == []
    row = market.rows(
        "select o.paid_on = (o.paid_at at time zone 'Asia/Shanghai')::date as right_day, p.intent_ref, p.succeeded_at = o.paid_at"
        " as same from customer_order o join payment p on p.order_id = o.id"
    )[0]
    assert row.right_day
    assert row.same
    assert row.intent_ref.startswith("pi_")
    assert timeline(placed.order_id) == ["placed", "paid"]
    with transaction():
        assert attributing.waiting() == [placed.order_id]


@pytest.mark.parametrize(
    "trouble",
    ["forged", "old", "future", "altered", "unsigned", "v0", "garbage", "binary", "large", "nan", "deep"],
)
def test_refused_with_400_and_nothing_kept(provider: Provider, trouble: str) -> None:
    _, placed, session = bought(provider)
    provider.pay(session)
    event = next(event for event in provider.events() if event["type"] == "checkout.session.completed")
    body = json.dumps(event)
    header: str | None = provider.sign(body)
    if trouble == "forged":
        header = provider.sign(body, secret="whsec_somebody_else")
    elif trouble in ("old", "future"):
        header = provider.sign(body, offset=-320 if trouble == "old" else 320)
    elif trouble == "altered":
        body = body.replace("7800", "7801")
    elif trouble == "unsigned":
        header = None
    elif trouble == "v0":
        header = provider.sign(body).replace("v1=", "v0=")
    elif trouble == "garbage":
        header = "t=x,v1=é,,=="
    elif trouble == "large":
        body = json.dumps(event | {"padding": "x" * webhooks.MAX_BYTES})
        header = provider.sign(body)
    elif trouble == "nan":
        body = body.replace('"created":', '"nan": NaN, "created":', 1)
        header = provider.sign(body)
    elif trouble == "deep":
        body = "[" * 100_000 + "]" * 100_000
        header = provider.sign(body)
    raw = b"\xff\xfe" + body.encode() if trouble == "binary" else body.encode()
    with pytest.raises(webhooks.BadEvent) as refusal:
        webhooks.store(raw, header)
    assert refusal.value.status == 400
    assert market.rows("select * from provider_event") == []
    assert order_state(placed.order_id) == ("pending", None)


@pytest.mark.parametrize("wrong", [{"livemode": True}, {"account": "acct_other"}])
def test_other_mode_or_account_leaves_only_a_trace(provider: Provider, wrong: dict[str, Any]) -> None:
    body = json.dumps(made_event("checkout.session.completed", {"object": "checkout.session"}, **wrong))
    with pytest.raises(webhooks.BadEvent):
        webhooks.store(body.encode(), provider.sign(body))
    assert market.rows("select * from provider_event") == []
    assert [row.act for row in market.rows("select act from activity")] == ["webhook.refused"]


@pytest.mark.parametrize(
    "shape",
    [[], "event", {}, {"object": "event"}, {"id": 1}, {"created": 10**18}, {"data": []}, {"livemode": 0}],
)
def test_signed_but_no_event(provider: Provider, shape: Any) -> None:
    thing = made_event("x", {}) | shape if isinstance(shape, dict) and shape else shape
    if shape == {"object": "event"}:
        thing = shape
    body = json.dumps(thing)
    with pytest.raises(webhooks.BadEvent):
        webhooks.store(body.encode(), provider.sign(body))


def test_two_secrets_during_a_rotation(app: Flask, provider: Provider) -> None:
    settings = app.extensions["settings"]
    both = settings.model_copy(update={"stripe_webhook_secret": f"whsec_new_one_here,{provider.secret}"})
    app.extensions["settings"] = both
    for secret in ("whsec_new_one_here", provider.secret):
        body = json.dumps(made_event("customer.created", {}))
        assert not webhooks.store(body.encode(), provider.sign(body, secret=secret)).fresh


def test_a_nul_in_a_name_is_no_crash(provider: Provider) -> None:
    body = json.dumps(
        made_event("checkout.session.expired", {"object": "checkout.session", "n\x00": ["a\x00b"]})
    )
    assert webhooks.store(body.encode(), provider.sign(body)).fresh
    assert market.rows("select payload -> 'data' -> 'object' -> 'n' as n from provider_event")[0].n == ["ab"]


def test_kinds_we_do_not_need_are_kept_and_done(provider: Provider) -> None:
    stored = provider.deliver(made_event("charge.updated", {"object": "charge"}))
    assert not stored.fresh
    assert market.rows("select outcome from provider_event")[0].outcome == "not needed"


def test_ten_copies_at_once(app: Flask, provider: Provider) -> None:
    _goods, placed, session = bought(provider)
    provider.pay(session)
    event = next(event for event in provider.events() if event["type"] == "checkout.session.completed")
    gate, stored = threading.Barrier(10), []

    def receive() -> None:
        with app.app_context():
            gate.wait()
            stored.append(provider.deliver(event))

    threads = [threading.Thread(target=receive) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stored) == 10
    assert sum(each.fresh for each in stored) == 1
    assert len({each.event_id for each in stored}) == 1
    tasks.sweep.run()
    assert timeline(placed.order_id).count("paid") == 1
    assert payments(placed.order_id) == [("succeeded", 7800)]
    assert market.rows("select tries from provider_event")[0].tries <= webhooks.MAX_TRIES


def test_every_order_of_a_declined_and_a_paid_attempt(provider: Provider) -> None:
    """Every second of the 120 orders of the five events that matter, each on an order of its own: the same rows."""
    goods = market.stall(packs=200)
    wanted = ("payment_intent.payment_failed", "payment_intent.succeeded", "checkout.session.completed")
    _, placed, session = bought(provider)
    provider.pay(session, card="4000000000000002")
    provider.pay(session)
    pattern = [event for event in provider.events() if event["type"] in wanted]
    assert len(pattern) == 3
    more = [
        made_event("checkout.session.expired", pattern[-1]["data"]["object"]),
        made_event(
            "charge.dispute.created", {"object": "dispute", "payment_intent": "?", "reason": "general"}
        ),
    ]
    ends = set()
    for order in itertools.islice(itertools.permutations([*pattern, *more]), 0, None, 2):
        other = market.place(market.buyer(), {goods.sku_id: 1})
        with transaction():
            payment_id = market.row(
                "insert into payment (order_id, method, key, amount_fen, state, session_ref)"
                " values (:id, 'stripe', :key, 7800, 'pending', :ref) returning id",
                id=other.order_id,
                key=f"k{other.order_id}",
                ref=f"cs{other.order_id}",
            ).id
        for event in order:
            copy = json.loads(json.dumps(event).replace(placed.number, other.number))
            thing = copy["data"]["object"]
            intent = f"pi_{other.order_id}"
            if thing["object"] == "checkout.session":
                thing |= {"id": f"cs{other.order_id}", "payment_intent": intent}
            elif thing["object"] == "payment_intent":
                thing["id"] = intent
            else:
                thing["payment_intent"] = intent
            if thing["object"] != "dispute":
                thing["metadata"] = {"order": other.number, "payment": str(payment_id)}
            copy["id"] += f"_{other.order_id}"
            webhooks.process(webhooks.keep(copy).event_id)
        for event_row in market.rows("select id from provider_event where processed_at is null"):
            webhooks.process(event_row.id)  # what came too early is tried again
        row = market.rows(
            "select state, failure, intent_ref is not null from payment where id = :id", id=payment_id
        )[0]
        events = timeline(other.order_id)
        ends.add(
            (order_state(other.order_id), tuple(row), tuple(sorted(events)), refunds(other.order_id) == [])
        )
    assert ends == {(("paid", None), ("succeeded", None, True), ("disputed", "paid", "placed"), True)}
    assert events_left() == []
