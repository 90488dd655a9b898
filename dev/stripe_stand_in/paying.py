"""What the buyer does on the pay page: tries, is declined, proves it is him, pays."""

from __future__ import annotations

from dataclasses import dataclass

from dev.stripe_stand_in import checkout, shapes
from dev.stripe_stand_in.cards import CARDS, Card
from dev.stripe_stand_in.stand_in import StandIn
from dev.stripe_stand_in.store import Json

Outcome = str  # "paid", "processing", "declined", "requires_action" or "closed"


@dataclass(frozen=True)
class Attempt:
    """`settle_later`: whether it was paid is told by a later async event; no CNY method of Stripe does so, but it
    exercises the shop. `amount`: what is really taken, where a test wants another sum than was asked."""

    method: str
    card: Card | None = None
    email: str | None = None
    name: str | None = None
    settle_later: bool = False
    amount: int | None = None


def attempt(stand_in: StandIn, session_id: str, given: Attempt) -> Outcome:
    """Inside a transaction. A session that is paid or expired stays as it is: "closed"."""
    session = checkout.get(stand_in, session_id)
    if session["status"] != "open" or session["expires_at"] <= shapes.now():
        return "closed"
    if given.amount is not None:
        session |= {"amount_total": given.amount, "amount_subtotal": given.amount}
    intent = _intent(stand_in, session, given)
    if given.card and given.card.error:
        _decline(stand_in, intent, given.card)
        return "declined"
    if given.card and given.card.three_d_secure:
        url = f"{stand_in.settings.base_url}/c/pay/{session_id}/three_d_secure"
        action = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": url, "return_url": session["success_url"]},
        }
        stand_in.store.save_private(intent["id"], {"card": given.card.number})
        stand_in.store.save(
            intent | {"status": "requires_action", "next_action": action, "last_payment_error": None}
        )
        stand_in.emit("payment_intent.requires_action", stand_in.store.get(intent["id"]) or {})
        return "requires_action"
    return _take(stand_in, session, intent, given.card, later=given.settle_later)


def authenticate(stand_in: StandIn, session_id: str, *, confirmed: bool) -> Outcome:
    """The answer on the bank's page (3-D Secure)."""
    session = checkout.get(stand_in, session_id)
    intent = stand_in.store.get(session["payment_intent"] or "")
    if session["status"] != "open" or intent is None or intent["status"] != "requires_action":
        return "closed"
    if confirmed:
        card = CARDS[stand_in.store.private(intent["id"])["card"]]
        return _take(stand_in, session, intent | {"next_action": None}, card, later=False)
    _fail(
        stand_in,
        intent,
        "payment_intent_authentication_failure",
        "The provided PaymentMethod has failed authentication.",
    )
    return "declined"


def decline_wallet(stand_in: StandIn, session_id: str, method: str) -> Outcome:
    """The buyer pressed 支付失败 in the wallet; no charge comes into being."""
    session = checkout.get(stand_in, session_id)
    if session["status"] != "open":
        return "closed"
    intent = _intent(stand_in, session, Attempt(method))
    _fail(stand_in, intent, "payment_intent_payment_attempt_failed", "The payment failed.")
    return "declined"


def settle(stand_in: StandIn, session_id: str, *, succeeded: bool) -> Outcome:
    """End of a payment that was `settle_later`."""
    store, session = stand_in.store, checkout.get(stand_in, session_id)
    intent = store.get(session["payment_intent"] or "")
    if intent is None or intent["status"] != "processing":
        return "closed"
    charge = store.get(intent["latest_charge"]) or {}
    if succeeded:
        store.save(
            charge
            | {"status": "succeeded", "paid": True, "captured": True, "amount_captured": charge["amount"]}
        )
        _succeed(stand_in, session, intent, store.get(charge["id"]) or {})
        stand_in.emit("checkout.session.async_payment_succeeded", checkout.get(stand_in, session_id))
        return "paid"
    stand_in.emit("charge.failed", store.save(charge | {"status": "failed"}))
    _fail(stand_in, intent, "payment_intent_payment_attempt_failed", "The payment failed.")
    stand_in.emit("checkout.session.async_payment_failed", session)
    return "declined"


