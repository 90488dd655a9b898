"""What tests do at the provider's side: pay, fetch events, and deliver them signed, in any order and number."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import stripe

from shop.payments import charging, webhooks
from shop.payments.tasks import process_event
from tests.orders import market
from tests.support.stand_in import StandInProcess


@dataclass
class Provider:
    process: StandInProcess
    secret: str
    seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.events()

    def open(self, number: str, buyer_id: int) -> str:
        """The buyer presses 去付款; returns the checkout session's id."""
        return charging.pay_url(number, buyer_id).rpartition("/")[2]

    def pay(self, session: str, **body: Any) -> str:
        return str(self.process.pay(session, **body)["outcome"])

    def session(self, ref: str) -> stripe.checkout.Session:
        return self.process.client().v1.checkout.sessions.retrieve(ref)

    def events(self) -> list[dict[str, Any]]:
        """Those not seen before, oldest first. The provider lists the newest first: after one that was seen come only such."""
        new: list[dict[str, Any]] = []
        for event in self.process.client().v1.events.list({"limit": 20}).auto_paging_iter():
            if event["id"] in self.seen:
                break
            new.append(event.to_dict())
        self.seen |= {event["id"] for event in new}
        return new[::-1]

    def sign(self, body: str, *, offset: int = 0, secret: str = "") -> str:
        stamp = int(time.time()) + offset
        return str(stripe.WebhookSignature.generate_signature_header(body, secret or self.secret, stamp))

    def deliver(self, event: dict[str, Any]) -> webhooks.Stored:
        """Store one event as the webhook page does, and process it as the worker does."""
        body = json.dumps(event)
        stored = webhooks.store(body.encode(), self.sign(body))
        process_event.run(stored.event_id)
        return stored

    def deliver_all(self) -> list[str]:
        """Everything that happened since; returns the kinds."""
        return [event["type"] for event in self.events() if self.deliver(event)]


def made_event(kind: str, thing: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An event as the provider writes them, with an id of its own."""
    made_event.count += 1  # type: ignore[attr-defined]
    return {
        "id": f"evt_made_{time.time_ns()}_{made_event.count}",  # type: ignore[attr-defined]
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "data": {"object": thing},
        "livemode": False,
        "type": kind,
        **more,
    }


made_event.count = 0  # type: ignore[attr-defined]


def order_state(order_id: int) -> tuple[str, str | None]:
    row = market.rows("select state, close_reason from customer_order where id = :id", id=order_id)[0]
    return row.state, row.close_reason


def payments(order_id: int) -> list[tuple[str, int]]:
    return [
        tuple(row)
        for row in market.rows(
            "select state, amount_fen from payment where order_id = :id order by id", id=order_id
        )
    ]  # type: ignore[misc]


def refunds(order_id: int) -> list[tuple[str, int, str]]:
    return [
        tuple(row)
        for row in market.rows(
            "select state, amount_fen, reason from refund where order_id = :id order by id", id=order_id
        )
    ]  # type: ignore[misc]


def timeline(order_id: int) -> list[str]:
    return [
        row.event
        for row in market.rows("select event from order_event where order_id = :id order by id", id=order_id)
    ]


def events_left() -> list[Any]:
    return market.rows(
        "select kind, tries, outcome, failure from provider_event where processed_at is null order by id"
    )
