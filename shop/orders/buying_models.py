"""What stands around a buyer's order: freight rules, invoice headings and issued invoices, gift recipients, guests' links."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base
from shop.core.privacy import Encrypted


class FreightRule(Base):
    """A version of a cooperative's freight rule, append-only; `body` is freight.write's."""

    __tablename__ = "freight_rule"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "version"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    version: Mapped[int]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    set_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())


class InvoiceHeading(Base):
    """A heading in a buyer's book; orders copy it."""

    __tablename__ = "invoice_heading"
    __table_args__ = (
        CheckConstraint("kind in ('person','unit')", name="kind"),
        CheckConstraint("(kind = 'unit') = (tax_code is not null)", name="tax_code"),
        Index(None, "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    title: Mapped[str] = mapped_column(Encrypted)
    tax_code: Mapped[str | None]
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    deleted_at: Mapped[datetime | None]


class InvoiceIssued(Base):
    """The invoice a cooperative issued for its part of an order, append-only; a corrected number is a row with the next `seq`,
    and the last one counts."""

    __tablename__ = "invoice_issued"
    __table_args__ = (
        UniqueConstraint("suborder_id", "seq"),
        CheckConstraint("seq > 0", name="seq"),
        ForeignKeyConstraint(["suborder_id", "cooperative_id"], ["suborder.id", "suborder.cooperative_id"]),
        UniqueConstraint("cooperative_id", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    suborder_id: Mapped[int]
    cooperative_id: Mapped[int]
    seq: Mapped[int]
    number: Mapped[str]
    issued_on: Mapped[date]
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class GiftRecipient(Base):
    """One of the people a gift goes to: `count` packs of a line in a parcel of its own."""

    __tablename__ = "gift_recipient"
    __table_args__ = (
        ForeignKeyConstraint(["line_id", "cooperative_id"], ["order_line.id", "order_line.cooperative_id"]),
        UniqueConstraint("line_id", "seq"),
        CheckConstraint("count > 0", name="count"),
        CheckConstraint("(shipped_at is not null) = (express_number is not null)", name="shipped"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int]
    cooperative_id: Mapped[int]
    seq: Mapped[int]
    count: Mapped[int]
    freight_fen: Mapped[int]
    recipient: Mapped[str] = mapped_column(Encrypted)
    phone: Mapped[str] = mapped_column(Encrypted)
    region_text: Mapped[str]
    address: Mapped[str] = mapped_column(Encrypted)
    express_company: Mapped[str | None]
    express_number: Mapped[str | None]
    shipped_at: Mapped[datetime | None]


class GuestPass(Base):
    """A guest's account and the link that opens it: only the token's hash is here."""

    __tablename__ = "guest_pass"
    __table_args__ = (Index(None, "phone"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), unique=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    phone: Mapped[
        str
    ]  # E.164 where the guest said it is their own: who proves it gets the orders; else empty
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    claimed_at: Mapped[datetime | None]
