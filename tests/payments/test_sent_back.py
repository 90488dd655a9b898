"""Late money on its way back: sent once whatever the provider answers, its events in any order."""

from __future__ import annotations

from typing import Any

import pytest

from shop.core.db import transaction
from shop.payments import gateway, queries, refunding, tasks
from tests.orders import market
from tests.payments.provider import (
    Provider,
    events_left,
    made_event,
    refunds,
    timeline,
)
from tests.payments.test_late_money import close_without_the_provider, opened


def late(provider: Provider) -> tuple[Any, int]:
    """A late payment whose refund stands in our books and is not sent."""
    goods, _who, placed, session = opened(provider, packs=2)
    close_without_the_provider(placed.order_id)
    market.place(market.buyer(), {goods.sku_id: 2})
    provider.pay(session)
    provider.deliver_all()
    return placed, market.rows("select id from refund where order_id = :id", id=placed.order_id)[0].id


def sent_back(provider: Provider, order_id: int) -> list[int]:
    intent = market.rows("select intent_ref from payment where order_id = :id", id=order_id)[0].intent_ref
    return [
        refund.amount for refund in provider.process.client().v1.refunds.list({"payment_intent": intent}).data
    ]


@pytest.mark.parametrize("kind", ["500", "timeout"])
def test_a_refund_whose_answer_was_lost_is_sent_once(provider: Provider, kind: str) -> None:
    placed, refund_id = late(provider)
    provider.process.control("faults", kind=kind, count=3, path="/v1/refunds", when="after")
    with pytest.raises(gateway.ProviderDown):
        refunding.send(refund_id)
    provider.process.control("faults")
    tasks.sweep.run()
    tasks.send_refund.run(refund_id)
    assert refunds(placed.order_id) == [("succeeded", 14_600, "late_payment")]
    assert sent_back(provider, placed.order_id) == [14_600]


def test_a_refund_retried_after_the_key_was_forgotten_is_looked_up(provider: Provider) -> None:
    placed, refund_id = late(provider)
    provider.process.control("faults", kind="500", count=3, path="/v1/refunds", when="after")
    with pytest.raises(gateway.ProviderDown):
        refunding.send(refund_id)
    provider.process.control("faults")
    provider.process.control("idempotency/forget")
    with transaction():
        market.row(
            "update refund set created_at = now() - interval '25 hours' where id = :id returning id",
            id=refund_id,
        )
    tasks.sweep.run()
    assert refunds(placed.order_id) == [("succeeded", 14_600, "late_payment")]
    assert sent_back(provider, placed.order_id) == [14_600]


def test_the_events_of_a_refund_in_any_order(provider: Provider) -> None:
    """Also before our own answer is stored: they name our row."""
    placed, refund_id = late(provider)
    intent = market.rows("select intent_ref from payment where order_id = :id", id=placed.order_id)[
        0
    ].intent_ref
    thing = {
        "object": "refund", "id": "re_x", "amount": 14_600, "payment_intent": intent, "metadata": {"refund": str(refund_id)},
    }  # fmt: skip
    provider.deliver(made_event("refund.updated", thing | {"status": "succeeded"}))
    provider.deliver(made_event("refund.created", thing | {"status": "pending"}))
    assert refunds(placed.order_id) == [("succeeded", 14_600, "late_payment")]
    provider.deliver(made_event("refund.failed", thing | {"status": "failed", "failure_reason": "declined"}))
    provider.deliver(made_event("refund.updated", thing | {"status": "succeeded"}))
    assert refunds(placed.order_id) == [("failed", 14_600, "late_payment")]
    assert [row.failure for row in queries.failed_refunds()] == ["declined"]
    provider.deliver(made_event("refund.updated", thing | {"status": "succeeded", "amount": 1}))
    provider.deliver(
        made_event("refund.created", {"object": "refund", "id": "re_dashboard", "status": "succeeded"})
    )
    assert [row.outcome for row in events_left()] == ["set_aside", None]


def test_a_wallets_refund_takes_a_moment(provider: Provider) -> None:
    goods, _who, placed, session = opened(provider, packs=2)
    close_without_the_provider(placed.order_id)
    market.place(market.buyer(), {goods.sku_id: 2})
    provider.pay(session, method="alipay")
    provider.deliver_all()
    tasks.sweep.run()
    assert refunds(placed.order_id)[0][0] == "pending"
    ref = market.rows("select provider_ref from refund")[0].provider_ref
    provider.process.control(f"refunds/{ref}/settle", outcome="succeeded")
    with transaction():
        market.row("update refund set created_at = now() - interval '11 minutes' returning id")
    tasks.sweep.run()  # no event came: asked again
    assert refunds(placed.order_id)[0][0] == "succeeded"


def test_a_refund_the_provider_refuses_is_shown(provider: Provider) -> None:
    placed, refund_id = late(provider)
    with transaction():
        market.row("update refund set amount_fen = amount_fen + 1 where id = :id returning id", id=refund_id)
    tasks.sweep.run()
    assert refunds(placed.order_id)[0][0] == "failed"
    assert timeline(placed.order_id)[-1] == "refund_failed"
