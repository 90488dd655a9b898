"""Finding and making accounts; granting roles."""

from __future__ import annotations

from datetime import date

import phonenumbers
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from shop.accounts import passwords, sessions
from shop.accounts.models import RoleGrant, User
from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.errors import Refused, beside
from shop.core.privacy import mask_phone
from shop.core.text import clean_line


def parse_phone(text: str) -> str:
    """'138 0013 8000' → '+8613800138000'. Raises Refused on field `phone`."""
    try:
        number = phonenumbers.parse(text.strip(), "CN")
    except phonenumbers.NumberParseException:
        raise Refused("请填 11 位手机号，例如 138 0013 8000", "phone") from None
    if not phonenumbers.is_valid_number(number):
        raise Refused("这个手机号不对，请检查有没有少一位或多一位", "phone")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def by_password(phone: str, password: str) -> int | None:
    """The account this phone and password open, or none; equally slow for unknown phones."""
    row = (
        session()
        .execute(select(User.id, User.password_hash, User.active).where(User.phone == phone))
        .one_or_none()
    )
    fits = passwords.verify(row.password_hash if row else None, password)
    return row.id if row is not None and fits and row.active else None


def by_phone_or_new(phone: str) -> int | None:
    """The account of a proven phone, made now if there is none; none when it is disabled."""
    made = (
        session()
        .execute(
            insert(User)
            .values(phone=phone, name=mask_phone(phone))
            .on_conflict_do_nothing(index_elements=["phone"])
            .returning(User.id)
        )
        .scalar()
    )
    if made is not None:
        activity.record("account.opened", "user", made, actor_id=made)
        return made
    return session().execute(select(User.id).where(User.phone == phone, User.active)).scalar()


def set_password(user_id: int, phone: str, password: str, keep_session: int | None) -> None:
    """Set a new password and end every other session. Raises Refused when it is too weak."""
    hashed = passwords.hash_password(passwords.check_new(password, phone))
    session().execute(update(User).where(User.id == user_id).values(password_hash=hashed))
    sessions.revoke_all(user_id, but=keep_session)
    activity.record("account.password_changed", "user", user_id)


def change_phone(user_id: int, phone: str, keep_session: int | None) -> None:
    """Give the account another phone and end every other session. Whoever calls it has seen that the phone was proven.

    Raises Refused on field `phone` when the phone has an account: one phone, one account, by constraint.
    """
    try:
        with session().begin_nested():
            session().execute(update(User).where(User.id == user_id).values(phone=phone))
    except IntegrityError:
        raise Refused("这个手机号已经有账号了。要换成它，请先用它登录，把那个账号注销", "phone") from None
    sessions.revoke_all(user_id, but=keep_session)
    activity.record("account.phone_changed", "user", user_id)


def rename(user_id: int, name: str) -> None:
    """Change how the account is greeted. Raises Refused on field `name`."""
    with beside("name"):
        cleaned = clean_line(name, label="称呼", max_length=40)
    session().execute(update(User).where(User.id == user_id).values(name=cleaned))


def grant(
    user_id: int,
    role: str,
    *,
    duty: str | None = None,
    cooperative_id: int | None = None,
    region_code: str | None = None,
    valid_from: date,
    by: int | None = None,
) -> None:
    """Give a role. Raises Refused when the account would both manage a cooperative and hold a public duty (art. 38)."""
    row = {
        "user_id": user_id,
        "role": role,
        "duty": duty,
        "cooperative_id": cooperative_id,
        "region_code": region_code,
        "valid_from": valid_from,
        "granted_by": by,
    }
    try:
        with session().begin_nested():
            insert_rows(RoleGrant, [row])
    except IntegrityError as error:
        if "ex_role_grant_one_side" in str(error.orig):
            raise Refused(
                "同一个账号不能既管理合作社又担任镇村工作人员（农民专业合作社法第三十八条）", "role"
            ) from None
        raise
    activity.record(
        "role.granted", "user", user_id, cooperative_id=cooperative_id, after={"role": role, "duty": duty}
    )
