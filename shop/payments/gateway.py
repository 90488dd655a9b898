"""The payment provider, and the only import of its SDK. Every call is made outside a database transaction.

Production and development differ in the base address and the keys, nothing else.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import stripe
import structlog

from shop.config import Settings
from shop.core import http
from shop.core.db import session as database_session
from shop.core.numbers import half_up

log = structlog.get_logger()

CURRENCY = "cny"
TIMEOUT_SECONDS = 8
RETRIES = 2
MAX_ITEMS = 100
TOLERANCE_SECONDS = 300
PAGE = 100
MOST_EVENTS = 2000


class ProviderDown(Exception):
    """No answer, or asked to come back later. The same call with the same key is safe to repeat."""


class ProviderRefused(Exception):
    """Understood and refused; repeating it changes nothing. `code` is the provider's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class BadSignature(Exception):
    """An event that the provider did not sign, or not now."""


@dataclass(frozen=True, slots=True)
class CheckoutItem:
    """A line of the hosted payment page."""

    name: str
    unit_fen: int
    count: int


@dataclass(frozen=True, slots=True)
class Checkout:
    """What to ask for. The same values with the same key give the same session, however often it is asked."""

    number: str
    payment_id: int
    items: Sequence[CheckoutItem]
    closes_at: datetime
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class Session:
    """A checkout session: status open, complete or expired; `paid` when the money is there."""

    ref: str
    status: str
    paid: bool
    url: str | None
    intent_ref: str | None


@dataclass(frozen=True, slots=True)
class Returned:
    """A refund as the provider has it: status pending, succeeded, failed, canceled or requires_action."""

    ref: str
    status: str
    amount_fen: int
    metadata: Mapping[str, str]
    failure: str | None


