"""What was changed on held goods before they went: a lot that was exchanged; append-only."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class LotSwap(Base):
    """Held goods of a line taken from another lot. What was not sent of `from_allocation_id` ended there: `quantity` grams or
    pieces went on as `to_allocation_id`, the rest in the old lot as `rest_allocation_id`. `fen`: the net that moved, null where
    the order was not attributed yet; `on_date` is the day of its attribution rows and of its posting."""

    __tablename__ = "lot_swap"
    __table_args__ = (
        ForeignKeyConstraint(["line_id", "cooperative_id"], ["order_line.id", "order_line.cooperative_id"]),
        ForeignKeyConstraint(
            ["from_allocation_id", "cooperative_id"], ["lot_allocation.id", "lot_allocation.cooperative_id"]
        ),
        ForeignKeyConstraint(
            ["to_allocation_id", "cooperative_id"], ["lot_allocation.id", "lot_allocation.cooperative_id"]
        ),
        ForeignKeyConstraint(
            ["rest_allocation_id", "cooperative_id"], ["lot_allocation.id", "lot_allocation.cooperative_id"]
        ),
        UniqueConstraint("request_key"),
        UniqueConstraint("from_allocation_id"),
        UniqueConstraint("to_allocation_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("(fen is null) = (on_date is null) and coalesce(fen, 0) >= 0", name="booked"),
        Index(None, "line_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int]
    line_id: Mapped[int]
    from_allocation_id: Mapped[int]
    to_allocation_id: Mapped[int]
    rest_allocation_id: Mapped[int | None] = mapped_column(unique=True)
    quantity: Mapped[int]
    fen: Mapped[int | None]
    on_date: Mapped[date | None]
    request_key: Mapped[str]
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
