"""Stripe's objects as API version 2026-10-28.endive returns them. `objects.json` holds each one at rest: fields and
values that do not vary here; the functions below add what does. Every field is one of the SDK's own (a test says so)."""

from __future__ import annotations

import copy
import json
import secrets
import string
import time
from pathlib import Path

from dev.stripe_stand_in.cards import Card
from dev.stripe_stand_in.store import Json

_AT_REST: Json = json.loads(Path(__file__).with_name("objects.json").read_text("utf-8"))
API_VERSION: str = _AT_REST["event"]["api_version"]
_LETTERS = string.ascii_letters + string.digits
_CATEGORIES = {
    "charge": "charge", "payment": "charge", "refund": "refund", "payment_refund": "refund",
    "refund_failure": "refund_failure", "payment_failure_refund": "refund_failure",
    "transfer": "transfer", "transfer_refund": "transfer_reversal",
    "payout": "payout", "payout_failure": "payout_reversal", "payout_cancel": "payout_reversal",
}  # fmt: skip


def new_id(prefix: str, size: int = 24) -> str:
    return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(size))}"


def now() -> int:
    return int(time.time())


def yuan(fen: int) -> str:
    return f"¥{fen // 100:,}.{fen % 100:02d}"


def _at_rest(name: str, given: Json | None = None) -> Json:
    """A fresh copy, with those of `given` that are fields of it."""
    thing: Json = copy.deepcopy(_AT_REST[name])
    return thing | {field: value for field, value in (given or {}).items() if field in thing}


def _object(kind: str, prefix: str, given: Json | None = None, size: int = 24) -> Json:
    return {"id": new_id(prefix, size), "object": kind, "created": now(), **_at_rest(kind, given)}


def page(url: str, data: list[Json], *, more: bool = False) -> Json:
    return {"object": "list", "data": data, "has_more": more, "url": url}


def line_item(given: Json, currency: str) -> Json:
    data, quantity = given["price_data"], given["quantity"]
    unit, amount = data["unit_amount"], data["unit_amount"] * quantity
    price = _object("price", "price", data) | {
        "currency": currency,
        "product": new_id("prod", 14),
        "unit_amount": unit,
    }
    item = _object("item", "li", given) | {
        "currency": currency,
        "quantity": quantity,
        "amount_subtotal": amount,
    }
    del item["created"]
    price["unit_amount_decimal"] = str(unit)
    return item | {"amount_total": amount, "description": data["product_data"]["name"], "price": price}


def session(given: Json, currency: str, amount: int, methods: list[str], base_url: str) -> Json:
    session = _object("checkout.session", "cs_test", given, size=60)
    session |= {
        "currency": currency,
        "amount_subtotal": amount,
        "amount_total": amount,
        "payment_method_types": methods,
    }
    session["custom_text"] = _AT_REST["checkout.session"]["custom_text"] | session["custom_text"]
    session["payment_method_options"] = given["payment_method_options"]
    session["expires_at"] = given.get("expires_at", session["created"] + 24 * 3600)
    session["url"] = f"{base_url}/c/pay/{session['id']}"
    if session["customer_email"]:
        session["customer_details"] = customer_details(session["customer_email"])
    return session


def customer_details(email: str | None, name: str | None = None, *, paid: bool = False) -> Json:
    return _at_rest(
        "customer details", {"email": email, "name": name, "address": _at_rest("address") if paid else None}
    )


def payment_intent(session: Json, given: Json) -> Json:
    """`given`: the session's `payment_intent_data`."""
    intent = _object("payment_intent", "pi", given)
    same = ("currency", "payment_method_options", "payment_method_types")
    intent |= {"amount": session["amount_total"], **{name: session[name] for name in same}}
    intent["client_secret"] = f"{intent['id']}_{new_id('secret')}"
    return intent


def _card(card: Card) -> Json:
    facts = {"brand": card.brand, "country": card.country, "last4": card.number[-4:]}
    return _at_rest("card") | facts | {"fingerprint": f"standin{card.number[-9:]}"}


def payment_method(method: str, card: Card | None, email: str | None, name: str | None) -> Json:
    billing = _at_rest("billing details", {"email": email, "name": name, "address": _at_rest("address")})
    details: Json = {}
    if card:
        networks = {"available": [card.brand], "preferred": None}
        details = _card(card) | {"display_brand": card.brand, "generated_from": None, "networks": networks}
        details["three_d_secure_usage"] = {"supported": True}
    return _object("payment_method", "pm") | {"billing_details": billing, "type": method, method: details}


