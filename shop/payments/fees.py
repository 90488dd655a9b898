"""What the provider kept of each payment: asked for until it is known, then a cost of the suborders, by amount."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import func, select, update

from shop.cooperatives.income import attribution
from shop.cooperatives.shares import largest_remainder
from shop.core.db import session, transaction
from shop.orders.models import Order, Suborder
from shop.payments import gateway
from shop.payments.models import Payment, Refund

log = structlog.get_logger()

ASK_FOR = timedelta(days=30)
BATCH = 20


def unknown(limit: int = BATCH) -> list[tuple[int, str, int]]:
    """Succeeded payments whose fee is not known yet: (payment id, intent, fen), newest first. One statement."""
    return [
        (row.id, str(row.intent_ref), row.amount_fen)
        for row in session().execute(
            select(Payment.id, Payment.intent_ref, Payment.amount_fen)
            .where(
                Payment.method == "stripe",
                Payment.state == "succeeded",
                Payment.fee_fen.is_(None),
                Payment.intent_ref.is_not(None),
                Payment.succeeded_at > func.now() - ASK_FOR,
            )
            .order_by(Payment.id.desc())
            .limit(limit)
        )
    ]


def collect_all() -> None:
    """Ask for the fees that are unknown and book them; stops when the provider does not answer. Outside transaction()."""
    with transaction():
        asked_for = unknown()
    for payment_id, intent_ref, amount_fen in asked_for:
        try:
            fen = gateway.fee(intent_ref, amount_fen)
            if fen is not None:
                with transaction():
                    book(payment_id, fen)
        except gateway.ProviderDown:
            return
        except Exception as error:
            session().rollback()
            log.exception("fee_not_booked", payment=payment_id, error=type(error).__name__)


def book(payment_id: int, fee_fen: int) -> None:
    """Note a payment's fee and spread it over the order's suborders by amount, ties to the first; once.

    A payment that went back in full (late, double) paid for no suborder, so its fee is only noted.
    """
    order_id = (
        session()
        .execute(
            update(Payment)
            .where(Payment.id == payment_id, Payment.fee_fen.is_(None))
            .values(fee_fen=fee_fen)
            .returning(Payment.order_id)
            .execution_options(synchronize_session=False)
        )
        .scalar()
    )
    if order_id is None:
        return
    sent_back = (
        select(Refund.id).where(Refund.payment_id == payment_id, Refund.kind == "late_payment").exists()
    )
    parts = (
        session()
        .execute(
            select(
                Suborder.id,
                Suborder.cooperative_id,
                (
                    Suborder.goods_fen
                    - Suborder.discount_fen
                    - Suborder.town_borne_fen
                    + Suborder.freight_fen
                ).label("fen"),
                Order.paid_on,
            )
            .join(Order, Order.id == Suborder.order_id)
            .where(Order.id == order_id, Order.paid_at.is_not(None), ~sent_back)
            .order_by(Suborder.id)
        )
        .all()
    )
    if not parts or fee_fen <= 0:
        return
    shares = largest_remainder(fee_fen, [part.fen for part in parts])
    attribution.book_fee(
        [
            (part.id, part.cooperative_id, fen, part.paid_on)
            for part, fen in zip(parts, shares, strict=True)
            if fen
        ]
    )
