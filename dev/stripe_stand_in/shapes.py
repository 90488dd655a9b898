"""Stripe's objects as API version 2026-10-28.endive returns them: every field below is one of the SDK's own."""

from __future__ import annotations

import secrets
import string
import time
from typing import Any

from dev.stripe_stand_in.cards import Card
from dev.stripe_stand_in.store import Json

API_VERSION = "2026-10-28.endive"
_LETTERS = string.ascii_letters + string.digits
_NO_ADDRESS: Json = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
_EXP_MONTH, _EXP_YEAR = 12, 2034


def new_id(prefix: str, size: int = 24) -> str:
    return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(size))}"


def now() -> int:
    return int(time.time())


def page(url: str, data: list[Json], *, more: bool = False) -> Json:
    return {"object": "list", "data": data, "has_more": more, "url": url}


def line_item(given: Json, currency: str) -> Json:
    price = given["price_data"]
    amount = price["unit_amount"] * given["quantity"]
    return {
        "id": new_id("li"), "object": "item", "adjustable_quantity": None, "amount_discount": 0, "amount_subtotal": amount,
        "amount_tax": 0, "amount_total": amount, "currency": currency, "description": price["product_data"]["name"],
        "metadata": given.get("metadata", {}), "quantity": given["quantity"],
        "price": {
            "id": new_id("price"), "object": "price", "active": False, "created": now(), "currency": currency,
            "custom_unit_amount": None, "livemode": False, "lookup_key": None, "metadata": {}, "nickname": None,
            "product": new_id("prod", 14), "recurring": None, "tax_behavior": price.get("tax_behavior", "unspecified"),
            "tiers_mode": None, "transform_quantity": None, "type": "one_time", "unit_amount": price["unit_amount"],
            "unit_amount_decimal": str(price["unit_amount"]),
        },
    }


_SESSION_AS_GIVEN = (
    "billing_address_collection", "cancel_url", "client_reference_id", "customer_email", "locale", "origin_context",
    "submit_type", "success_url",
)
_SESSION_NULL = (
    "after_expiration", "allow_promotion_codes", "allowed_payment_method_types", "branding_settings", "client_secret",
    "collected_information", "consent", "consent_collection", "currency_conversion", "customer", "customer_account",
    "customer_details", "excluded_payment_method_types", "integration_identifier", "invoice", "invoice_creation",
    "managed_payments", "name_collection", "optional_items", "payment_intent", "payment_link",
    "payment_method_configuration_details", "permissions", "presentment_details", "recovered_from",
    "redirect_on_completion", "return_url", "saved_payment_method_options", "setup_intent",
    "shipping_address_collection", "shipping_cost", "subscription", "tax_id_collection", "wallet_options",
)


def session(given: Json, currency: str, amount: int, methods: list[str], base_url: str) -> Json:
    session_id, created = new_id("cs_test", 60), now()
    submit_texts = given.get("custom_text", {})
    return {
        "id": session_id, "object": "checkout.session", **dict.fromkeys(_SESSION_NULL),
        **{name: given.get(name) for name in _SESSION_AS_GIVEN},
        "adaptive_pricing": {"enabled": given.get("adaptive_pricing", {}).get("enabled", False)},
        "amount_subtotal": amount, "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": created, "currency": currency, "custom_fields": [],
        "custom_text": {
            name: submit_texts.get(name)
            for name in ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        },
        "customer_creation": given.get("customer_creation", "if_required"),
        "customer_details": customer_details(given["customer_email"]) if "customer_email" in given else None,
        "discounts": [], "expires_at": given.get("expires_at", created + 24 * 3600), "livemode": False,
        "metadata": given.get("metadata", {}), "mode": "payment", "payment_method_collection": "if_required",
        "payment_method_options": given.get("payment_method_options", {}), "payment_method_types": methods,
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": given.get("phone_number_collection", {}).get("enabled", False)},
        "shipping_options": [], "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}, "ui_mode": "hosted_page",
        "url": f"{base_url}/c/pay/{session_id}",
    }


