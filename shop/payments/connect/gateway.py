"""Asking the provider for transfers to connected accounts and for their reversals. Every call is outside a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shop.payments.gateway import CURRENCY, PAGE, asking


@dataclass(frozen=True, slots=True)
class Sending:
    """A transfer to ask for; `number` is the order's and groups its transfers."""

    transfer_id: int
    number: str
    destination: str
    charge_ref: str
    amount_fen: int


def send(wanted: Sending, key: str) -> str:
    """Send it, out of the charge's own money; returns the provider's reference. Raises ProviderDown, ProviderRefused."""
    params: dict[str, Any] = {
        "amount": wanted.amount_fen,
        "currency": CURRENCY,
        "destination": wanted.destination,
        "source_transaction": wanted.charge_ref,
        "transfer_group": wanted.number,
        "metadata": {"transfer": str(wanted.transfer_id), "order": wanted.number},
    }
    with asking("transfer") as client:
        return str(client.v1.transfers.create(params, {"idempotency_key": key}).id)  # type: ignore[arg-type]


def sent_of(number: str) -> Mapping[str, str]:
    """Our id → the provider's reference of every transfer of an order. Raises ProviderDown, ProviderRefused."""
    with asking("transfers_of") as client:
        listed = client.v1.transfers.list({"transfer_group": number, "limit": PAGE})
        return {str(each.metadata.to_dict().get("transfer")): each.id for each in listed.auto_paging_iter()}


def reverse(transfer_ref: str, amount_fen: int, reversal_id: int, key: str) -> str:
    """Take part of a transfer back; returns the provider's reference. Raises ProviderDown, ProviderRefused."""
    params: dict[str, Any] = {"amount": amount_fen, "metadata": {"reversal": str(reversal_id)}}
    with asking("transfer_reversal") as client:
        made = client.v1.transfers.reversals.create(transfer_ref, params, {"idempotency_key": key})  # type: ignore[arg-type]
    return str(made.id)


def reversals_of(transfer_ref: str) -> Mapping[str, str]:
    """Our id → the provider's reference of every reversal of a transfer. Raises ProviderDown, ProviderRefused."""
    with asking("reversals_of") as client:
        listed = client.v1.transfers.reversals.list(transfer_ref, {"limit": PAGE})
        return {
            str(each.metadata.to_dict().get("reversal")): each.id
            for each in listed.auto_paging_iter()
            if each.metadata is not None
        }