@functools.lru_cache(maxsize=8)
def _client(key: str, base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else None,
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


def client() -> stripe.StripeClient:
    """The SDK's client for the running application's settings."""
    settings = http.settings()
    return _client(settings.stripe_secret_key, settings.stripe_api_base)


def is_live(settings: Settings) -> bool:
    """Whether our key moves real money."""
    return "_live_" in settings.stripe_secret_key


@contextmanager
def asking(what: str) -> Iterator[stripe.StripeClient]:
    """Translate the SDK's errors; refuse to hold a database transaction open while waiting for the network."""
    if database_session().info.get("in_transaction"):
        raise RuntimeError("the provider is never called inside a database transaction")
    database_session().rollback()  # what was only read: gives the connection back
    try:
        yield client()
    except (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError) as error:
        code = error.code or (
            "idempotency" if isinstance(error, stripe.IdempotencyError) else "invalid_request"
        )
        log.warning("provider_refused", what=what, code=code, request=error.request_id)
        raise ProviderRefused(code, str(error.user_message or code)) from error
    except stripe.StripeError as error:
        log.warning("provider_down", what=what, error=type(error).__name__, status=error.http_status)
        raise ProviderDown(what) from error


def create_session(wanted: Checkout, key: str) -> Session:
    """Open a hosted checkout. Raises ProviderDown, ProviderRefused."""
    settings = http.settings()
    methods = [name.strip() for name in settings.payment_methods.split(",") if name.strip()]
    metadata = {"order": wanted.number, "payment": str(wanted.payment_id)}
    params: dict[str, Any] = {
        "mode": "payment",
        "locale": "zh",
        "client_reference_id": wanted.number,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": f"订单 {wanted.number}"},
        "allowed_payment_method_types": methods,
        "line_items": [
            {
                "quantity": item.count,
                "price_data": {
                    "currency": CURRENCY,
                    "unit_amount": item.unit_fen,
                    "product_data": {"name": item.name},
                },
            }
            for item in wanted.items
        ],
        "expires_at": int(wanted.closes_at.timestamp()),
        "success_url": wanted.success_url,
        "cancel_url": wanted.cancel_url,
    }
    if "wechat_pay" in methods:
        params["payment_method_options"] = {"wechat_pay": {"client": "web"}}
    with asking("create_session") as stripe_client:
        made = stripe_client.v1.checkout.sessions.create(params, {"idempotency_key": key})  # type: ignore[arg-type]
    return _session(made)


def get_session(ref: str) -> Session:
    """Read a checkout session. Raises ProviderDown, ProviderRefused."""
    with asking("get_session") as stripe_client:
        return _session(stripe_client.v1.checkout.sessions.retrieve(ref))


def expire_session(ref: str) -> Session:
    """Close a session so that nobody can pay it any more; returns it as it is after that, which may be complete."""
    try:
        with asking("expire_session") as stripe_client:
            return _session(stripe_client.v1.checkout.sessions.expire(ref))
    except ProviderRefused:
        return get_session(ref)


def refund(intent_ref: str, amount_fen: int, metadata: Mapping[str, str], key: str) -> Returned:
    """Send money back. Raises ProviderDown, ProviderRefused."""
    with asking("refund") as stripe_client:
        made = stripe_client.v1.refunds.create(
            {"payment_intent": intent_ref, "amount": amount_fen, "metadata": dict(metadata)},
            {"idempotency_key": key},
        )
    return _returned(made)


def refunds_of(intent_ref: str) -> list[Returned]:
    """All refunds of a payment, newest first. Raises ProviderDown, ProviderRefused."""
    with asking("refunds_of") as stripe_client:
        found = stripe_client.v1.refunds.list({"payment_intent": intent_ref, "limit": PAGE})
        return [_returned(each) for each in found.auto_paging_iter()]


def fee(intent_ref: str, amount_fen: int) -> int | None:
    """What the provider kept of a payment of `amount_fen`, in fen; None while unknown. Raises ProviderDown, ProviderRefused.

    An account that settles in another currency knows its fee in that one: the same share of the payment is taken.
    """
    with asking("fee") as stripe_client:
        intent = stripe_client.v1.payment_intents.retrieve(
            intent_ref, {"expand": ["latest_charge.balance_transaction"]}
        )
    entry = getattr(intent.latest_charge, "balance_transaction", None)
    if not isinstance(entry, stripe.BalanceTransaction) or entry.amount <= 0:
        return None
    return half_up(entry.fee * amount_fen, entry.amount)


def events_since(moment: datetime, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Events of these kinds since a moment, oldest first, the newest MOST_EVENTS. Raises ProviderDown, ProviderRefused."""
    found: list[dict[str, Any]] = []
    with asking("events_since") as stripe_client:
        listed = stripe_client.v1.events.list(
            {"types": list(kinds), "created": {"gte": int(moment.timestamp())}, "limit": PAGE}
        )
        for event in listed.auto_paging_iter():
            found.append(event.to_dict())
            if len(found) >= MOST_EVENTS:
                break
    return found[::-1]


def check_signature(raw: bytes, header: str | None, secrets: Sequence[str]) -> None:
    """That one of our secrets signed these bytes within five minutes of now, before or after. Raises BadSignature."""
    for secret in secrets:
        try:
            stripe.Webhook.construct_event(raw, header, secret, tolerance=TOLERANCE_SECONDS)
        except (
            stripe.SignatureVerificationError,
            ValueError,
            AttributeError,
            TypeError,
            RecursionError,
        ) as error:
            log.info("webhook_not_signed", error=type(error).__name__)
            continue
        if _stamp(header or "") > int(time.time()) + TOLERANCE_SECONDS:
            raise BadSignature("dated in the future")
        return
    raise BadSignature("no secret of ours signed it, or too long ago")


def _stamp(header: str) -> int:
    """The SDK accepts any date in the future, so we look ourselves."""
    stamps = [item[2:] for item in header.split(",") if item.startswith("t=")]
    return int(stamps[0]) if stamps else 0


def _session(made: stripe.checkout.Session) -> Session:
    intent = made.payment_intent
    return Session(
        ref=made.id,
        status=str(made.status),
        paid=made.payment_status == "paid",
        url=made.url,
        intent_ref=intent if isinstance(intent, str) or intent is None else intent.id,
    )


def _returned(made: stripe.Refund) -> Returned:
    return Returned(
        ref=made.id,
        status=str(made.status),
        amount_fen=made.amount,
        metadata=dict(made.metadata.to_dict()) if made.metadata else {},
        failure=getattr(made, "failure_reason", None),
    )
