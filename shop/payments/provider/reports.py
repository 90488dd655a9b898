"""What the provider says of our money: its balance, the entries behind it, its payouts. Asked outside transactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from shop.core.clock import shanghai_day
from shop.core.numbers import row_id
from shop.payments.gateway import CURRENCY, PAGE, asking

DONE = ("completed", "not_applicable")


@dataclass(frozen=True, slots=True)
class Held:
    """The provider's balance in fen: what it may pay out now, and what it may later."""

    available_fen: int
    pending_fen: int


@dataclass(frozen=True, slots=True)
class Moved:
    """An entry of the balance; `net_fen` = amount − fee moves it. What it came from is named by the provider's references
    and, for our own payments and refunds, by the ids that we gave along."""

    ref: str
    kind: str
    amount_fen: int
    fee_fen: int
    net_fen: int
    source_ref: str
    intent_ref: str | None
    payment_id: int | None
    refund_id: int | None
    made_at: datetime
    available_at: datetime
    transfer_id: int | None = None
    reversal_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A payout to the bank. `automatic`: the provider names the entries it pays, once `complete`."""

    ref: str
    amount_fen: int
    state: str
    automatic: bool
    complete: bool
    trace_ref: str | None
    descriptor: str
    failure: str | None
    made_at: datetime
    arrives_on: date


def balance() -> Held:
    """Raises ProviderDown, ProviderRefused."""
    with asking("balance") as client:
        found = client.v1.balance.retrieve()
    return Held(_sum(found.available), _sum(found.pending))


def entries(first: datetime, before: datetime) -> list[Moved]:
    """Entries made in [first, before), oldest first, all pages. Raises ProviderDown, ProviderRefused."""
    created = {"gte": int(first.timestamp()), "lt": int(before.timestamp())}
    return _entries({"created": created})


def entries_of(payout_ref: str) -> list[Moved]:
    """The entries that an automatic payout pays, and its own. Raises ProviderDown, ProviderRefused."""
    return _entries({"payout": payout_ref})


def payouts(first: datetime) -> list[Sent]:
    """Payouts made since, oldest first, all pages. Raises ProviderDown, ProviderRefused."""
    with asking("payouts") as client:
        listed = client.v1.payouts.list({"created": {"gte": int(first.timestamp())}, "limit": PAGE})
        return [_sent(each) for each in listed.auto_paging_iter() if each.currency == CURRENCY][::-1]


def _entries(filters: Mapping[str, Any]) -> list[Moved]:
    params: Any = {**filters, "currency": CURRENCY, "limit": PAGE, "expand": ["data.source"]}
    with asking("balance_transactions") as client:
        listed = client.v1.balance_transactions.list(params)
        return [_moved(each) for each in listed.auto_paging_iter()][::-1]


def _moved(entry: Any) -> Moved:
    source = entry.source
    facts: Mapping[str, Any] = {} if source is None or isinstance(source, str) else source.to_dict()
    metadata = facts.get("metadata") or {}
    refund = facts.get("object") == "refund"
    return Moved(
        ref=entry.id,
        kind=entry.type,
        amount_fen=entry.amount,
        fee_fen=entry.fee,
        net_fen=entry.net,
        source_ref=source if isinstance(source, str) else str(facts.get("id") or ""),
        intent_ref=_ref(facts.get("payment_intent")),
        payment_id=None if refund else row_id(metadata.get("payment")),
        refund_id=row_id(metadata.get("refund")) if refund else None,
        made_at=datetime.fromtimestamp(entry.created, UTC),
        available_at=datetime.fromtimestamp(entry.available_on, UTC),
        transfer_id=row_id(metadata.get("transfer")) if facts.get("object") == "transfer" else None,
        reversal_id=row_id(metadata.get("reversal")) if facts.get("object") == "transfer_reversal" else None,
    )


def _sent(payout: Any) -> Sent:
    trace = getattr(payout, "trace_id", None)
    return Sent(
        ref=payout.id,
        amount_fen=payout.amount,
        state=payout.status,
        automatic=payout.automatic,
        complete=payout.reconciliation_status in DONE,
        trace_ref=trace.value if trace else None,
        descriptor=payout.statement_descriptor or "",
        failure=payout.failure_code,
        made_at=datetime.fromtimestamp(payout.created, UTC),
        arrives_on=shanghai_day(datetime.fromtimestamp(payout.arrival_date, UTC)),
    )


def _sum(parts: Any) -> int:
    return sum(part.amount for part in parts if part.currency == CURRENCY)


def _ref(value: Any) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) else None
