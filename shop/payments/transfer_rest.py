"""What came by bank transfer and pays nothing: too much, too late, or a part of an order that was closed. All of it goes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update

from shop.core import clock
from shop.core.db import insert_rows, session
from shop.orders import states
from shop.orders.models import Order
from shop.payments import paying
from shop.payments.models import BankStatementLine, Payment

OPEN = ("created", "pending")


def came(payment_id: int) -> int:
    """Fen that came in by statement lines of this payment. One statement."""
    found = session().scalar(
        select(func.coalesce(func.sum(BankStatementLine.amount_fen), 0)).where(
            BankStatementLine.payment_id == payment_id, BankStatementLine.amount_fen > 0
        )
    )
    return int(found or 0)


def send_back(order_id: int, key: str, fen: int, at: datetime, reason: str) -> int:
    """A payment of its own for this money (fen), whole to be sent back by hand; the key makes it one. Returns the refund."""
    row = {
        "order_id": order_id, "method": "transfer", "key": key, "amount_fen": fen, "state": "succeeded", "succeeded_at": at,
    }  # fmt: skip
    payment_id = int(insert_rows(Payment, [row], "id")[0])
    return paying.send_back(order_id, payment_id, key, fen, reason, by_hand=True)


def settle_closed(order_ids: Sequence[int]) -> None:
    """Orders that are not waiting any more: their open transfers (and promises of cash) end; a part that had come is sent
    back in full."""
    orders = select(Order.id).where(Order.id.in_(order_ids), Order.state != states.PENDING)
    locked = session().execute(orders.order_by(Order.id).with_for_update(key_share=True)).scalars().all()
    ended = session().execute(
        update(Payment)
        .where(Payment.order_id.in_(locked), Payment.method != "stripe", Payment.state.in_(OPEN))
        .values(state="expired")
        .returning(Payment.id, Payment.order_id, Payment.key)
        .execution_options(synchronize_session=False)
    )
    for row in ended.all():
        part = came(row.id)
        if part:
            send_back(row.order_id, f"part:{row.key}", part, clock.now(), "part_payment")


def left_open(limit: int) -> list[int]:
    """Orders that are closed, or were paid otherwise, with a transfer or a promise of cash still open. One statement."""
    return list(
        session()
        .execute(
            select(Payment.order_id)
            .join(Order, Order.id == Payment.order_id)
            .where(Payment.method != "stripe", Payment.state.in_(OPEN), Order.state != states.PENDING)
            .limit(limit)
        )
        .scalars()
    )
