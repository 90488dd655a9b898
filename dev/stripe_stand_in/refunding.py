"""Refunds: never more than was paid; at once for cards, a moment later for Alipay and WeChat Pay."""

from __future__ import annotations

from dev.stripe_stand_in import shapes
from dev.stripe_stand_in.errors import invalid, missing, refused
from dev.stripe_stand_in.stand_in import StandIn
from dev.stripe_stand_in.store import Json, now_ms


def _charge(stand_in: StandIn, given: Json) -> Json:
    if "charge" not in given and "payment_intent" not in given:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    charge_id = given.get("charge")
    if "payment_intent" in given:
        intent = stand_in.store.get(given["payment_intent"], "payment_intent")
        if intent is None:
            raise missing("payment_intent", given["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            raise refused(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
        charge_id = charge_id or intent["latest_charge"]
    charge = stand_in.store.get(charge_id or "", "charge")
    if charge is None or given.get("payment_intent", charge["payment_intent"]) != charge["payment_intent"]:
        raise missing("charge", charge_id or "", "charge")
    if charge["status"] != "succeeded":
        raise refused(
            f"Charge {charge_id} has not been paid and cannot be refunded.", code="charge_not_refundable"
        )
    return charge


def create(stand_in: StandIn, given: Json) -> Json:
    store, charge = stand_in.store, _charge(stand_in, given)
    left = charge["amount"] - charge["amount_refunded"]
    amount = given.get("amount", left)
    if left == 0:
        raise refused(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount > left:
        raise refused(
            f"Refund amount ({shapes.yuan(amount)}) is greater than unrefunded amount on charge ({shapes.yuan(left)})",
            param="amount",
        )
    fate = store.private(charge["id"])["refund"]
    pending = fate != "succeeded"
    refund = shapes.refund(charge, given, amount, pending=pending)
    entry = shapes.balance_transaction(
        refund, "refund" if refund["id"].startswith("re_") else "payment_refund", -amount
    )
    store.add(entry, due=entry["available_on"] * 1000)
    refund["balance_transaction"] = entry["id"]
    store.add(refund, due=now_ms() + stand_in.settings.refund_ms if pending else None)
    stand_in.emit("refund.created", refund)
    _move(stand_in, charge, amount)
    return refund


def _move(stand_in: StandIn, charge: Json, amount: int) -> None:
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    total = charge["amount_refunded"] + amount
    stand_in.store.save(charge | {"amount_refunded": total, "refunded": total == charge["amount"]})
    kind = "charge.refunded" if amount > 0 else "charge.updated"
    stand_in.emit(kind, stand_in.store.get(charge["id"]) or {}, before)


def settle(
    stand_in: StandIn, refund_id: str, *, succeeded: bool | None = None, reason: str = "declined"
) -> Json:
    """The end of a pending refund; None = what the payment method's test rules say. A failed one gives the balance back."""
    store = stand_in.store
    refund = store.get(refund_id, "refund")
    if refund is None:
        raise missing("refund", refund_id, "id")
    if refund["status"] == "failed" or (refund["status"] == "succeeded" and succeeded is not False):
        return refund
    charge = store.get(refund["charge"]) or {}
    if succeeded is None:
        succeeded = store.private(charge["id"])["refund"] != "failed"
    before = {"status": refund["status"], "pending_reason": refund["pending_reason"]}
    refund |= {"status": "succeeded" if succeeded else "failed", "pending_reason": None}
    if not succeeded:
        kind = "refund_failure" if refund["id"].startswith("re_") else "payment_failure_refund"
        entry = shapes.balance_transaction(refund, kind, refund["amount"])
        store.add(entry, due=entry["available_on"] * 1000)
        refund |= {"failure_reason": reason, "failure_balance_transaction": entry["id"]}
    store.set_due(refund_id, None)
    store.save(refund)
    for kind in ("refund.updated", "charge.refund.updated", *(() if succeeded else ("refund.failed",))):
        stand_in.emit(kind, refund, before)
    if not succeeded:
        _move(stand_in, charge, -refund["amount"])
    return refund
