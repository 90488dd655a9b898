"""Words that must reach a buyer once, and the e-mail address they may go to besides the phone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base
from shop.core.privacy import Encrypted


class Reminder(Base):
    """One message by one channel. `key` names its cause: with the channel it is unique, so no cause is told twice.

    state: waiting → sending (claimed by one task) → sent; back to waiting only when the gateway surely did not take it; dropped:
    no longer true when its turn came; failed: given up. One that stays `sending` was killed there and is never sent again.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("key", "channel"),
        CheckConstraint("channel in ('sms','email')", name="channel"),
        CheckConstraint("state in ('waiting','sending','sent','dropped','failed')", name="state"),
        CheckConstraint("(state = 'sent') = (sent_at is not null)", name="sent"),
        Index("ix_reminder_waiting", "not_before", postgresql_where=text("state = 'waiting'")),
        Index(None, "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    channel: Mapped[str]
    kind: Mapped[str]
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    details: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="waiting")
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    not_before: Mapped[datetime] = mapped_column(server_default=func.now())
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None]


class ReminderEmail(Base):
    """Where a buyer also wants the messages about the own orders."""

    __tablename__ = "reminder_email"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str] = mapped_column(Encrypted)
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())
