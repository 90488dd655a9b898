"""What happens to a settlement and a distribution after they are computed: links, resolutions, notices, objections."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class SettlementEntry(Base):
    """Which settlement took which ledger entry: each credit is in exactly one, by primary key. Append-only."""

    __tablename__ = "settlement_entry"
    __table_args__ = (Index(None, "settlement_line_id"),)

    ledger_entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True)
    settlement_line_id: Mapped[int] = mapped_column(ForeignKey("settlement_line.id"))


class DistributionEvent(Base):
    """A step in a distribution's life, append-only: who, when, from which state to which."""

    __tablename__ = "distribution_event"
    __table_args__ = (Index(None, "distribution_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    distribution_id: Mapped[int] = mapped_column(ForeignKey("distribution.id"))
    event: Mapped[str]
    from_state: Mapped[str]
    to_state: Mapped[str]
    actor_id: Mapped[int | None]
    note: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class Resolution(Base):
    """A resolution of the members' assembly (Cooperative Law art. 29, 30): quorum 2/3 of members, more than half of votes."""

    __tablename__ = "resolution"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        ForeignKeyConstraint(
            ["distribution_id", "cooperative_id"], ["distribution.id", "distribution.cooperative_id"]
        ),
        CheckConstraint(
            "subject in ('distribution','conversion','quantify','loss_plan','charter')", name="subject"
        ),
        CheckConstraint("members > 0 and present between 0 and members", name="present"),
        CheckConstraint(
            "votes_for >= 0 and votes_against >= 0 and votes_for + votes_against <= present + extra_votes",
            name="votes",
        ),
        CheckConstraint("extra_votes >= 0 and extra_votes * 5 <= members", name="extra_votes"),
        Index(
            "uq_resolution_distribution",
            "distribution_id",
            "subject",
            unique=True,
            postgresql_where=text("distribution_id is not null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    distribution_id: Mapped[int | None]
    subject: Mapped[str]
    held_on: Mapped[date]
    members: Mapped[int]
    present: Mapped[int]
    extra_votes: Mapped[int] = mapped_column(server_default=text("0"))
    votes_for: Mapped[int]
    votes_against: Mapped[int]
    summary: Mapped[str]
    minutes_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"))
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Notice(Base):
    """A distribution posted for the members to check (公示): from a day to a day, then withdrawn by itself."""

    __tablename__ = "notice"
    __table_args__ = (
        ForeignKeyConstraint(
            ["distribution_id", "cooperative_id"], ["distribution.id", "distribution.cooperative_id"]
        ),
        CheckConstraint("ends_on > starts_on", name="days"),
        Index(
            "uq_notice_live", "distribution_id", unique=True, postgresql_where=text("withdrawn_at is null")
        ),
        Index(None, "cooperative_id", "starts_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    distribution_id: Mapped[int]
    code: Mapped[str] = mapped_column(unique=True)  # in the address and the QR code
    checksum: Mapped[str]  # first 16 hex digits of the outputs' SHA-256, printed on the paper
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]  # ended | upheld | reversed


class Objection(Base):
    """A member's objection to a distribution, and its answer; answered once, never edited."""

    __tablename__ = "objection"
    __table_args__ = (
        ForeignKeyConstraint(
            ["distribution_id", "cooperative_id"], ["distribution.id", "distribution.cooperative_id"]
        ),
        CheckConstraint("via in ('household_page','manager')", name="via"),
        CheckConstraint("outcome is null or outcome in ('upheld','rejected')", name="outcome"),
        CheckConstraint("(outcome is null) = (answered_at is null)", name="answered"),
        Index(None, "distribution_id"),
        Index(None, "household_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    distribution_id: Mapped[int]
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    via: Mapped[str]
    words: Mapped[str]
    raised_at: Mapped[datetime] = mapped_column(server_default=func.now())
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    outcome: Mapped[str | None]
    answer: Mapped[str | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None]
    request_key: Mapped[str | None] = mapped_column(unique=True)
