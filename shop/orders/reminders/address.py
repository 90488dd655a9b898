"""The e-mail address that messages about orders go to besides the phone."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import Refused
from shop.core.numbers import fold
from shop.orders.reminders.models import ReminderEmail

# one plain address: no line break can get into a header, no second recipient beside it
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}")
LONGEST = 200


def email_of(user_id: int) -> str:
    """The address, empty where there is none. One statement."""
    found = session().scalar(select(ReminderEmail.email).where(ReminderEmail.user_id == user_id))
    return found or ""


def keep(user_id: int, email: str) -> bool:
    """Keep the address; an empty one ends the e-mails. Returns whether there is one now. Raises Refused on email."""
    email = fold(email)
    if not email:
        session().execute(delete(ReminderEmail).where(ReminderEmail.user_id == user_id))
    else:
        if len(email) > LONGEST or not _ADDRESS.fullmatch(email):
            raise Refused(_("请填写一个邮箱，例如 name@example.com；不用邮箱就留空"), field="email")
        row = insert(ReminderEmail).values(user_id=user_id, email=email)
        changed = {"email": row.excluded.email, "set_at": clock.now()}
        session().execute(row.on_conflict_do_update(index_elements=["user_id"], set_=changed))
    activity.record("account.reminder_email", "user", user_id, after={"set": bool(email)}, actor_id=user_id)
    return bool(email)
