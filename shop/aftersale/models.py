"""A buyer's request for money back: what is asked of which lines, how it stands, and everything that was said of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base
from shop.core.privacy import Encrypted


class ReturnRequest(Base):
    """kind: whole (nothing was sent yet: everything back), goods (goods and money) or amount (money alone, in fen).

    `due_at`: until when the present step must be done, by whoever's turn it is. `granted_fen` and `refund_id` are set together.
    """

    __tablename__ = "return_request"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        ForeignKeyConstraint(["suborder_id", "cooperative_id"], ["suborder.id", "suborder.cooperative_id"]),
        CheckConstraint("kind in ('whole','goods','amount')", name="kind"),
        CheckConstraint(
            "state in ('asked','to_send','sent','refused','called','refunded','withdrawn','upheld')",
            name="state",
        ),
        CheckConstraint("asked_fen > 0", name="asked"),
        CheckConstraint("(state = 'refunded') = (refund_id is not null)", name="refunded"),
        CheckConstraint("(refund_id is null) = (granted_fen is null)", name="granted"),
        Index("ix_return_request_work", "cooperative_id", "state", "id"),
        Index(None, "order_id"),
        Index(None, "suborder_id"),
        Index("ix_return_request_due", "due_at", postgresql_where=text("state = 'to_send'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_key: Mapped[str] = mapped_column(unique=True)  # of the form: a double click is one request
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    suborder_id: Mapped[int]
    cooperative_id: Mapped[int]
    kind: Mapped[str]
    reason: Mapped[str]
    words: Mapped[str] = mapped_column(server_default="")
    asked_fen: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="asked")
    due_at: Mapped[datetime | None]
    send_to: Mapped[str | None] = mapped_column(Encrypted)  # where the goods are to be sent back to
    express_company: Mapped[str | None]
    express_number: Mapped[str | None]
    granted_fen: Mapped[int | None]
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"), unique=True)
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReturnLine(Base):
    """A line of a request; `quantity` in grams or pieces (0: money alone). A line has one open request at most."""

    __tablename__ = "return_line"
    __table_args__ = (
        UniqueConstraint("request_id", "line_id"),
        ForeignKeyConstraint(
            ["request_id", "cooperative_id"], ["return_request.id", "return_request.cooperative_id"]
        ),
        ForeignKeyConstraint(["line_id", "cooperative_id"], ["order_line.id", "order_line.cooperative_id"]),
        CheckConstraint("quantity >= 0", name="quantity"),
        Index("uq_return_line_open", "line_id", unique=True, postgresql_where=text("open")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int]
    line_id: Mapped[int]
    cooperative_id: Mapped[int]
    quantity: Mapped[int]
    open: Mapped[bool] = mapped_column(server_default=text("true"))


class ReturnEvent(Base):
    """What happened to a request, append-only. side: buyer | coop | town | clock."""

    __tablename__ = "return_event"
    __table_args__ = (
        CheckConstraint("side in ('buyer','coop','town','clock')", name="side"),
        Index(None, "request_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("return_request.id"))
    event: Mapped[str]
    state: Mapped[str]  # the request's after it
    side: Mapped[str]
    actor_id: Mapped[int | None]
    note: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime] = mapped_column(server_default=func.now())
