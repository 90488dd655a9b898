"""What goods sold by weight really weighed when they were packed; append-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class Weighing(Base):
    """One line in one parcel: `ordered` grams were to go, `weighed` grams do. What is missing went back by `refund_line_id`."""

    __tablename__ = "weighing"
    __table_args__ = (
        ForeignKeyConstraint(["line_id", "cooperative_id"], ["order_line.id", "order_line.cooperative_id"]),
        UniqueConstraint("line_id", "parcel"),
        UniqueConstraint("request_key"),
        UniqueConstraint("refund_line_id"),
        CheckConstraint("parcel > 0 and weighed > 0 and weighed < ordered", name="less"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int]
    line_id: Mapped[int]
    parcel: Mapped[int]  # the `seq` that the parcel will have
    ordered: Mapped[int]
    weighed: Mapped[int]
    refund_line_id: Mapped[int] = mapped_column(ForeignKey("refund_line.id"))
    request_key: Mapped[str]
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
