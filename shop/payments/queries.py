"""Reads of payments for pages and for the conscience."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, select

from shop.core.db import session
from shop.payments.models import Payment, ProviderEvent, Refund


class PaymentState(NamedTuple):
    """An order's latest payment as its page tells it, with what went or goes back."""

    id: int
    method: str
    state: str
    amount_fen: int
    succeeded_at: datetime | None
    failure: str | None
    refunds: tuple[
        Row[*tuple[Any, ...]], ...
    ]  # id, kind, state, amount_fen, reason, created_at, succeeded_at


def payment_of(order_id: int) -> PaymentState | None:
    """The payment that counts (a succeeded one before any other, else the latest), or None. One statement."""
    rows = (
        session()
        .execute(
            select(
                Payment.id,
                Payment.method,
                Payment.state,
                Payment.amount_fen,
                Payment.succeeded_at,
                Payment.failure,
                Refund.id.label("refund_id"),
                Refund.kind.label("refund_kind"),
                Refund.state.label("refund_state"),
                Refund.amount_fen.label("refund_fen"),
                Refund.reason.label("refund_reason"),
                Refund.created_at.label("refund_created_at"),
                Refund.succeeded_at.label("refund_succeeded_at"),
            )
            .outerjoin(Refund, Refund.payment_id == Payment.id)
            .where(Payment.order_id == order_id)
            .order_by(
                (Payment.state == "succeeded").desc(), Refund.id.is_not(None), Payment.id.desc(), Refund.id
            )
        )
        .all()
    )
    if not rows:
        return None
    first = rows[0]
    refunds = tuple(row for row in rows if row.refund_id is not None)
    return PaymentState(
        first.id, first.method, first.state, first.amount_fen, first.succeeded_at, first.failure, refunds
    )


def set_aside(limit: int = 100) -> Sequence[Row[*tuple[Any, ...]]]:
    """Events a person must look at, newest first: id, event_ref, kind, received_at, tries, failure. One statement."""
    return (
        session()
        .execute(
            select(
                ProviderEvent.id,
                ProviderEvent.event_ref,
                ProviderEvent.kind,
                ProviderEvent.received_at,
                ProviderEvent.tries,
                ProviderEvent.failure,
            )
            .where(ProviderEvent.processed_at.is_(None), ProviderEvent.outcome == "set_aside")
            .order_by(ProviderEvent.id.desc())
            .limit(limit)
        )
        .all()
    )


def failed_refunds(limit: int = 100) -> Sequence[Row[*tuple[Any, ...]]]:
    """Refunds the provider refused or could not deliver: id, order_id, amount_fen, failure, created_at. One statement."""
    return (
        session()
        .execute(
            select(Refund.id, Refund.order_id, Refund.amount_fen, Refund.failure, Refund.created_at)
            .where(Refund.state == "failed")
            .order_by(Refund.id.desc())
            .limit(limit)
        )
        .all()
    )
