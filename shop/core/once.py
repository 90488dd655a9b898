"""One press, one deed: a form's request is known by its mark, and a repeat of it gets the first answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shop.core import clock
from shop.core.db import Base, session

KEPT = timedelta(days=30)
SOON = timedelta(seconds=20)  # after that a missing answer does not come any more
_TRY = text("select pg_try_advisory_xact_lock(:mark)")


class RequestAnswer(Base):
    """A request whose deed is in the database, and what was answered. The row commits with the deed or not at all."""

    __tablename__ = "request_answer"
    __table_args__ = (UniqueConstraint("user_id", "mark"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    cooperative_id: Mapped[int]
    endpoint: Mapped[str]
    mark: Mapped[
        str
    ]  # keyed hash of the form's key and of everything it sends; nothing typed can be read from it
    status: Mapped[int | None] = mapped_column(
        BigInteger
    )  # none: the answer was lost between the deed and its note
    location: Mapped[str | None]
    messages: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class Repeated(Exception):
    """The same request has been done already."""


class Running(Exception):
    """The same request is being done at this moment."""


def claim(within: Session, row: dict[str, Any]) -> None:
    """Take the request for this transaction; whoever comes with the same mark meanwhile or later is told.

    Raises Running, Repeated.
    """
    if not within.execute(_TRY, {"mark": _number(row["mark"])}).scalar():
        raise Running
    made = within.execute(
        insert(RequestAnswer)
        .values(**row)
        .on_conflict_do_nothing(index_elements=["user_id", "mark"])
        .returning(RequestAnswer.id)
    )
    if made.scalar() is None:
        raise Repeated


def is_running(mark: str) -> bool:
    """Whether a transaction holds this mark now; the caller ends its own at once."""
    return not session().execute(_TRY, {"mark": _number(mark)}).scalar()


def _number(mark: str) -> int:
    return int.from_bytes(bytes.fromhex(mark)[:8], "big", signed=True)


def answered(user_id: int, mark: str) -> RequestAnswer | None:
    """What this user's request was answered with, if its deed is done."""
    return session().scalar(
        select(RequestAnswer).where(RequestAnswer.user_id == user_id, RequestAnswer.mark == mark)
    )


def is_lost(known: RequestAnswer) -> bool:
    """Whether the process died between the deed and the note of its answer: it was done, and that is all there is to say."""
    return known.status is None and clock.now() - known.at > SOON


def note(user_id: int, mark: str, status: int, location: str | None, messages: list[dict[str, Any]]) -> None:
    """Keep the answer for repeats."""
    session().execute(
        update(RequestAnswer)
        .where(RequestAnswer.user_id == user_id, RequestAnswer.mark == mark)
        .values(status=status, location=location, messages=messages)
    )


def release(user_id: int, mark: str) -> None:
    """Refused after all: the next try is a first one."""
    session().execute(
        delete(RequestAnswer).where(RequestAnswer.user_id == user_id, RequestAnswer.mark == mark)
    )


def forget_old() -> None:
    """Drop what no network repeats any more."""
    session().execute(delete(RequestAnswer).where(RequestAnswer.at < clock.now() - KEPT))
