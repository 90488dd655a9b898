"""Who changes the account itself proves once more who it is: with the password, or with a code to the account's phone."""

from __future__ import annotations

from sqlalchemy import select

from shop.accounts import codes, passwords
from shop.accounts.models import User
from shop.core.db import session


def has_password(user_id: int) -> bool:
    """Whether the account has one; without it only a code proves anything."""
    return bool(session().execute(select(User.password_hash.is_not(None)).where(User.id == user_id)).scalar())


def holds(user_id: int, *, password: str, code: str, purpose: str) -> bool:
    """Whether the password fits or, where none is typed, the code that went to the account's phone for this purpose.

    Call it in a transaction of its own: a wrong code costs a try, which must stay.
    """
    row = session().execute(select(User.phone, User.password_hash).where(User.id == user_id)).one()
    if password:
        return passwords.verify(row.password_hash, password)
    return bool(code) and codes.redeem(row.phone, code, purpose)