def charge(intent: Json, method: Json, card: Card | None, status: str) -> Json:
    """`status`: succeeded, pending or failed. Cards make `ch_…`, wallets `py_…`, as with Stripe."""
    amount = intent["amount"]
    same = (
        "amount",
        "currency",
        "description",
        "metadata",
        "receipt_email",
        "shipping",
        "statement_descriptor",
    )
    charge = _object("charge", "ch" if card else "py") | {name: intent[name] for name in same}
    charge["statement_descriptor_suffix"] = intent["statement_descriptor_suffix"]
    charge["transfer_group"] = intent["transfer_group"]
    charge |= {"billing_details": method["billing_details"], "payment_intent": intent["id"], "status": status}
    charge |= {"payment_method": method["id"], "outcome": _at_rest("outcome")}
    charge["payment_method_details"] = _charged_with(method["type"], card, amount)
    if status == "succeeded":
        charge |= {"paid": True, "captured": True, "amount_captured": amount}
    elif status == "failed" and card:
        charge |= {"failure_code": card.error, "failure_message": card.message}
        charge["outcome"] = _at_rest("outcome declined") | {"reason": card.decline}
    return charge


def _charged_with(method: str, card: Card | None, amount: int) -> Json:
    if not card:
        wallet: Json = {"fingerprint": None, "transaction_id": new_id("standin")}
        return {"type": method, method: wallet | ({"buyer_id": None} if method == "alipay" else {})}
    details = _card(card) | _at_rest("charged card") | {"amount_authorized": amount, "network": card.brand}
    details["overcapture"] = {"maximum_amount_capturable": amount, "status": "unavailable"}
    if card.three_d_secure:
        details["three_d_secure"] = _at_rest("three_d_secure") | {"transaction_id": new_id("standin")}
    return {"type": "card", "card": details}


def balance_transaction(source: Json, kind: str, amount: int, fee: int = 0) -> Json:
    """`amount` as it moves the balance: negative for a refund. The fee is never given back, as with Stripe."""
    entry = _object("balance_transaction", "txn")
    entry |= {
        "currency": source["currency"],
        "description": source.get("description"),
        "source": source["id"],
    }
    entry |= {"type": kind, "amount": amount, "fee": fee, "net": amount - fee, "fee_details": []}
    entry["available_on"] = entry["created"] - entry["created"] % 86_400 + 2 * 86_400
    entry["reporting_category"] = _CATEGORIES[kind]
    if fee:
        entry["fee_details"] = [_at_rest("fee") | {"amount": fee, "currency": source["currency"]}]
    return entry


def refund(charge: Json, given: Json, amount: int, *, pending: bool) -> Json:
    method = charge["payment_method_details"]["type"]
    to = {"type": method, method: _at_rest("refund to card") if method == "card" else {}}
    refund = _object("refund", "re" if method == "card" else "pyr", given) | {
        "amount": amount,
        "charge": charge["id"],
    }
    refund |= {name: charge[name] for name in ("currency", "payment_intent", "payment_method")}
    refund |= {"destination_details": to, "pending_reason": "processing" if pending else None}
    return refund | {"status": "pending" if pending else "succeeded"}


def transfer(given: Json, amount: int) -> Json:
    """To a connected account; its reversals hang below it."""
    made = _object("transfer", "tr", given) | {"amount": amount, "currency": given["currency"]}
    made["destination_payment"] = new_id("py")
    made["transfer_group"] = (
        given.get("transfer_group") or f"group_{made.get('source_transaction') or made['id']}"
    )
    return made | {"reversals": page(f"/v1/transfers/{made['id']}/reversals", [])}


def transfer_reversal(transfer: Json, given: Json, amount: int) -> Json:
    made = _object("transfer_reversal", "trr", given) | {"amount": amount, "currency": transfer["currency"]}
    return made | {"transfer": transfer["id"], "destination_payment_refund": new_id("pyr")}


def payout(amount: int, *, automatic: bool) -> Json:
    """Made by the schedule (`automatic`: the provider says which entries it pays) or by hand, of any amount."""
    made = _object("payout", "po")
    made |= {"amount": amount, "currency": "cny", "automatic": automatic, "status": "in_transit"}
    made["arrival_date"] = made["created"] - made["created"] % 86_400 + 86_400
    made["reconciliation_status"] = "completed" if automatic else "not_applicable"
    made["trace_id"] = {"status": "supported", "value": new_id("trace", 12)}
    return made


def event(kind: str, thing: Json, previous: Json | None, cause: tuple[str | None, str | None]) -> Json:
    """`cause`: (request id, idempotency key); (None, None) where the buyer or the clock caused it."""
    data: Json = {"object": thing}
    if previous is not None:
        data["previous_attributes"] = previous
    request = {"id": cause[0], "idempotency_key": cause[1]}
    return _object("event", "evt") | {"type": kind, "data": data, "request": request}


def balance(available: int, pending: int) -> Json:
    def part(amount: int) -> list[Json]:
        return [{"amount": amount, "currency": "cny", "source_types": {"card": amount}}]

    return {
        "object": "balance",
        **_at_rest("balance"),
        "available": part(available),
        "pending": part(pending),
    }
