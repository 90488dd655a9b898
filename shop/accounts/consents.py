"""What the holder of an account agreed to, when, and what was taken back: append-only, the newest row of a purpose counts.

PIPL art. 13-15 (consent, and taking it back as easily), art. 17 (the notice); E-Commerce Law art. 18 (no advertising unasked).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Row, func, select
from sqlalchemy.orm import Mapped, mapped_column

from shop.accounts.models import User
from shop.core.db import Base, insert_rows, session

NOTICE = "2026-11-28"  # the day of the privacy notice in force; a change of its substance is a new day
PRIVACY, MARKETING = "privacy", "marketing"


class UserConsent(Base):
    """One answer of an account: to the notice of that version, or to messages about offers."""

    __tablename__ = "user_consent"
    __table_args__ = (
        CheckConstraint("purpose in ('privacy','marketing')", name="purpose"),
        Index(None, "user_id", "purpose", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    purpose: Mapped[str]
    given: Mapped[bool]
    version: Mapped[str]  # of the privacy notice that stood beside the box
    at: Mapped[datetime] = mapped_column(server_default=func.now())


def say(user_id: int, purpose: str, given: bool) -> bool:
    """Keep an answer to the notice in force. False where the same stood already: pressed twice it is one row."""
    session().execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    last = _newest(user_id, purpose)
    if last is not None and (last.given, last.version) == (given, NOTICE):
        return False
    if last is None and not given:
        return False  # nothing was given that could be taken back
    row = {"user_id": user_id, "purpose": purpose, "given": given, "version": NOTICE}
    insert_rows(UserConsent, [row])
    return True


def allows(user_id: int, purpose: str) -> bool:
    """Whether the newest answer is yes; never asked is no. One statement."""
    last = _newest(user_id, purpose)
    return last is not None and bool(last.given)


def history(user_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """All answers, newest first: purpose, given, version, at. One statement."""
    columns = (UserConsent.purpose, UserConsent.given, UserConsent.version, UserConsent.at)
    wanted = select(*columns).where(UserConsent.user_id == user_id).order_by(UserConsent.id.desc())
    return session().execute(wanted).all()


def _newest(user_id: int, purpose: str) -> Any:
    wanted = select(UserConsent.given, UserConsent.version).where(
        UserConsent.user_id == user_id, UserConsent.purpose == purpose
    )
    return session().execute(wanted.order_by(UserConsent.id.desc()).limit(1)).one_or_none()
