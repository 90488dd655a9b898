"""A person's copy of their own data, and the fact that an account was closed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class DataExport(Base):
    """A copy asked for, made by a worker, kept sealed for three days; the file then goes, the row stays.

    Not an attachment: those are append-only, and this file must vanish. One live copy an account, by a partial index.
    """

    __tablename__ = "data_export"
    __table_args__ = (
        CheckConstraint("state in ('waiting','ready','failed','gone')", name="state"),
        CheckConstraint("(state = 'ready') = (body is not null)", name="body"),
        CheckConstraint(
            "(made_at is null) = (expires_at is null) and (state <> 'ready' or made_at is not null)",
            name="made",
        ),
        Index(
            "uq_data_export_one_live",
            "user_id",
            unique=True,
            postgresql_where=text("state in ('waiting','ready')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    state: Mapped[str] = mapped_column(server_default="waiting")
    locale: Mapped[str] = mapped_column(server_default="zh")
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    made_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)  # privacy.seal of the ZIP


class AccountClosure(Base):
    """That an account was closed at its holder's wish; append-only. Triggers keep anything new from being tied to it."""

    __tablename__ = "account_closure"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), unique=True)
    orders: Mapped[int]  # how many orders were kept without their person
    at: Mapped[datetime] = mapped_column(server_default=func.now())
