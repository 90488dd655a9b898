"""What staff said about something odd: looked at, and why it is right. Append-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class OddNote(Base):
    """已核实: a rule's finding about a subject, with a fingerprint of the figures that were seen.

    When the figures change, so does the fingerprint, and the finding is open again.
    """

    __tablename__ = "odd_note"
    __table_args__ = (
        UniqueConstraint("rule", "subject", "fingerprint"),
        CheckConstraint("length(btrim(reason)) >= 2", name="reason"),
        CheckConstraint("fingerprint ~ '^[0-9a-f]{32}$'", name="fingerprint"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    rule: Mapped[str]
    subject: Mapped[str]
    fingerprint: Mapped[str]  # md5 of the figures, 32 hex digits
    reason: Mapped[str]
    noted_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    noted_at: Mapped[datetime] = mapped_column(server_default=func.now())
