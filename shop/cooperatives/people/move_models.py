"""Somebody leaves a household, and where he goes: each move once, a mistake taken back by a move of its own. Append-only."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base
from shop.core.privacy import Encrypted


class PersonMove(Base):
    """`person_id` is his last row until then; `to_person_id` the row that begins on `on_date`.

    Out of the town and by death nothing begins. `from_outside` marks somebody who was in no household before. An `undo` names
    the move it takes back; its new row stands in the household that was left, from the very same day, so that no day is
    missing there; of somebody who came from outside there is none.
    """

    __tablename__ = "person_move"
    __table_args__ = (
        UniqueConstraint("to_person_id"),
        UniqueConstraint("reverses_id"),
        CheckConstraint("kind in ('marriage','split','return','other','out','death','undo')", name="kind"),
        CheckConstraint("(kind = 'undo') = (reverses_id is not null)", name="undo"),
        CheckConstraint(
            "case kind when 'undo' then true else (kind in ('out','death')) = (to_person_id is null) end",
            name="goal",
        ),
        Index(None, "household_id"),
        Index(None, "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    to_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    from_outside: Mapped[bool] = mapped_column(server_default=text("false"))
    on_date: Mapped[date]
    # the number of the household book, certificate or agreement; may name people, so it is sealed
    evidence: Mapped[str] = mapped_column(Encrypted)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("person_move.id"))
    made_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
