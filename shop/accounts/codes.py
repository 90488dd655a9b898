"""One-time codes by text message: hashed, five minutes, five tries, one a minute."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from sqlalchemy import func, select, update

from shop.accounts.models import LoginCode
from shop.core import clock
from shop.core.db import insert_rows, session
from shop.core.errors import Refused
from shop.core.http import settings

LIFE = timedelta(minutes=5)
RESEND = timedelta(seconds=60)
TRIES = 5


SIGN_IN = "sign_in"


def _hash(phone: str, code: str, purpose: str) -> str:
    """The purpose is part of it: a code asked for to sign in closes no account, whoever talks its owner out of it."""
    words = f"{phone}:{purpose}:{code}"
    return hmac.new(settings().secret_key.encode(), words.encode(), hashlib.sha256).hexdigest()


def issue(phone: str, purpose: str = SIGN_IN) -> str:
    """Store a new six-digit code for the phone and return it for sending. Raises Refused within a minute of the last."""
    now = clock.now()
    last = (
        session()
        .execute(
            select(func.max(LoginCode.sent_at)).where(
                LoginCode.phone == phone, LoginCode.sent_at > now - RESEND
            )
        )
        .scalar()
    )
    if last is not None:
        wait = int((last + RESEND - now).total_seconds()) + 1
        raise Refused("验证码刚发过，请 %(wait)s 秒后再试", "phone", wait=max(wait, 1))
    code = f"{secrets.randbelow(1_000_000):06d}"
    insert_rows(
        LoginCode,
        [
            {
                "phone": phone,
                "code_hash": _hash(phone, code, purpose),
                "sent_at": now,
                "expires_at": now + LIFE,
            }
        ],
    )
    return code


def redeem(phone: str, code: str, purpose: str = SIGN_IN) -> bool:
    """Use up the phone's latest code; a wrong one costs a try. Call it in a transaction of its own: the try must stay."""
    row = (
        session()
        .execute(
            select(LoginCode.id, LoginCode.code_hash)
            .where(
                LoginCode.phone == phone,
                LoginCode.used_at.is_(None),
                LoginCode.expires_at > func.now(),
                LoginCode.tries < TRIES,
            )
            .order_by(LoginCode.sent_at.desc())
            .limit(1)
            .with_for_update()
        )
        .one_or_none()
    )
    if row is None:
        return False
    right = hmac.compare_digest(row.code_hash, _hash(phone, code.strip(), purpose))
    values = {"used_at": func.now()} if right else {"tries": LoginCode.tries + 1}
    session().execute(update(LoginCode).where(LoginCode.id == row.id).values(values))
    return right
