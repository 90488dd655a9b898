"""Money to households: whose account, which batch, what the bank answered."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base
from shop.core.privacy import Encrypted

DEAD = ("failed", "returned", "cancelled")  # states of a payment that leave its line to another one


class PayeeAccount(Base):
    """A party's bank account, encrypted. A change is asked for by one person, approved by another, and held 24 hours."""

    __tablename__ = "payee_account"
    __table_args__ = (
        ForeignKeyConstraint(["supplier_id", "cooperative_id"], ["supplier.id", "supplier.cooperative_id"]),
        CheckConstraint("(household_id is null) <> (supplier_id is null)", name="one_party"),
        CheckConstraint("approved_by is null or approved_by <> requested_by", name="two_people"),
        CheckConstraint("(approved_by is null) = (approved_at is null)", name="approved"),
        CheckConstraint("effective_at is null or approved_at is not null", name="effective"),
        Index(None, "cooperative_id", "household_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    supplier_id: Mapped[int | None]
    holder: Mapped[str] = mapped_column(Encrypted)
    bank: Mapped[str]
    account: Mapped[str] = mapped_column(Encrypted)
    last_four: Mapped[str]
    requested_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None]
    effective_at: Mapped[datetime | None]  # usable from then until a later one becomes effective
    ended_at: Mapped[datetime | None]


class PayoutBatch(Base):
    """Payments of one cooperative sent to the bank together; approver ≠ maker."""

    __tablename__ = "payout_batch"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "number"),
        UniqueConstraint("id", "cooperative_id"),
        CheckConstraint("state in ('draft','approved','sent','closed','cancelled')", name="state"),
        CheckConstraint("source in ('settlement','distribution')", name="source"),
        CheckConstraint("method in ('bank','cash')", name="method"),
        CheckConstraint("approved_by is null or approved_by <> made_by", name="two_people"),
        CheckConstraint("state in ('draft','cancelled') or approved_by is not null", name="approved"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    number: Mapped[str]
    source: Mapped[str]
    method: Mapped[str] = mapped_column(server_default="bank")  # cash: handed out against a signed list
    settlement_id: Mapped[int | None] = mapped_column(ForeignKey("settlement.id"))
    distribution_id: Mapped[int | None] = mapped_column(ForeignKey("distribution.id"))
    state: Mapped[str] = mapped_column(server_default="draft")
    total_fen: Mapped[int]
    made_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    file_sha256: Mapped[str | None]


class Payout(Base):
    """One payment to one party. A line of a settlement or distribution is in at most one live payout, by constraint."""

    __tablename__ = "payout"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        UniqueConstraint("batch_id", "seq"),
        ForeignKeyConstraint(
            ["batch_id", "cooperative_id"], ["payout_batch.id", "payout_batch.cooperative_id"]
        ),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("(household_id is null) <> (supplier_id is null)", name="one_party"),
        CheckConstraint("(settlement_line_id is null) <> (distribution_line_id is null)", name="one_source"),
        CheckConstraint("state in ('waiting','sent','paid','failed','returned','cancelled')", name="state"),
        CheckConstraint("(state in ('paid','returned')) = (paid_at is not null)", name="paid"),
        Index(
            "uq_payout_settlement_line",
            "settlement_line_id",
            unique=True,
            postgresql_where=text("state not in ('failed','returned','cancelled')"),
        ),
        Index(
            "uq_payout_distribution_line",
            "distribution_line_id",
            unique=True,
            postgresql_where=text("state not in ('failed','returned','cancelled')"),
        ),
        Index(None, "household_id"),
        # A draft's lines are deleted when it is computed anew: the check that none is paid must not read all payouts.
        Index(None, "settlement_line_id"),
        Index(None, "distribution_line_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int]
    cooperative_id: Mapped[int]
    seq: Mapped[int]
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("supplier.id"))
    payee_account_id: Mapped[int | None] = mapped_column(ForeignKey("payee_account.id"))
    settlement_line_id: Mapped[int | None] = mapped_column(ForeignKey("settlement_line.id"))
    distribution_line_id: Mapped[int | None] = mapped_column(ForeignKey("distribution_line.id"))
    amount_fen: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="waiting")
    failure: Mapped[str | None]
    bank_reference: Mapped[str | None]
    paid_at: Mapped[datetime | None]


class BankLayout(Base):
    """A cooperative's own columns for its bank's file. Never edited: a batch's file must come out the same years later."""

    __tablename__ = "bank_layout"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "name"),
        CheckConstraint("kind in ('csv','xlsx')", name="kind"),
        CheckConstraint("encoding in ('utf-8-sig','gb18030')", name="encoding"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    name: Mapped[str]
    kind: Mapped[str]
    encoding: Mapped[str]
    columns: Mapped[list[list[str]]] = mapped_column(JSONB)  # [heading, field of bankfile.Row or =fixed text]
    made_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    retired_at: Mapped[datetime | None]  # no longer offered


class PayoutReturn(Base):
    """A payment that arrived and came back (退汇): the counter-entry of its booking; once a payment."""

    __tablename__ = "payout_return"
    __table_args__ = (
        ForeignKeyConstraint(["payout_id", "cooperative_id"], ["payout.id", "payout.cooperative_id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payout_id: Mapped[int] = mapped_column(unique=True)
    cooperative_id: Mapped[int]
    returned_on: Mapped[date]
    reason: Mapped[str]
    bank_reference: Mapped[str] = mapped_column(server_default="")
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class BankAnswer(Base):
    """The bank's answer to a batch as imported; the same file twice is one import, by its hash."""

    __tablename__ = "bank_answer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["batch_id", "cooperative_id"], ["payout_batch.id", "payout_batch.cooperative_id"]
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int]
    cooperative_id: Mapped[int]
    file_sha256: Mapped[str] = mapped_column(unique=True)
    paid: Mapped[int]
    failed: Mapped[int]
    returned: Mapped[int] = mapped_column(server_default=text("0"))
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    imported_at: Mapped[datetime] = mapped_column(server_default=func.now())
