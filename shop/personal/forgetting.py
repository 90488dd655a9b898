"""What of sign-ins is kept, and how long (Cybersecurity Law art. 23: at least six months)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, null, or_, update

from shop.accounts.models import LoginCode, UserSession
from shop.core.db import session

LOGS = timedelta(days=186)


def forget_old_logs() -> None:
    """Address and browser of sessions unused for half a year, and used-up codes: two statements."""
    old = func.now() - LOGS
    session().execute(
        update(UserSession)
        .where(
            UserSession.seen_at < old,
            UserSession.expires_at < func.now(),
            or_(UserSession.ip.is_not(None), UserSession.agent.is_not(None)),
        )
        .values(ip=null(), agent=null())
        .execution_options(synchronize_session=False)
    )
    session().execute(
        delete(LoginCode).where(LoginCode.sent_at < old).execution_options(synchronize_session=False)
    )
