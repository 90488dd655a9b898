"""Money has arrived: what that does to payment and order, whichever way we learnt of it. Inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update

from shop.core import clock, faults
from shop.core.db import insert_rows, session
from shop.orders import settling, states
from shop.orders.moving import tell
from shop.payments.models import Payment, Refund


class SetAside(Exception):
    """A person must look at it: nothing was changed."""


class Arrived(NamedTuple):
    """What a succeeded payment did: outcome paid, revived, refund or already; `refund_id` when money goes back."""

    outcome: str
    order_id: int
    refund_id: int | None = None


class Receipt(NamedTuple):
    """The proof: what was taken, in fen of which currency, when, and by which reference of the provider."""

    amount_fen: int
    currency: str
    at: datetime
    intent_ref: str | None = None


def succeed(payment_id: int, receipt: Receipt) -> Arrived:
    """Book a succeeded payment once. Late money reserves the goods again, or makes the row of its full refund.

    Raises SetAside when amount or currency are not what was asked for.
    """
    order_id = session().execute(select(Payment.order_id).where(Payment.id == payment_id)).scalar_one()
    order = settling.lock_order(order_id)  # order before payment, everywhere
    payment = (
        session()
        .execute(
            select(Payment.state, Payment.amount_fen, Payment.key, Payment.method)
            .where(Payment.id == payment_id)
            .with_for_update(key_share=True)
        )
        .one()
    )
    if payment.state == "succeeded":
        return Arrived("already", order_id)
    if (receipt.amount_fen, receipt.currency) != (payment.amount_fen, "cny"):
        raise SetAside(
            f"payment {payment_id} asked for {payment.amount_fen} cny, {receipt.amount_fen} {receipt.currency} was taken"
        )
    at = min(max(receipt.at, order.placed_at), clock.now())
    session().execute(
        update(Payment)
        .where(Payment.id == payment_id)
        .values(state="succeeded", succeeded_at=at, intent_ref=receipt.intent_ref, failure=None)
        .execution_options(synchronize_session=False)
    )
    faults.point("paying:payment")
    how = "online" if payment.method == "stripe" else payment.method
    whole = (
        payment.amount_fen == order.total_fen
    )  # a payment asked for before the order was parted pays for more than it
    if whole and settling.pay(order_id, at, pay_method=how):
        if order.pay_method == "cash" and how != "cash":
            _forget_cash(order_id)
        return Arrived("paid", order_id)
    if whole and order.state == states.CLOSED and settling.revive(order_id, at, pay_method=how):
        return Arrived("revived", order_id)
    note = "late_payment" if order.paid_at is None else "double_payment"
    by_hand = payment.method != "stripe"
    refund_id = send_back(order_id, payment_id, payment.key, payment.amount_fen, note, by_hand=by_hand)
    return Arrived("refund", order_id, refund_id)


def _forget_cash(order_id: int) -> None:
    """A checkout that could not be closed was paid after all: nothing is to be taken at the door any more."""
    session().execute(
        update(Payment)
        .where(
            Payment.order_id == order_id, Payment.method == "cash", Payment.state.in_(("created", "pending"))
        )
        .values(state="expired")
        .execution_options(synchronize_session=False)
    )


def send_back(
    order_id: int, payment_id: int, key: str, amount_fen: int, reason: str, *, by_hand: bool = False
) -> int:
    """The refund's row and key exist before the provider is asked; the buyer reads of it at once. `by_hand`: a person pays it."""
    row = {
        "payment_id": payment_id,
        "order_id": order_id,
        "kind": "late_payment",
        "key": f"refund-{key}",
        "amount_fen": amount_fen,
        "reason": reason,
        "state": "pending" if by_hand else "created",
    }
    refund_id = int(insert_rows(Refund, [row], "id")[0])
    tell(reason, [(order_id, None)])
    faults.point("paying:refund")
    return refund_id
