"""What the township does in its register: each step once, each look at full names with its reason. Append-only."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class RegisterStep(Base):
    """One deed of a clerk on a household. UNIQUE(request_key): a form that is sent twice is one deed.

    `on_date` is the day from which it counts; what ends or takes back something says why.
    """

    __tablename__ = "register_step"
    __table_args__ = (
        UniqueConstraint("request_key"),
        CheckConstraint(
            "reason <> '' or act not in ('close','leave','unlend','unable','end_category','end_exclusion','end_link','unmove')",
            name="reason",
        ),
        Index(None, "household_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    act: Mapped[str]
    on_date: Mapped[date]
    reason: Mapped[str] = mapped_column(server_default="")
    request_key: Mapped[str]
    made_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Reveal(Base):
    """Full names and telephones shown to somebody: of one household on the screen, or of a list as a file."""

    __tablename__ = "reveal"
    __table_args__ = (
        CheckConstraint("kind in ('household','list')", name="kind"),
        CheckConstraint("length(btrim(reason)) >= 5", name="reason"),
        CheckConstraint("households > 0", name="households"),
        Index(None, "region_code", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    kind: Mapped[str]
    reason: Mapped[str]
    households: Mapped[int]  # how many
    made_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RevealHousehold(Base):
    """Whose names they were."""

    __tablename__ = "reveal_household"
    __table_args__ = (Index(None, "household_id"),)

    reveal_id: Mapped[int] = mapped_column(ForeignKey("reveal.id"), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), primary_key=True)
