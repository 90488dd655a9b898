"""Unpaid orders end together with their checkout: the provider's session first, then the order and its hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from flask_babel import gettext as _
from sqlalchemy import Select, func, select, update

from shop.core import faults
from shop.core.db import session, transaction
from shop.core.errors import Conflict
from shop.orders import holds, queries, states
from shop.orders.attempts import each
from shop.orders.models import Order
from shop.payments import gateway, transfer_rest
from shop.payments.models import Payment

log = structlog.get_logger()

# A payment under way keeps its order open beyond the hold; not for ever, as late money is dealt with anyway.
LONGEST_WAIT = timedelta(hours=24)
BATCH = 100


def cancel(number: str, buyer_id: int) -> None:
    """The buyer calls off an unpaid order. Call it outside transaction().

    Raises NotFound, Conflict (paid, or the payment is under way).
    """
    with transaction():
        order_id = queries.id_of(number, buyer_id)
    if close_checkouts([order_id]):
        raise Conflict(_("这张订单的付款正在确认，请过一会儿刷新再看"))
    with transaction():
        holds.cancel(order_id, buyer_id)
        _forget_unsent([order_id])
        transfer_rest.settle_closed([order_id])


def expire_holds(limit: int = BATCH) -> int:
    """Close the orders whose hold has ended; returns how many were due. Call it outside transaction()."""
    with transaction():
        ids = holds.due(limit)
    if not ids:
        return 0
    busy = close_checkouts(ids)
    faults.point("closing:sessions")
    each([order_id for order_id in ids if order_id not in busy], _expire, "payments.expire")
    return len(ids)


def _expire(order_ids: Sequence[int]) -> None:
    closed = holds.expire(order_ids)
    if closed:
        _forget_unsent(closed)
        transfer_rest.settle_closed(closed)


def close_checkouts(order_ids: Sequence[int]) -> set[int]:
    """Expire the open sessions of these orders at the provider, as far as it answers.

    Returns the orders that turn out to be paid or being paid: their event decides.
    """
    with transaction():
        open_ones = (
            session()
            .execute(
                select(
                    Payment.id,
                    Payment.order_id,
                    Payment.session_ref,
                    (Order.expires_at < func.now() - LONGEST_WAIT).label("waited_enough"),
                )
                .join(Order, Order.id == Payment.order_id)
                .where(
                    Payment.order_id.in_(order_ids),
                    Payment.state == "pending",
                    Payment.session_ref.is_not(None),
                )
                .order_by(Payment.id)
            )
            .all()
        )
    busy = set()
    for payment in open_ones:
        try:
            now = gateway.expire_session(payment.session_ref)
        except gateway.ProviderDown:
            break  # best effort: the order ends all the same
        except gateway.ProviderRefused as error:
            log.warning("session_not_closed", payment=payment.id, code=error.code)
            if error.code == "resource_missing":
                with transaction():
                    mark_expired(payment.id)
            continue
        if now.status == "complete" and (now.paid or not payment.waited_enough):
            busy.add(payment.order_id)
        elif now.status == "expired":
            with transaction():
                mark_expired(payment.id)
    return busy


def close_leftovers(limit: int = BATCH) -> None:
    """Payments still open although their order is closed, or was paid otherwise. Call it outside transaction()."""
    with transaction():
        _forget_unsent(select(Order.id).where(Order.state != states.PENDING))
        transfer_rest.settle_closed(transfer_rest.left_open(limit))
        ids = list(
            session()
            .execute(
                select(Payment.order_id)
                .join(Order, Order.id == Payment.order_id)
                .where(
                    Payment.state == "pending",
                    Order.state != states.PENDING,
                    Payment.created_at > func.now() - LONGEST_WAIT * 2,
                )
                .order_by(Payment.id)
                .limit(limit)
            )
            .scalars()
        )
    if ids:
        close_checkouts(ids)


def mark_expired(payment_id: int) -> None:
    """Nobody can pay this one any more; a succeeded one stays what it is."""
    session().execute(
        update(Payment)
        .where(Payment.id == payment_id, Payment.state.in_(("created", "pending")))
        .values(state="expired")
        .execution_options(synchronize_session=False)
    )


def _forget_unsent(order_ids: Sequence[int] | Select[int]) -> None:
    """Payments whose checkout was never opened end with their order; an opening under way will notice."""
    session().execute(
        update(Payment)
        .where(Payment.order_id.in_(order_ids), Payment.state == "created")
        .values(state="expired")
        .execution_options(synchronize_session=False)
    )
