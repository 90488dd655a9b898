"""The append-only log of what people did, written in the same transaction as the deed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base, db


class Activity(Base):
    """One act: who, what, on which row, before and after. The database refuses changes to it."""

    __tablename__ = "activity"
    __table_args__ = (
        Index(None, "subject_type", "subject_id"),
        Index(None, "cooperative_id", "at"),
        Index(None, "actor_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor_id: Mapped[int | None]
    act: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    cooperative_id: Mapped[int | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    ip: Mapped[str | None]


def record(
    act: str,
    subject_type: str,
    subject_id: int | str,
    *,
    cooperative_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    actor_id: int | None = None,
) -> None:
    """Note an act; call it inside the deed. The actor defaults to who is signed in. No persons' data in before/after."""
    ip = None
    if has_request_context():
        ip = request.remote_addr
        actor_id = actor_id if actor_id is not None else getattr(g, "actor_id", None)
    db.session.add(
        Activity(
            act=act,
            subject_type=subject_type,
            subject_id=str(subject_id),
            cooperative_id=cooperative_id,
            before=before,
            after=after,
            actor_id=actor_id,
            ip=ip,
        )
    )
