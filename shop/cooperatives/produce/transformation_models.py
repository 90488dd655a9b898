"""Goods made into other goods: dried, blended, graded, packed. What went in, what came out, whose it was; append-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class Transformation(Base):
    """One piece of work in the store. It is undone whole by another one that names it; never edited."""

    __tablename__ = "transformation"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        ForeignKeyConstraint(
            ["reverses_id", "cooperative_id"], ["transformation.id", "transformation.cooperative_id"]
        ),
        CheckConstraint("kind in ('dry','blend','grade','pack')", name="kind"),
        CheckConstraint("reverses_id is null or note <> ''", name="reason"),
        Index(None, "cooperative_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    kind: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")  # of one that undoes another: why
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    request_key: Mapped[str | None] = mapped_column(unique=True)  # a repeated POST gets the first answer
    reverses_id: Mapped[int | None] = mapped_column(unique=True)


class TransformationInput(Base):
    """Goods of one lot that went in; `graded` is their weight for the shares: Σ of the parts' quantity × grade factor."""

    __tablename__ = "transformation_input"
    __table_args__ = (
        ForeignKeyConstraint(
            ["transformation_id", "cooperative_id"], ["transformation.id", "transformation.cooperative_id"]
        ),
        ForeignKeyConstraint(["lot_id", "cooperative_id"], ["lot.id", "lot.cooperative_id"]),
        UniqueConstraint("transformation_id", "lot_id"),
        CheckConstraint("quantity > 0 and graded > 0 and value_fen >= 0", name="amounts"),
        Index(None, "lot_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    transformation_id: Mapped[int]
    lot_id: Mapped[int]
    quantity: Mapped[int]
    graded: Mapped[int]
    value_fen: Mapped[int]


class TransformationOutput(Base):
    """A new lot that came out of it; or, where work was undone, a lot that its goods went back to."""

    __tablename__ = "transformation_output"
    __table_args__ = (
        ForeignKeyConstraint(
            ["transformation_id", "cooperative_id"], ["transformation.id", "transformation.cooperative_id"]
        ),
        ForeignKeyConstraint(["lot_id", "cooperative_id"], ["lot.id", "lot.cooperative_id"]),
        UniqueConstraint("transformation_id", "lot_id"),
        CheckConstraint("quantity > 0 and grade_factor > 0 and value_fen >= 0", name="amounts"),
        Index(None, "lot_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    transformation_id: Mapped[int]
    lot_id: Mapped[int]
    quantity: Mapped[int]
    grade_factor: Mapped[int] = mapped_column(server_default=text("100"))
    value_fen: Mapped[int]


class TransformationShare(Base):
    """What one part of a lot gave to it: grams or pieces, and the cost or agreed value that went along."""

    __tablename__ = "transformation_share"
    __table_args__ = (
        ForeignKeyConstraint(
            ["transformation_id", "cooperative_id"], ["transformation.id", "transformation.cooperative_id"]
        ),
        ForeignKeyConstraint(["part_id", "cooperative_id"], ["lot_part.id", "lot_part.cooperative_id"]),
        UniqueConstraint("transformation_id", "part_id"),
        CheckConstraint("quantity > 0 and value_fen >= 0", name="amounts"),
        Index(None, "part_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    transformation_id: Mapped[int]
    part_id: Mapped[int]
    quantity: Mapped[int]
    value_fen: Mapped[int]
