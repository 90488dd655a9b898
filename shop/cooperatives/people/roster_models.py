"""What happened to a membership: joined, leaving, stayed after all, a new head, a household parted. Append-only."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base
from shop.core.privacy import Encrypted


class MemberEvent(Base):
    """One step of a member account. `seq` counts up per member: whoever acts on an older state than the newest is told so.

    `on_date` is the day from which it counts; for leaving the last day of membership. Members entered before steps were
    kept have none until the next one.
    """

    __tablename__ = "member_event"
    __table_args__ = (
        ForeignKeyConstraint(["member_id", "cooperative_id"], ["member.id", "member.cooperative_id"]),
        ForeignKeyConstraint(["other_member_id", "cooperative_id"], ["member.id", "member.cooperative_id"]),
        UniqueConstraint("member_id", "seq"),
        UniqueConstraint("request_key"),
        CheckConstraint("kind in ('joined','leaving','stayed','succession','split')", name="kind"),
        CheckConstraint("reason in ('withdrew','expelled','deceased','moved')", name="reason"),
        CheckConstraint("(kind = 'leaving') = (reason is not null)", name="leaving"),
        CheckConstraint(
            "reason <> 'expelled' or (resolution <> '' and resolved_on is not null)", name="expelled"
        ),
        CheckConstraint(
            "(kind = 'succession') = (head_before is not null) and (kind = 'succession') = (head_after is not null)",
            name="heads",
        ),
        CheckConstraint("(kind = 'split') = (other_household_id is not null)", name="split"),
        CheckConstraint("kind = 'split' or other_member_id is null", name="other_member"),
        CheckConstraint("fen = 0 or (fen > 0 and other_member_id is not null)", name="fen"),
        CheckConstraint("reserve_fen = 0 or (reserve_fen > 0 and fen > 0)", name="reserve_fen"),
        CheckConstraint("seq > 0", name="seq"),
        Index("uq_member_event_joined", "member_id", unique=True, postgresql_where=text("kind = 'joined'")),
        Index(None, "cooperative_id", "on_date"),
        Index(None, "other_member_id"),
        Index(None, "other_household_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    member_id: Mapped[int]
    seq: Mapped[int]
    kind: Mapped[str]
    on_date: Mapped[date]
    noticed_on: Mapped[date | None]  # when the written notice came in, for leaving
    reason: Mapped[str | None]
    resolution: Mapped[str] = mapped_column(server_default="")
    resolved_on: Mapped[date | None]
    head_before: Mapped[str | None] = mapped_column(Encrypted)
    head_after: Mapped[str | None] = mapped_column(Encrypted)
    other_household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    other_member_id: Mapped[int | None]
    fen: Mapped[int] = mapped_column(server_default=text("0"))  # share capital that went to the other member
    reserve_fen: Mapped[int] = mapped_column(
        server_default=text("0")
    )  # reserve share that went with the capital
    request_key: Mapped[str | None]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
