"""Sending refunds that stand in our books already, with the key made then; and hearing what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, func, select, true, update

from shop.core import clock, faults
from shop.core.db import session, transaction
from shop.core.money import format_yuan
from shop.orders.moving import tell
from shop.payments import gateway
from shop.payments.models import Payment, Refund

log = structlog.get_logger()

KEY_LIFE = timedelta(hours=23)  # the provider may forget an idempotency key after a day
ASK_AGAIN_AFTER = timedelta(minutes=10)
BATCH = 50
OURS = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}  # any other status: still pending


def unsent(limit: int = BATCH) -> list[int]:
    """Refunds that the provider has not been asked for, or has not answered, and those pending for long. One statement."""
    slow = (Refund.state == "pending") & (Refund.created_at < func.now() - ASK_AGAIN_AFTER)
    return list(
        session()
        .execute(
            select(Refund.id)
            .join(Payment, Payment.id == Refund.payment_id)
            .where(Payment.method == "stripe", (Refund.state == "created") | slow)
            .order_by(Refund.id)
            .limit(limit)
        )
        .scalars()
    )


def send_all() -> None:
    """Send whatever is unsent; stops when the provider does not answer. Call it outside transaction()."""
    with transaction():
        ids = unsent()
    for refund_id in ids:
        try:
            send(refund_id)
        except gateway.ProviderDown:
            return
        except Exception as error:
            session().rollback()
            log.exception("refund_not_sent", refund=refund_id, error=type(error).__name__)


def send(refund_id: int) -> None:
    """Ask the provider for this refund; asking twice sends the money once. Call it outside transaction().

    Raises ProviderDown: the row stays and is sent later.
    """
    with transaction():
        refund = _read(refund_id)
    if refund is None:
        return
    faults.point("refunding:asking")
    try:
        answer = _known_already(refund) or gateway.refund(
            refund.intent_ref,
            refund.amount_fen,
            {"refund": str(refund_id), "order": str(refund.order_id)},
            refund.key,
        )
    except gateway.ProviderRefused as error:
        log.error("refund_refused", refund=refund_id, code=error.code)
        with transaction():
            _move(
                refund_id,
                ("created",),
                {"state": "failed", "failure": f"{error.code}: {error}"[:500]},
                "refund_failed",
            )
        return
    faults.point("refunding:answered")
    with transaction():
        heard(refund_id, answer.ref, answer.status, answer.failure, clock.now())


def heard(refund_id: int, ref: str, status: str, failure: str | None, at: datetime) -> None:
    """What the provider says of a refund, in whatever order it says so: failed wins over succeeded over pending."""
    state = OURS.get(status, "pending")
    if state == "pending":
        _move(refund_id, ("created",), {"state": "pending", "provider_ref": ref}, "refunding")
    elif state == "succeeded":
        values = {"state": "succeeded", "provider_ref": ref, "succeeded_at": at}
        _move(refund_id, ("created", "pending"), values, "refunded")
    else:
        values = {"state": "failed", "provider_ref": ref, "failure": failure or status}
        _move(refund_id, ("created", "pending", "succeeded"), values, "refund_failed")


def _read(refund_id: int) -> Row[*tuple[Any, ...]] | None:
    return (
        session()
        .execute(
            select(
                Refund.key,
                Refund.amount_fen,
                Refund.order_id,
                Refund.created_at,
                Refund.state,
                Payment.intent_ref,
                Refund.id,
            )
            .join(Payment, Payment.id == Refund.payment_id)
            .where(
                Refund.id == refund_id,
                Refund.state.in_(("created", "pending")),
                Payment.intent_ref.is_not(None),
            )
        )
        .one_or_none()
    )


def _known_already(refund: Row[*tuple[Any, ...]]) -> gateway.Returned | None:
    """Where the key may be forgotten, or it is under way already, the provider's list decides, not a second request."""
    if refund.state == "created" and clock.now() - refund.created_at < KEY_LIFE:
        return None
    found: Sequence[gateway.Returned] = gateway.refunds_of(refund.intent_ref)
    return next((each for each in found if each.metadata.get("refund") == str(refund.id)), None)


def _move(refund_id: int, sources: tuple[str, ...], values: dict[str, Any], event: str) -> None:
    """One that was paid back by hand since (its reference is another's) is past all news of the provider."""
    ref = values.get("provider_ref")
    mine = Refund.provider_ref.is_(None) | (Refund.provider_ref == ref) if ref else true()
    moved = (
        session()
        .execute(
            update(Refund)
            .where(Refund.id == refund_id, Refund.state.in_(sources), mine)
            .values(**values)
            .returning(Refund.order_id, Refund.suborder_id, Refund.amount_fen)
            .execution_options(synchronize_session=False)
        )
        .one_or_none()
    )
    if moved is not None:
        tell(event, [(moved.order_id, moved.suborder_id)], note=format_yuan(moved.amount_fen))
