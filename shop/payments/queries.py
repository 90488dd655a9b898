"""Reads of payments for pages and for the conscience."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select

from shop.cooperatives.produce.models import Produce
from shop.core.db import session
from shop.orders.models import OrderLine
from shop.payments.models import Payment, ProviderEvent, Refund, RefundLine


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


@dataclass(frozen=True, slots=True)
class RefundRow:
    """A refund of a suborder with its lines (name, spec, unit_kind, count_word, quantity, fen, goods)."""

    id: int
    kind: str
    state: str
    method: str
    amount_fen: int
    reason: str
    failure: str | None
    created_at: datetime
    succeeded_at: datetime | None
    lines: tuple[Row[*tuple[Any, ...]], ...]


def refunds_of_part(suborder_id: int) -> list[RefundRow]:
    """All refunds of a suborder, oldest first. One statement."""
    rows = (
        session()
        .execute(
            select(
                Refund.id, Refund.kind, Refund.state, Payment.method, Refund.amount_fen, Refund.reason, Refund.failure,
                Refund.created_at, Refund.succeeded_at, OrderLine.product_name.label("name"), OrderLine.spec,
                OrderLine.unit_kind, Produce.count_word, RefundLine.quantity,
                (RefundLine.fen - RefundLine.town_borne_fen).label("fen"), RefundLine.goods,
            )
            .join(Payment, Payment.id == Refund.payment_id)
            .outerjoin(RefundLine, RefundLine.refund_id == Refund.id)
            .outerjoin(OrderLine, OrderLine.id == RefundLine.line_id)
            .outerjoin(Produce, Produce.id == OrderLine.produce_id)
            .where(Refund.suborder_id == suborder_id)
            .order_by(Refund.id, OrderLine.seq)
        )
        .all()
    )  # fmt: skip
    lines: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    for row in rows:
        lines.setdefault(row.id, []).extend([row] if row.goods else [])
    heads = {row.id: row[:9] for row in rows}
    return [RefundRow(*head, lines=tuple(lines[refund_id])) for refund_id, head in heads.items()]


_TO_BUYER = func.sum(RefundLine.fen - RefundLine.town_borne_fen)


def refunded_lines(order_id: int) -> dict[int, tuple[int, int]]:
    """Order line → (grams or pieces, fen) that went back of it. One statement."""
    rows = session().execute(
        select(RefundLine.line_id, func.sum(RefundLine.quantity), _TO_BUYER)
        .join(Refund, Refund.id == RefundLine.refund_id)
        .where(Refund.order_id == order_id)
        .group_by(RefundLine.line_id)
    )
    return {line_id: (int(quantity), int(fen)) for line_id, quantity, fen in rows}


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
