"""Checkout Sessions: opening one, closing one, and the rules Stripe checks when it is opened."""

from __future__ import annotations

from dev.stripe_stand_in import shapes
from dev.stripe_stand_in.errors import invalid, missing, refused
from dev.stripe_stand_in.parameters import MOST_FEN
from dev.stripe_stand_in.stand_in import StandIn
from dev.stripe_stand_in.store import Json

METHODS = ("card", "alipay", "wechat_pay")
_SHORTEST, _LONGEST = 30 * 60, 24 * 3600  # seconds from creation to expires_at


def create(stand_in: StandIn, given: Json) -> Json:
    currency = given.get("currency") or given["line_items"][0]["price_data"]["currency"]
    items = [shapes.line_item(each, currency) for each in given["line_items"]]
    total = sum(item["amount_total"] for item in items)
    if not 0 < total <= MOST_FEN:
        code = "amount_too_large" if total else "amount_too_small"
        raise invalid(
            f"The Checkout Session's total amount must be between 1 and {MOST_FEN}.",
            code=code,
            param="line_items",
        )
    if "expires_at" in given:
        _check_expiry(given["expires_at"] - shapes.now())
    methods = _methods(given)
    options = given.setdefault("payment_method_options", {})
    if "wechat_pay" in methods:
        options.setdefault("wechat_pay", {"client": "web"})
    if "card" in methods:
        options.setdefault("card", {}).setdefault("request_three_d_secure", "automatic")
    session = shapes.session(given, currency, total, methods, stand_in.settings.base_url)
    private = {"line_items": items, "payment_intent_data": given.get("payment_intent_data", {})}
    return stand_in.store.add(session, private, due=session["expires_at"] * 1000)


def _methods(given: Json) -> list[str]:
    """What the pay page offers: the account's methods, filtered. (`payment_method_types` itself cannot be passed any more.)"""
    allowed, excluded = (
        given.get("allowed_payment_method_types", METHODS),
        given.get("excluded_payment_method_types", []),
    )
    methods = [method for method in METHODS if method in allowed and method not in excluded]
    if not methods:
        raise invalid(
            "No valid payment method types for this Checkout Session.", param="allowed_payment_method_types"
        )
    return methods


def _check_expiry(seconds: int) -> None:
    bound = (
        "at least 30 minutes" if seconds < _SHORTEST else "less than 24 hours" if seconds > _LONGEST else ""
    )
    if bound:
        message = f"The `expires_at` timestamp must be {bound} from Checkout Session creation."
        raise invalid(message, param="expires_at")


def get(stand_in: StandIn, session_id: str) -> Json:
    session = stand_in.store.get(session_id, "checkout.session")
    if session is None:
        raise missing("checkout.session", session_id, "session")
    return session


def line_items(stand_in: StandIn, session_id: str) -> Json:
    items: list[Json] = stand_in.store.private(session_id)["line_items"]
    return shapes.page(f"/v1/checkout/sessions/{session_id}/line_items", items)


def expire(stand_in: StandIn, session_id: str) -> Json:
    """By the seller or by the clock. A payment already tried but not made is cancelled with it."""
    session = get(stand_in, session_id)
    if session["status"] != "open":
        raise refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"`{session['status']}`.",
        )
    store = stand_in.store
    store.set_due(session_id, None)
    store.save(session | {"status": "expired", "url": None})
    intent = store.get(session["payment_intent"] or "")
    if intent:
        store.save(
            intent
            | {
                "status": "canceled",
                "canceled_at": shapes.now(),
                "cancellation_reason": "automatic",
                "next_action": None,
            }
        )
        stand_in.emit("payment_intent.canceled", store.get(intent["id"]) or {})
    session = get(stand_in, session_id)
    stand_in.emit("checkout.session.expired", session)
    return session


def advance(stand_in: StandIn, session_id: str, seconds: int) -> Json:
    """Bring the expiry nearer, for tests that cannot wait half an hour."""
    session = get(stand_in, session_id)
    session["expires_at"] -= seconds
    stand_in.store.set_due(session_id, session["expires_at"] * 1000)
    return stand_in.store.save(session)