def customer_details(email: str | None, name: str | None = None, *, paid: bool = False) -> Json:
    return {
        "address": dict(_NO_ADDRESS) if paid else None, "business_name": None, "email": email,
        "individual_name": None, "name": name, "phone": None, "tax_exempt": "none", "tax_ids": [],
    }


def payment_intent(session: Json, given: Json) -> Json:
    """`given`: the session's `payment_intent_data`."""
    intent_id = new_id("pi")
    null = (
        "amount_details", "application", "application_fee_amount", "automatic_payment_methods", "canceled_at",
        "cancellation_reason", "customer", "customer_account", "excluded_payment_method_types", "hooks",
        "last_payment_error", "latest_charge", "managed_payments", "next_action", "on_behalf_of", "payment_details",
        "payment_method", "payment_method_configuration_details", "payment_record", "presentment_details", "processing",
        "review", "setup_future_usage", "source", "transfer_data",
    )
    as_given = (
        "description", "receipt_email", "shipping", "statement_descriptor", "statement_descriptor_suffix", "transfer_group",
    )
    return {
        "id": intent_id, "object": "payment_intent", **dict.fromkeys(null), **{name: given.get(name) for name in as_given},
        "amount": session["amount_total"], "amount_capturable": 0, "amount_received": 0,
        "capture_method": given.get("capture_method", "automatic_async"), "client_secret": f"{intent_id}_{new_id('secret')}",
        "confirmation_method": "automatic", "created": now(), "currency": session["currency"], "livemode": False,
        "metadata": given.get("metadata", {}), "payment_method_options": session["payment_method_options"],
        "payment_method_types": session["payment_method_types"], "status": "requires_payment_method",
    }


def _billing(email: str | None, name: str | None) -> Json:
    return {"address": dict(_NO_ADDRESS), "email": email, "name": name, "phone": None, "tax_id": None}


def _card(card: Card, *, passed: bool) -> Json:
    return {
        "brand": card.brand, "country": card.country, "exp_month": _EXP_MONTH, "exp_year": _EXP_YEAR, "funding": "credit",
        "checks": {
            "address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass" if passed else "unchecked",
        },
        "fingerprint": f"standin{card.number[-9:]}", "last4": card.number[-4:], "regulated_status": "unregulated",
        "wallet": None,
    }


def payment_method(method: str, card: Card | None, email: str | None, name: str | None) -> Json:
    details: Json = {}
    if card:
        details = _card(card, passed=not card.error) | {
            "display_brand": card.brand, "generated_from": None,
            "networks": {"available": [card.brand], "preferred": None}, "three_d_secure_usage": {"supported": True},
        }
    return {
        "id": new_id("pm"), "object": "payment_method", "allow_redisplay": "limited", "billing_details": _billing(email, name),
        "created": now(), "customer": None, "customer_account": None, "livemode": False, "metadata": {}, "type": method,
        method: details,
    }


def charge(intent: Json, method: Json, card: Card | None, status: str) -> Json:
    """`status`: succeeded, pending or failed. Cards make `ch_…`, wallets `py_…`, as with Stripe."""
    billing, amount, done = method["billing_details"], intent["amount"], status == "succeeded"
    null = (
        "application", "application_fee", "application_fee_amount", "authorization_code", "balance_transaction", "customer",
        "failure_balance_transaction", "on_behalf_of", "presentment_details", "receipt_number", "receipt_url", "review",
        "source", "source_transfer", "transfer_data",
    )
    same = ("currency", "description", "receipt_email", "shipping", "statement_descriptor", "transfer_group")
    return {
        "id": new_id("ch" if card else "py"), "object": "charge", **dict.fromkeys(null), **{name: intent[name] for name in same},
        "amount": amount, "amount_captured": amount if done else 0, "amount_refunded": 0, "billing_details": billing,
        "calculated_statement_descriptor": "DACHUAN" if card else None, "captured": done, "created": now(), "disputed": False,
        "failure_code": card.error if card and status == "failed" else None,
        "failure_message": card.message if card and status == "failed" else None, "fraud_details": {}, "livemode": False,
        "metadata": intent["metadata"], "outcome": _outcome(card, status), "paid": done, "payment_intent": intent["id"],
        "payment_method": method["id"], "payment_method_details": _charged_with(method["type"], card, status, amount),
        "radar_options": {}, "refunded": False,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"], "status": status,
    }


