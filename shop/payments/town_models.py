"""What the town paid a cooperative for its coupons, and for which suborders."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class TownPayment(Base):
    """A transfer of the town to a cooperative, by the bank's reference; append-only."""

    __tablename__ = "town_payment"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "reference"),
        UniqueConstraint("id", "cooperative_id"),
        CheckConstraint("fen > 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    reference: Mapped[str]
    paid_on: Mapped[date]
    fen: Mapped[int]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class TownPaymentLine(Base):
    """What of it settles a suborder's claim (negative: what was refunded after the town had paid); append-only."""

    __tablename__ = "town_payment_line"
    __table_args__ = (
        UniqueConstraint("payment_id", "suborder_id"),
        ForeignKeyConstraint(
            ["payment_id", "cooperative_id"], ["town_payment.id", "town_payment.cooperative_id"]
        ),
        ForeignKeyConstraint(["suborder_id", "cooperative_id"], ["suborder.id", "suborder.cooperative_id"]),
        CheckConstraint("fen <> 0", name="amount"),
        Index(None, "suborder_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int]
    cooperative_id: Mapped[int]
    suborder_id: Mapped[int]
    fen: Mapped[int]
