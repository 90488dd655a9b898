"""What was lost in the store, what was counted there, and lots called back from everybody who has goods of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class StockLoss(Base):
    """Goods of a closed lot written off in the store, or (with `reverses_id`) found again: once by `key`, never edited.

    `value_fen` is what the books moved: cost or agreed value; 0 in commission mode, whose goods have no price until sold.
    """

    __tablename__ = "stock_loss"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        ForeignKeyConstraint(["lot_id", "cooperative_id"], ["lot.id", "lot.cooperative_id"]),
        ForeignKeyConstraint(
            ["reverses_id", "cooperative_id"], ["stock_loss.id", "stock_loss.cooperative_id"]
        ),
        CheckConstraint("reason in ('shrinkage','damage','spoiled','expired','sample')", name="reason"),
        CheckConstraint("borne_by in ('cooperative','producers')", name="borne_by"),
        CheckConstraint("quantity > 0 and value_fen >= 0", name="amounts"),
        Index(None, "lot_id"),
        Index(None, "reverses_id"),
        Index(None, "cooperative_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    lot_id: Mapped[int]
    quantity: Mapped[int]  # grams or pieces
    value_fen: Mapped[int]
    reason: Mapped[str]
    borne_by: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    reverses_id: Mapped[int | None]
    on_date: Mapped[date]  # Shanghai day, in an open period
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    key: Mapped[str] = mapped_column(unique=True)


class StockLossPart(Base):
    """Whose goods they were: the share of one part of the lot, with the cost that went along."""

    __tablename__ = "stock_loss_part"
    __table_args__ = (
        UniqueConstraint("loss_id", "lot_part_id"),
        ForeignKeyConstraint(["loss_id", "cooperative_id"], ["stock_loss.id", "stock_loss.cooperative_id"]),
        ForeignKeyConstraint(["lot_part_id", "cooperative_id"], ["lot_part.id", "lot_part.cooperative_id"]),
        CheckConstraint("quantity > 0 and fen >= 0", name="amounts"),
        Index(None, "lot_part_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    loss_id: Mapped[int]
    lot_part_id: Mapped[int]
    quantity: Mapped[int]
    fen: Mapped[int]


class StockCount(Base):
    """One stock-taking of a cooperative's closed lots; posted with its lines at once, never edited."""

    __tablename__ = "stock_count"
    __table_args__ = (UniqueConstraint("id", "cooperative_id"), Index(None, "cooperative_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    counted_on: Mapped[date]
    note: Mapped[str] = mapped_column(server_default="")
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    request_key: Mapped[str] = mapped_column(unique=True)  # a repeated POST gets the first answer


class StockCountLine(Base):
    """What was counted of a lot against what the books said then; the difference became losses or goods found again."""

    __tablename__ = "stock_count_line"
    __table_args__ = (
        UniqueConstraint("count_id", "lot_id"),
        ForeignKeyConstraint(
            ["count_id", "cooperative_id"], ["stock_count.id", "stock_count.cooperative_id"]
        ),
        ForeignKeyConstraint(["lot_id", "cooperative_id"], ["lot.id", "lot.cooperative_id"]),
        CheckConstraint("book >= 0 and counted >= 0", name="quantities"),
        CheckConstraint("(counted = book and value_fen = 0) or counted <> book", name="value"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    count_id: Mapped[int]
    lot_id: Mapped[int]
    book: Mapped[int]  # on hand when it was counted, held or not
    counted: Mapped[int]
    value_fen: Mapped[int] = mapped_column(
        server_default=text("0")
    )  # of the difference; negative is a shortage


class LotRecall(Base):
    """A lot is called back: off sale from then on (lot.recalled_at), its buyers told once. `advice` is what they should do."""

    __tablename__ = "lot_recall"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        UniqueConstraint("lot_id", "seq"),
        ForeignKeyConstraint(["lot_id", "cooperative_id"], ["lot.id", "lot.cooperative_id"]),
        CheckConstraint("seq >= 1", name="seq"),
        Index(None, "cooperative_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    lot_id: Mapped[int]
    seq: Mapped[int]  # 1, 2, … : a lifted recall may be followed by another
    reason: Mapped[str]
    advice: Mapped[str]
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class LotRecallLift(Base):
    """The recall was lifted, with why."""

    __tablename__ = "lot_recall_lift"
    __table_args__ = (
        ForeignKeyConstraint(["recall_id", "cooperative_id"], ["lot_recall.id", "lot_recall.cooperative_id"]),
    )

    recall_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    reason: Mapped[str]
    told: Mapped[bool] = mapped_column(server_default=text("false"))  # since 0029 the buyers hear of it, too
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
