"""The delivery slip by text message: claimed before it is handed to the gateway, so that no press and no crash sends two."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from shop.cooperatives.produce import confirming
from shop.cooperatives.produce.confirming import Sendable
from shop.cooperatives.produce.intake_models import ReceiptMessage
from shop.core import activity
from shop.core.db import session
from shop.core.errors import Refused


def claim(receipt_id: int, cooperative_id: int, by: int) -> Sendable | None:
    """What to send, now this caller's to send; None where it went already or is on its way.

    Raises NotFound, Refused without a phone or for what is reversed.
    """
    row = confirming.locked(receipt_id, cooperative_id, confirmed_too=True)
    if not row.phone:
        raise Refused("这一户没有登记手机号，请打印单子", field="message")
    statement = insert(ReceiptMessage).values(
        receipt_id=receipt_id, cooperative_id=cooperative_id, asked_by=by
    )
    if session().scalar(statement.on_conflict_do_nothing().returning(ReceiptMessage.id)) is None:
        return None
    activity.record(
        "intake.slip_sent", "intake_receipt", receipt_id, cooperative_id=cooperative_id, actor_id=by
    )
    return Sendable(row.phone, "", row)


def mark_sent(receipt_id: int) -> None:
    """The gateway has it."""
    session().execute(
        update(ReceiptMessage).where(ReceiptMessage.receipt_id == receipt_id).values(sent_at=func.now())
    )


def give_back(receipt_id: int) -> None:
    """The gateway surely did not take it: it may be asked for again."""
    session().execute(
        delete(ReceiptMessage).where(
            ReceiptMessage.receipt_id == receipt_id, ReceiptMessage.sent_at.is_(None)
        )
    )


def asked(receipt_id: int, cooperative_id: int) -> bool:
    """Whether the slip went, or is on its way."""
    return bool(
        session().scalar(
            select(ReceiptMessage.id).where(
                ReceiptMessage.receipt_id == receipt_id, ReceiptMessage.cooperative_id == cooperative_id
            )
        )
    )
