"""Double entry per cooperative: balanced and append-only by the database itself."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class LedgerTransaction(Base):
    """One fact posted once: `key` is unique, `source_*` names the row it comes from. Reversal only, never edited."""

    __tablename__ = "ledger_transaction"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        Index(None, "cooperative_id", "on_date"),
        Index(None, "source_type", "source_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    kind: Mapped[
        str
    ]  # opening | intake | sale | freight | shipping | fee | expense | year_close | distribution | reversal …
    key: Mapped[str] = mapped_column(unique=True)
    on_date: Mapped[date]  # Shanghai day; decides the period
    memo: Mapped[str] = mapped_column(server_default="")
    source_type: Mapped[str]
    source_id: Mapped[int]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_transaction.id"), unique=True)
    posted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    posted_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class LedgerEntry(Base):
    """A line: debit positive, credit negative, in fen. All entries of a transaction go in by ONE statement and sum to 0
    (statement trigger). `account` is a code of `ledger.accounts`, with member or party as sub-account."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["transaction_id", "cooperative_id"],
            ["ledger_transaction.id", "ledger_transaction.cooperative_id"],
        ),
        ForeignKeyConstraint(["member_id", "cooperative_id"], ["member.id", "member.cooperative_id"]),
        ForeignKeyConstraint(["supplier_id", "cooperative_id"], ["supplier.id", "supplier.cooperative_id"]),
        CheckConstraint("fen <> 0", name="not_zero"),
        Index(None, "transaction_id"),
        Index(None, "cooperative_id", "account", "member_id"),
        Index(None, "household_id", postgresql_where=text("household_id is not null")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[int]
    cooperative_id: Mapped[int]
    account: Mapped[str]
    fen: Mapped[int]
    member_id: Mapped[int | None]
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    supplier_id: Mapped[int | None]
    quantity: Mapped[int] = mapped_column(
        server_default=text("0")
    )  # trade volume of the same event (grams/pieces), 114 credits


class FiscalYearClose(Base):
    """A closed fiscal year; the database refuses later postings dated in it, except its own appropriation."""

    __tablename__ = "fiscal_year_close"
    __table_args__ = (UniqueConstraint("cooperative_id", "year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    year: Mapped[int]
    surplus_fen: Mapped[int]  # E, signed
    transaction_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_transaction.id"))
    closed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class PeriodClose(Base):
    """A closed month (Shanghai): the database refuses later postings dated in it; corrections go to the open month."""

    __tablename__ = "period_close"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "period"),
        CheckConstraint("period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name="period"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    period: Mapped[str]
    closed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class Voucher(Base):
    """A paper behind a posting that no trade made: expense, subsidy, donation, loan, asset, opening balance, other.
    Its pictures are attachments; it is undone only by a voucher that reverses it."""

    __tablename__ = "voucher"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "number"),
        UniqueConstraint("id", "cooperative_id"),
        CheckConstraint(
            "kind in ('expense','subsidy','donation','loan','asset','opening','receipt','other','reversal')",
            name="kind",
        ),
        CheckConstraint("amount_fen > 0", name="amount"),
        Index(None, "cooperative_id", "on_date"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    number: Mapped[str]
    kind: Mapped[str]
    on_date: Mapped[date]
    amount_fen: Mapped[int]
    memo: Mapped[str]
    payee: Mapped[str] = mapped_column(server_default="")
    transaction_id: Mapped[int] = mapped_column(ForeignKey("ledger_transaction.id"), unique=True)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("voucher.id"), unique=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    request_key: Mapped[str | None] = mapped_column(unique=True)


class LedgerSeal(Base):
    """A link of a cooperative's hash chain: SHA-256 over the link before and every transaction up to `last_id`."""

    __tablename__ = "ledger_seal"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "last_id"),
        UniqueConstraint("cooperative_id", "before_sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    first_id: Mapped[int]
    last_id: Mapped[int]
    transactions: Mapped[int]
    before_sha256: Mapped[str]
    sha256: Mapped[str]
    sealed_at: Mapped[datetime] = mapped_column(server_default=func.now())
