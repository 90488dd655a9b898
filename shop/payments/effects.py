"""What each kind of provider event does. Any order of events, and any number of copies, ends in the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select, update

from shop.core.db import session
from shop.core.numbers import row_id
from shop.orders.moving import tell
from shop.payments import closing, refunding
from shop.payments.connect import hearing as connect_hearing
from shop.payments.models import Payment, Refund
from shop.payments.paying import Receipt, SetAside, succeed

Object = Mapping[str, Any]


class Unmatched(Exception):
    """Nothing of ours belongs to it (yet)."""


class Effect(NamedTuple):
    """What was done; the ids tell the task whom to ring."""

    outcome: str
    paid_order_id: int | None = None
    refund_id: int | None = None
    payout_heard: bool = False


def _session_completed(thing: Object, at: datetime) -> Effect:
    if thing.get("payment_status") != "paid":
        return Effect("payment under way")
    return _money(thing, thing.get("amount_total"), at, _ref(thing, "payment_intent"))


def _intent_succeeded(thing: Object, at: datetime) -> Effect:
    return _money(thing, thing.get("amount_received"), at, _ref(thing, "id"))


def _money(thing: Object, amount: object, at: datetime, intent_ref: str | None) -> Effect:
    payment_id = _payment(thing, intent_ref)
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise SetAside(f"payment {payment_id}: the event names no amount")
    arrived = succeed(payment_id, Receipt(amount, str(thing.get("currency")), at, intent_ref))
    paid = arrived.order_id if arrived.outcome in ("paid", "revived") else None
    return Effect(arrived.outcome, paid, arrived.refund_id)


def _session_expired(thing: Object, at: datetime) -> Effect:
    closing.mark_expired(_payment(thing, None))
    return Effect("checkout closed")


def _payment_failed(thing: Object, at: datetime) -> Effect:
    """A declined card: the buyer may try another one in the same checkout, so the payment stays open."""
    error = thing.get("last_payment_error") or {}
    reason = str(error.get("decline_code") or error.get("code") or "failed")[:100]
    _fail(_payment(thing, _ref(thing, "id")), {"failure": reason})
    return Effect("attempt failed")


def _session_failed(thing: Object, at: datetime) -> Effect:
    """The checkout is over and nothing was taken: the next attempt opens another one."""
    _fail(_payment(thing, None), {"state": "failed", "failure": "not paid"})
    return Effect("payment failed")


def _fail(payment_id: int, values: dict[str, Any]) -> None:
    session().execute(
        update(Payment)
        .where(Payment.id == payment_id, Payment.state.in_(("created", "pending")))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _refund(thing: Object, at: datetime) -> Effect:
    ref, status = _ref(thing, "id"), str(thing.get("status"))
    named = row_id((thing.get("metadata") or {}).get("refund"))
    condition = Refund.provider_ref == ref if named is None else Refund.id == named
    row = (
        session()
        .execute(
            select(Refund.id, Refund.amount_fen, Payment.intent_ref)
            .join(Payment, Payment.id == Refund.payment_id)
            .where(condition)
        )
        .one_or_none()
    )
    if row is None or ref is None:
        raise Unmatched("a refund that we did not ask for")
    if (thing.get("amount"), _ref(thing, "payment_intent")) != (row.amount_fen, row.intent_ref):
        raise SetAside(f"refund {row.id} is of another amount or payment")
    refunding.heard(row.id, ref, status, thing.get("failure_reason"), at)
    return Effect(f"refund {status}")


def _charge_refunded(thing: Object, at: datetime) -> Effect:
    """The charge's own view of its refunds; one that is not ours is told by its own event."""
    listed = (thing.get("refunds") or {}).get("data") or []
    heard = 0
    for refund in listed:
        try:
            _refund(refund, at)
        except Unmatched:
            continue
        heard += 1
    return Effect(f"{heard} refunds heard of")


def _disputed(thing: Object, at: datetime) -> Effect:
    intent_ref = _ref(thing, "payment_intent")
    order_id = session().execute(select(Payment.order_id).where(Payment.intent_ref == intent_ref)).scalar()
    if intent_ref is None or order_id is None:
        raise Unmatched("a dispute of a payment that we do not know")
    tell("disputed", [(order_id, None)], note=str(thing.get("reason") or "")[:100])
    return Effect("dispute noted")


def _payout(thing: Object, at: datetime) -> Effect:
    """The event is only a bell: what a payout is and whose is read from the provider, in any order of events."""
    return Effect(f"payout {thing.get('status')}", payout_heard=True)


def _transfer(thing: Object, at: datetime) -> Effect:
    """Money that went to a cooperative's own account or came back; the books follow the provider's entry, so it is a bell too."""
    connect_hearing.event(thing)
    return Effect("transfer", payout_heard=True)


EFFECTS: dict[str, Callable[[Object, datetime], Effect]] = {
    "checkout.session.completed": _session_completed,
    "checkout.session.async_payment_succeeded": _session_completed,
    "checkout.session.async_payment_failed": _session_failed,
    "checkout.session.expired": _session_expired,
    "payment_intent.succeeded": _intent_succeeded,
    "payment_intent.payment_failed": _payment_failed,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.refunded": _charge_refunded,
    "charge.dispute.created": _disputed,
    "transfer.created": _transfer,
    "transfer.reversed": _transfer,
    "payout.created": _payout,
    "payout.paid": _payout,
    "payout.failed": _payout,
    "payout.canceled": _payout,
    "payout.reconciliation_completed": _payout,
}


def apply(payload: Mapping[str, Any]) -> Effect:
    """Do what the event says, inside the caller's transaction. Raises Unmatched, SetAside."""
    at = datetime.fromtimestamp(payload["created"], UTC)
    return EFFECTS[payload["type"]](payload["data"]["object"], at)


def _payment(thing: Object, intent_ref: str | None) -> int:
    """Ours by the id we gave along, else by the provider's references. Raises Unmatched."""
    named = row_id((thing.get("metadata") or {}).get("payment"))
    conditions: list[ColumnElement[bool]] = []
    if named is not None:
        conditions.append(Payment.id == named)
    if thing.get("object") == "checkout.session":
        conditions.append(Payment.session_ref == _ref(thing, "id"))
    if intent_ref:
        conditions.append(Payment.intent_ref == intent_ref)
    for condition in conditions:
        found: int | None = (
            session().execute(select(Payment.id).where(condition, Payment.method == "stripe")).scalar()
        )
        if found is not None:
            return found
    raise Unmatched("a payment that we do not know")


def _ref(thing: Object, name: str) -> str | None:
    value = thing.get(name)
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) else None
