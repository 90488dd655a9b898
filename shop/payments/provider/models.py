"""The provider's own account of our money: its balance, every entry, whose it is, its payouts; and imported statements."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class ProviderPayout(Base):
    """A payout of the provider to the town's account, for many cooperatives at once; met by one line of the statement.

    `booked_at`: it stands in the books as money on its way. `returned_at`: it came back, and the books say so.
    """

    __tablename__ = "provider_payout"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("state in ('pending','in_transit','paid','failed','canceled')", name="state"),
        CheckConstraint("(statement_line_id is null) = (met_at is null)", name="met"),
        CheckConstraint("booked_at is not null or (met_at is null and returned_at is null)", name="booked"),
        CheckConstraint("met_at is null or returned_at is null", name="one_end"),
        CheckConstraint("returned_at is null or state in ('failed','canceled')", name="returned"),
        Index(
            "ix_provider_payout_open", "id", postgresql_where=text("met_at is null and returned_at is null")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_ref: Mapped[str] = mapped_column(unique=True)
    amount_fen: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="pending")
    automatic: Mapped[bool] = mapped_column(
        server_default=text("true")
    )  # by the schedule: its entries are known
    trace_ref: Mapped[str | None]  # what the bank prints of it
    descriptor: Mapped[str] = mapped_column(server_default="")
    failure: Mapped[str | None]
    problem: Mapped[str | None]  # why it cannot be booked or met by itself
    made_at: Mapped[datetime]  # the provider's time
    arrives_on: Mapped[date]
    booked_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    statement_line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_statement_line.id"), unique=True)
    met_at: Mapped[datetime | None]
    met_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))  # none: matched by itself
    meetings: Mapped[int] = mapped_column(
        server_default=text("0")
    )  # how often it met a line, undone ones too
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ProviderEntry(Base):
    """A movement of our balance at the provider, once by its id: a charge, a refund, a payout, a fee …

    `town_fen` is what of it belongs to no cooperative; null until it is known whose it is. Then town + shares = net.
    """

    __tablename__ = "provider_entry"
    __table_args__ = (
        CheckConstraint("net_fen = amount_fen - fee_fen", name="net"),
        Index("ix_provider_entry_waiting", "id", postgresql_where=text("town_fen is null")),
        Index(None, "made_at"),
        Index(None, "payment_id"),
        Index(None, "refund_id"),
        Index(None, "payout_id"),
        Index(None, "moved_payout_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_ref: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]  # the provider's word
    amount_fen: Mapped[int]
    fee_fen: Mapped[int]
    net_fen: Mapped[int]
    source_ref: Mapped[str] = mapped_column(server_default="")
    made_at: Mapped[datetime]  # the provider's time
    available_at: Mapped[datetime]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"))
    moved_payout_id: Mapped[int | None] = mapped_column(
        ForeignKey("provider_payout.id")
    )  # it is this one's way out or back
    payout_id: Mapped[int | None] = mapped_column(ForeignKey("provider_payout.id"))  # the payout that pays it
    town_fen: Mapped[int | None]
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ProviderShare(Base):
    """What of an entry is a cooperative's, in fen, signed like the entry: a charge is split as its suborders are."""

    __tablename__ = "provider_share"
    __table_args__ = (
        UniqueConstraint("entry_id", "cooperative_id"),
        CheckConstraint("fen <> 0", name="not_zero"),
        Index(None, "cooperative_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("provider_entry.id"))
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    fen: Mapped[int]


class ProviderBalance(Base):
    """What the provider said it holds, and the sum of the entries we had at that moment; kept where either changed."""

    __tablename__ = "provider_balance"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    available_fen: Mapped[int]
    pending_fen: Mapped[int]
    entries_fen: Mapped[int]


class StatementImport(Base):
    """A statement file of the town's account; the same file twice is one import, by its hash. Its headings are proposed again."""

    __tablename__ = "statement_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_sha256: Mapped[str] = mapped_column(unique=True)
    headings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    new: Mapped[int]
    known: Mapped[int]
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    imported_at: Mapped[datetime] = mapped_column(server_default=func.now())
