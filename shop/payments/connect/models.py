"""Money sent on to the cooperatives' own accounts at the provider: which account, what was sent, what came back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class ConnectedAccount(Base):
    """A cooperative's own account at the provider (acct_…): asked for by one person, approved by the chair, used a day later."""

    __tablename__ = "connected_account"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        CheckConstraint("approved_by is null or approved_by <> requested_by", name="two_people"),
        CheckConstraint("(approved_by is null) = (approved_at is null)", name="approved"),
        CheckConstraint("(effective_at is null) = (approved_at is null)", name="effective"),
        Index(
            "uq_connected_account_ref", "account_ref", unique=True, postgresql_where=text("ended_at is null")
        ),
        Index(None, "cooperative_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    account_ref: Mapped[str]
    requested_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None]
    effective_at: Mapped[datetime | None]  # orders paid from then on, until a later one or `ended_at`
    ended_at: Mapped[datetime | None]


class ConnectTransfer(Base):
    """A suborder's part of a charge, net of its share of the fee, sent to its cooperative's own account; once a suborder."""

    __tablename__ = "connect_transfer"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        ForeignKeyConstraint(["suborder_id", "cooperative_id"], ["suborder.id", "suborder.cooperative_id"]),
        ForeignKeyConstraint(
            ["account_id", "cooperative_id"], ["connected_account.id", "connected_account.cooperative_id"]
        ),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("state in ('created','sent','reversed','failed')", name="state"),
        CheckConstraint("state not in ('sent','reversed') or provider_ref is not null", name="sent"),
        Index("ix_connect_transfer_open", "id", postgresql_where=text("state in ('created','failed')")),
        Index(None, "cooperative_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    suborder_id: Mapped[int] = mapped_column(unique=True)
    cooperative_id: Mapped[int]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    account_id: Mapped[int]
    charge_ref: Mapped[str]  # the provider's source_transaction
    amount_fen: Mapped[int]
    key: Mapped[str] = mapped_column(unique=True)  # idempotency key; `tries` is added to it after a refusal
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[str] = mapped_column(server_default="created")
    provider_ref: Mapped[str | None] = mapped_column(unique=True)
    failure: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ConnectReversal(Base):
    """What came back of a transfer because a refund of its suborder went to the buyer; once a refund."""

    __tablename__ = "connect_reversal"
    __table_args__ = (
        ForeignKeyConstraint(
            ["transfer_id", "cooperative_id"], ["connect_transfer.id", "connect_transfer.cooperative_id"]
        ),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("state in ('created','sent','failed')", name="state"),
        CheckConstraint("state <> 'sent' or provider_ref is not null", name="sent"),
        Index("ix_connect_reversal_open", "id", postgresql_where=text("state in ('created','failed')")),
        Index(None, "transfer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transfer_id: Mapped[int]
    cooperative_id: Mapped[int]
    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id"), unique=True)
    amount_fen: Mapped[int]
    key: Mapped[str] = mapped_column(unique=True)
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[str] = mapped_column(server_default="created")
    provider_ref: Mapped[str | None] = mapped_column(unique=True)
    failure: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
