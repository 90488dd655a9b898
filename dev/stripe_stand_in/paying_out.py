"""Payouts to the seller's bank: what is available goes out whole, arrives a moment later, or comes back."""

from __future__ import annotations

from dev.stripe_stand_in import shapes
from dev.stripe_stand_in.errors import invalid, missing
from dev.stripe_stand_in.stand_in import StandIn
from dev.stripe_stand_in.store import Json, now_ms

BACK = {"failed": "payout_failure", "canceled": "payout_cancel"}


def release(stand_in: StandIn) -> Json:
    """What is pending becomes available now, for tests that cannot wait two days."""
    store = stand_in.store
    for entry in store.find("balance_transaction", {"status": "pending"}, limit=10_000)[0]:
        store.save(entry | {"status": "available", "available_on": min(entry["available_on"], shapes.now())})
        store.set_due(entry["id"], None)
    return store.balance()


def make(stand_in: StandIn, amount: int | None = None) -> Json | None:
    """The schedule's payout of all that is available, with the entries it pays; or by hand, of any `amount`.

    None where there is nothing to pay. Raises ApiError for more than there is.
    """
    store = stand_in.store
    entries = store.to_pay_out()
    total = sum(net for _, net in entries)
    if amount is None and total <= 0:
        return None
    if amount is not None and not 0 < amount <= store.balance().get("available", 0):
        raise invalid("You have insufficient funds in your Stripe account.", code="balance_insufficient")
    payout = shapes.payout(total if amount is None else amount, automatic=amount is None)
    own = shapes.balance_transaction(payout, "payout", -payout["amount"]) | {"status": "available"}
    own["available_on"] = own["created"]
    # one by hand is made up for by the next automatic one, which pays so much less
    store.add(own, {"payout": payout["id"]} if amount is None else None)
    payout["balance_transaction"] = own["id"]
    store.add(payout, due=now_ms() + stand_in.settings.payout_ms)
    if amount is None:
        for entry_id, _ in entries:
            store.save_private(entry_id, {"payout": payout["id"]})
    stand_in.emit("payout.created", payout)
    if amount is None:
        stand_in.emit("payout.reconciliation_completed", payout)
    return payout


def settle(stand_in: StandIn, payout_id: str, status: str = "paid") -> Json:
    """It arrives (paid), comes back (failed, also after it was paid, as a bank may do), or is stopped (canceled)."""
    store = stand_in.store
    payout = store.get(payout_id, "payout")
    if payout is None:
        raise missing("payout", payout_id, "id")
    if status not in ("paid", *BACK):
        raise invalid("outcome must be one of paid, failed, canceled", param="outcome")
    if payout["status"] in BACK or payout["status"] == status:
        return payout
    before = {"status": payout["status"]}
    payout["status"] = status
    if status in BACK:
        entry = shapes.balance_transaction(payout, BACK[status], payout["amount"]) | {"status": "available"}
        entry["available_on"] = entry["created"]
        store.add(entry)
        payout["failure_balance_transaction"] = entry["id"]
    if status == "failed":
        payout |= {"failure_code": "account_closed", "failure_message": "The bank account has been closed."}
    store.set_due(payout_id, None)
    store.save(payout)
    stand_in.emit("payout.updated", payout, before)
    stand_in.emit(f"payout.{status}", payout)
    return payout