def _outcome(card: Card | None, status: str) -> Json:
    declined = status == "failed" and card is not None
    return {
        "advice_code": "try_again_later" if declined else None, "network_advice_code": None,
        "network_decline_code": "01" if declined else None,
        "network_status": "declined_by_network" if declined else "approved_by_network",
        "reason": card.decline if declined and card else None, "risk_level": "normal" if card else "not_assessed",
        "seller_message": "The bank did not return any further details." if declined else "Payment complete.",
        "type": "issuer_declined" if declined else "authorized",
    }


def _charged_with(method: str, card: Card | None, status: str, amount: int) -> Json:
    if not card:
        return {"type": method, method: {
            "fingerprint": None, "transaction_id": new_id("standin"), **({"buyer_id": None} if method == "alipay" else {}),
        }}
    proven: Json = {
        "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": None,
        "result": "authenticated", "result_reason": None, "transaction_id": new_id("standin"), "version": "2.2.0",
    }
    return {"type": "card", "card": _card(card, passed=not card.error) | {
        "amount_authorized": None if status == "failed" else amount, "authorization_code": None,
        "extended_authorization": {"status": "disabled"}, "incremental_authorization": {"status": "unavailable"},
        "installments": None, "mandate": None, "multicapture": {"status": "unavailable"}, "network": card.brand,
        "network_token": {"used": False}, "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "three_d_secure": proven if card.three_d_secure else None,
    }}


def balance_transaction(source: Json, kind: str, amount: int, fee: int = 0) -> Json:
    """`amount` as it moves the balance: negative for a refund. The fee is never given back, as with Stripe."""
    created, currency = now(), source["currency"]
    fees = [{
        "amount": fee, "application": None, "currency": currency, "description": "Stripe processing fees", "type": "stripe_fee",
    }]
    return {
        "id": new_id("txn"), "object": "balance_transaction", "amount": amount,
        "available_on": created - created % 86_400 + 2 * 86_400, "balance_type": "payments", "created": created,
        "currency": currency, "description": source.get("description"), "exchange_rate": None, "fee": fee,
        "fee_details": fees if fee else [], "net": amount - fee,
        "reporting_category": "refund_failure" if "failure" in kind else "refund" if "refund" in kind else "charge",
        "source": source["id"], "status": "pending", "type": kind,
    }


def refund(charge: Json, given: Json, amount: int, *, pending: bool) -> Json:
    method = charge["payment_method_details"]["type"]
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    null = ("balance_transaction", "receipt_number", "source_transfer_reversal", "transfer_reversal")
    return {
        "id": new_id("re" if method == "card" else "pyr"), "object": "refund", **dict.fromkeys(null), "amount": amount,
        "charge": charge["id"], "created": now(), "currency": charge["currency"],
        "destination_details": {"type": method, method: card if method == "card" else {}},
        "metadata": given.get("metadata", {}), "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"], "pending_reason": "processing" if pending else None,
        "reason": given.get("reason"), "status": "pending" if pending else "succeeded",
    }


def event(kind: str, thing: Json, previous: Json | None, cause: tuple[str | None, str | None]) -> Json:
    """`cause`: (request id, idempotency key); (None, None) where the buyer or the clock caused it."""
    data: Json = {"object": thing}
    if previous is not None:
        data["previous_attributes"] = previous
    return {
        "id": new_id("evt"), "object": "event", "api_version": API_VERSION, "created": now(), "data": data, "livemode": False,
        "pending_webhooks": 1, "request": {"id": cause[0], "idempotency_key": cause[1]}, "type": kind,
    }


def balance(available: int, pending: int) -> Json:
    def part(amount: int) -> list[dict[str, Any]]:
        return [{"amount": amount, "currency": "cny", "source_types": {"card": amount}}]

    return {"object": "balance", "available": part(available), "livemode": False, "pending": part(pending)}