def _intent(stand_in: StandIn, session: Json, given: Attempt) -> Json:
    """The session's PaymentIntent, made at the first attempt, with the payment method of this one."""
    store = stand_in.store
    intent = store.get(session["payment_intent"] or "")
    if intent is None:
        intent = store.add(
            shapes.payment_intent(session, store.private(session["id"])["payment_intent_data"])
        )
        stand_in.emit("payment_intent.created", intent)
    method = store.add(
        shapes.payment_method(given.method, given.card, given.email or session["customer_email"], given.name)
    )
    session |= {"payment_intent": intent["id"]}
    store.save(session)
    return store.save(intent | {"payment_method": method["id"], "amount": session["amount_total"]})


def _fail(stand_in: StandIn, intent: Json, code: str, message: str, **more: str) -> None:
    method = stand_in.store.get(intent["payment_method"] or "") or {}
    error = {
        "code": code,
        "message": message,
        "type": "card_error" if method.get("type") == "card" else "invalid_request_error",
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "payment_method": method,
        **more,
    }
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": error,
        "next_action": None,
        "payment_method": None,
    }
    stand_in.emit("payment_intent.payment_failed", stand_in.store.save(intent))


def _decline(stand_in: StandIn, intent: Json, card: Card) -> None:
    method = stand_in.store.get(intent["payment_method"]) or {}
    charge = stand_in.store.add(shapes.charge(intent, method, card, "failed"))
    stand_in.emit("charge.failed", charge)
    more = {
        "charge": charge["id"],
        "decline_code": card.decline,
        "network_decline_code": "01",
        "advice_code": "try_again_later",
    }
    _fail(stand_in, intent | {"latest_charge": charge["id"]}, card.error, card.message, **more)


def _take(stand_in: StandIn, session: Json, intent: Json, card: Card | None, *, later: bool) -> Outcome:
    store = stand_in.store
    method = store.get(intent["payment_method"]) or {}
    charge = shapes.charge(intent, method, card, "pending" if later else "succeeded")
    store.add(charge, {"refund": card.refund if card else "succeeded later"})
    intent |= {"latest_charge": charge["id"], "last_payment_error": None}
    billing = method["billing_details"]
    session |= {
        "status": "complete",
        "url": None,
        "customer_details": shapes.customer_details(billing["email"], billing["name"], paid=True),
    }
    store.set_due(session["id"], None)
    if later:
        stand_in.emit("charge.pending", charge)
        stand_in.emit("payment_intent.processing", store.save(intent | {"status": "processing"}))
        stand_in.emit("checkout.session.completed", store.save(session))
        return "processing"
    _succeed(stand_in, session, intent, charge)
    stand_in.emit("checkout.session.completed", checkout.get(stand_in, session["id"]))
    return "paid"


def _succeed(stand_in: StandIn, session: Json, intent: Json, charge: Json) -> None:
    """The fee is not known yet when `charge.succeeded` leaves (capture is asynchronous); `charge.updated` brings it."""
    store = stand_in.store
    stand_in.emit("charge.succeeded", charge)
    stand_in.emit(
        "payment_intent.succeeded",
        store.save(intent | {"status": "succeeded", "amount_received": intent["amount"]}),
    )
    kind = "charge" if charge["id"].startswith("ch_") else "payment"
    entry = shapes.balance_transaction(charge, kind, charge["amount"], stand_in.fee_of(charge["amount"]))
    store.add(entry, due=entry["available_on"] * 1000)
    stand_in.emit(
        "charge.updated",
        store.save(charge | {"balance_transaction": entry["id"]}),
        {"balance_transaction": None},
    )
    store.save(session | {"payment_status": "paid"})
