"""How an order was paid: attempts, the provider's events, refunds, bank statement lines."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class Payment(Base):
    """One attempt to pay an order; the row and its key exist before the provider is asked."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("state in ('created','pending','succeeded','failed','expired')", name="state"),
        CheckConstraint("method in ('stripe','transfer','cash')", name="method"),
        CheckConstraint("(state = 'succeeded') = (succeeded_at is not null)", name="succeeded"),
        Index(None, "order_id"),
        Index(
            "uq_payment_one_open",
            "order_id",
            unique=True,
            postgresql_where=text("state in ('created','pending')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    method: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)  # idempotency key sent to the provider
    amount_fen: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="created")
    session_ref: Mapped[str | None] = mapped_column(unique=True)  # checkout session
    intent_ref: Mapped[str | None] = mapped_column(unique=True)  # payment intent
    checkout_url: Mapped[str | None]
    fee_fen: Mapped[int | None]  # the provider's fee, once known
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    succeeded_at: Mapped[datetime | None]
    failure: Mapped[str | None]


class Refund(Base):
    """Money going back; row and key made before the provider is asked and never deleted."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("state in ('created','pending','succeeded','failed')", name="state"),
        CheckConstraint("kind in ('late_payment','goods','amount')", name="kind"),
        Index(None, "order_id"),
        Index(
            "uq_refund_late_payment",
            "payment_id",
            unique=True,
            postgresql_where=text("kind = 'late_payment'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    amount_fen: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="created")
    reason: Mapped[str] = mapped_column(server_default="")
    provider_ref: Mapped[str | None] = mapped_column(unique=True)
    suborder_id: Mapped[int | None] = mapped_column(ForeignKey("suborder.id"), index=True)
    bearer: Mapped[str] = mapped_column(server_default="cooperative")  # amount only: who bears it
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    succeeded_at: Mapped[datetime | None]
    failure: Mapped[str | None]


class RefundLine(Base):
    """What of an order line a goods refund takes back: quantity and fen; the goods return to their lot or are lost."""

    __tablename__ = "refund_line"
    __table_args__ = (
        UniqueConstraint("refund_id", "line_id"),
        ForeignKeyConstraint(["line_id", "cooperative_id"], ["order_line.id", "order_line.cooperative_id"]),
        CheckConstraint("quantity > 0 and fen >= 0", name="amounts"),
        CheckConstraint("goods in ('returned','lost')", name="goods"),
        CheckConstraint("town_borne_fen between 0 and fen", name="town_borne"),
        Index(None, "line_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id"))
    line_id: Mapped[int]
    cooperative_id: Mapped[int]
    quantity: Mapped[int]  # grams or pieces of the line
    fen: Mapped[int]  # of the line's net
    goods: Mapped[str]
    town_borne_fen: Mapped[int] = mapped_column(server_default=text("0"))  # of the fen; not the buyer's


class ProviderEvent(Base):
    """A signed event as it came, stored under the provider's id, answered, then processed."""

    __tablename__ = "provider_event"
    __table_args__ = (
        UniqueConstraint("provider", "event_ref"),
        Index("ix_provider_event_open", "id", postgresql_where=text("processed_at is null")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(server_default="stripe")
    event_ref: Mapped[str]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    processed_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    outcome: Mapped[str | None]
    failure: Mapped[str | None]


class BankStatementLine(Base):
    """A line of an imported bank statement; `reference` makes a second import of it a no-op.

    `cooperative_id` says whose account; none: the town's, where the provider pays in for all (代收账户).
    """

    __tablename__ = "bank_statement_line"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "reference", postgresql_nulls_not_distinct=True),
        Index("ix_bank_statement_line_amount", "amount_fen", postgresql_where=text("cooperative_id is null")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int | None] = mapped_column(ForeignKey("cooperative.id"))
    reference: Mapped[str]
    booked_on: Mapped[date]
    amount_fen: Mapped[int]
    payer: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
