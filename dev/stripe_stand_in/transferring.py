"""Transfers to connected accounts out of one charge, and their reversals; a connected account is any `acct_…` but acct_closed…"""

from __future__ import annotations

import re

from dev.stripe_stand_in import shapes
from dev.stripe_stand_in.errors import missing, refused
from dev.stripe_stand_in.stand_in import StandIn
from dev.stripe_stand_in.store import Json

_ACCOUNT = re.compile(r"acct_(?!closed)[A-Za-z0-9]+")
PAID_OUT = "account payout"  # what a connected account sent to its own bank; only /_stand_in/ makes one


def create(stand_in: StandIn, given: Json) -> Json:
    """The balance pays at once; money of a charge that is still pending moves with it and is available when it is."""
    store, amount, charge_id = stand_in.store, given["amount"], given.get("source_transaction")
    if not _ACCOUNT.fullmatch(given["destination"]):
        raise missing("destination", given["destination"], "destination")
    charge = store.get(charge_id or "", "charge")
    if charge_id and (charge is None or charge["status"] != "succeeded"):
        raise missing("charge", charge_id, "source_transaction")
    if charge is not None and amount > charge["amount"] - _sent(stand_in, charge["id"]):
        raise refused(
            "Transfers using this transaction as a source must not exceed the source amount.", param="amount"
        )
    if charge is None and amount > store.balance().get("available", 0):
        raise refused(
            "You have insufficient available funds in your Stripe account.", code="balance_insufficient"
        )
    transfer = shapes.transfer(given, amount)
    entry = shapes.balance_transaction(transfer, "transfer", -amount)
    if charge is not None:
        of_charge = store.get(charge["balance_transaction"]) or {}
        entry |= {name: of_charge[name] for name in ("status", "available_on")}
    else:
        entry |= {"status": "available", "available_on": entry["created"]}
    store.add(entry, due=entry["available_on"] * 1000 if entry["status"] == "pending" else None)
    store.add(transfer | {"balance_transaction": entry["id"]})
    stand_in.emit("transfer.created", store.get(transfer["id"]) or {})
    return store.get(transfer["id"]) or {}


def reverse(stand_in: StandIn, given: Json, transfer_id: str) -> Json:
    """Never more than was sent, nor than the connected account still holds."""
    store = stand_in.store
    transfer = _get(stand_in, transfer_id)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = given.get("amount", left)
    if amount > left or left == 0:
        raise refused(
            f"Reversal amount ({shapes.yuan(amount)}) is greater than unreversed amount on transfer ({shapes.yuan(left)})",
            param="amount",
        )
    if amount > held(stand_in, transfer["destination"]):
        raise refused(
            "The connected account does not have sufficient funds to cover the reversal.",
            code="balance_insufficient",
        )
    reversal = shapes.transfer_reversal(transfer, given, amount)
    entry = shapes.balance_transaction(reversal, "transfer_refund", amount)
    entry |= {"status": "available", "available_on": entry["created"]}
    store.add(entry)
    reversal["balance_transaction"] = entry["id"]
    store.add(reversal)
    before = {name: transfer[name] for name in ("amount_reversed", "reversed")}
    total = transfer["amount_reversed"] + amount
    inside = transfer["reversals"]["data"]
    transfer |= {"amount_reversed": total, "reversed": total == transfer["amount"]}
    transfer["reversals"] |= {"data": [reversal, *inside][:10], "has_more": len(inside) >= 10}
    store.save(transfer)
    stand_in.emit("transfer.reversed", transfer, before)
    return reversal


def reversals(stand_in: StandIn, given: Json, transfer_id: str) -> Json:
    """Newest first."""
    _get(stand_in, transfer_id)
    found, more = stand_in.store.find(
        "transfer_reversal",
        {"transfer": transfer_id},
        limit=given.get("limit", 10),
        after=given.get("starting_after", ""),
        before=given.get("ending_before", ""),
    )
    return shapes.page(f"/v1/transfers/{transfer_id}/reversals", found, more=more)


def held(stand_in: StandIn, account: str) -> int:
    """What a connected account has: sent to it, not reversed, not paid out to its bank."""
    rows = stand_in.store.sql(
        "SELECT coalesce(sum(json_extract(body, '$.amount') - coalesce(json_extract(body, '$.amount_reversed'), 0)), 0)"
        " FROM object WHERE kind IN ('transfer', ?) AND json_extract(body, '$.destination') = ?",
        PAID_OUT,
        account,
    )
    return int(rows[0][0])


def pay_out(stand_in: StandIn, account: str) -> Json:
    """Its bank gets all that a connected account holds."""
    fen = held(stand_in, account)
    if fen > 0:
        made = {"id": shapes.new_id("po"), "object": PAID_OUT, "destination": account, "amount": -fen}
        stand_in.store.add(made)
    return {"destination": account, "amount": fen}


def _get(stand_in: StandIn, transfer_id: str) -> Json:
    transfer = stand_in.store.get(transfer_id, "transfer")
    if transfer is None:
        raise missing("transfer", transfer_id, "id")
    return transfer


def _sent(stand_in: StandIn, charge_id: str) -> int:
    rows = stand_in.store.sql(
        "SELECT coalesce(sum(json_extract(body, '$.amount')), 0) FROM object"
        " WHERE kind = 'transfer' AND json_extract(body, '$.source_transaction') = ?",
        charge_id,
    )
    return int(rows[0][0])
