"""Sending what telling.py noted: claimed by one task, handed to the gateway, marked; never twice, even where a task dies.

Between the claim and the mark only the gateway knows whether it went. Such a message stays `sending` and is not sent again:
the order's page says the same, and a second message about money is worse than none.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from flask_babel import force_locale, format_datetime
from flask_babel import gettext as _
from sqlalchemy import Row, func, select, update

from shop.accounts import mail, sms
from shop.accounts.models import User
from shop.core import faults
from shop.core.db import session, transaction
from shop.core.http import settings
from shop.core.language import LOCALES
from shop.core.money import format_yuan
from shop.orders import express, guest, states
from shop.orders.buying_models import GuestPass
from shop.orders.models import Order
from shop.orders.reminders.models import Reminder, ReminderEmail
from shop.orders.reminders.telling import UNPAID, WORDS

log = structlog.get_logger()

BATCH = 200
MOST_TRIES = 8
PAUSE = timedelta(minutes=1)  # after the first failure; doubled after each


def waiting(limit: int = BATCH) -> list[int]:
    """Messages whose turn has come, oldest first. One statement."""
    rows = session().execute(
        select(Reminder.id)
        .where(Reminder.state == "waiting", Reminder.not_before <= func.now())
        .order_by(Reminder.not_before, Reminder.id)
        .limit(limit)
    )
    return list(rows.scalars())


def deliver(reminder_id: int) -> bool:
    """Send one message, once; False where another task has it or had it. Call it outside transaction()."""
    with transaction():
        row = _claim(reminder_id)
    if row is None:
        return False
    faults.point("reminding:claimed")
    try:
        _hand_over(row)
    except OSError as error:
        with transaction():
            _put_back(row, f"{type(error).__name__}: {error}"[:200])
        return False
    faults.point("reminding:handed")
    with transaction():
        _mark(reminder_id, state="sent", sent_at=func.now())
    return True


def _claim(reminder_id: int) -> Row[*tuple[Any, ...]] | None:
    """The row with what it needs, now this task's; None where it is not (or no more) to be sent. Three statements."""
    claimed = session().execute(
        update(Reminder)
        .where(Reminder.id == reminder_id, Reminder.state == "waiting")
        .values(state="sending", claimed_at=func.now(), tries=Reminder.tries + 1)
        .returning(Reminder.id)
        .execution_options(synchronize_session=False)
    )
    if claimed.scalar() is None:
        return None
    row = session().execute(
        select(
            Reminder.id, Reminder.channel, Reminder.kind, Reminder.details, Reminder.tries, Order.number, Order.state,
            User.phone, User.locale, User.active, GuestPass.phone.label("guest_phone"), ReminderEmail.email,
        )
        .join(Order, Order.id == Reminder.order_id)
        .join(User, User.id == Order.buyer_id)
        .outerjoin(GuestPass, GuestPass.user_id == User.id)
        .outerjoin(ReminderEmail, ReminderEmail.user_id == User.id)
        .where(Reminder.id == reminder_id)
    ).one_or_none()  # fmt: skip
    if row is None or not row.active or not _address(row) or (row.kind in UNPAID and not _may_urge(row)):
        _mark(reminder_id, state="dropped")
        return None
    return row


def _may_urge(row: Row[*tuple[Any, ...]]) -> bool:
    """A guest's phone is only what somebody typed: it is not told to pay, or strangers could be pestered with orders."""
    return bool(row.state == states.PENDING and not guest.is_guest(row.phone))


def _address(row: Row[*tuple[Any, ...]]) -> str:
    if row.channel == "email":
        return row.email or ""
    return (row.guest_phone if guest.is_guest(row.phone) else row.phone) or ""


def _hand_over(row: Row[*tuple[Any, ...]]) -> None:
    with force_locale(LOCALES.get(row.locale, LOCALES["zh"])):
        words = _(WORDS[row.kind], **_places(row))
        if row.channel == "sms":
            sms.gateway(settings()).send(_address(row), words)
            return
        subject = _("订单 %(number)s 的消息", number=row.number)
        link = f"{settings().public_url}/orders/{row.number}"
        mail.gateway(settings()).send(_address(row), subject, f"{words} {link}")


def _places(row: Row[*tuple[Any, ...]]) -> dict[str, object]:
    details: dict[str, Any] = row.details
    places: dict[str, object] = {"number": row.number}
    if "at" in details:
        places["at"] = format_datetime(datetime.fromisoformat(details["at"]), "MM-dd HH:mm")
    if "fen" in details:
        places["fen"] = format_yuan(details["fen"])
    if "company" in details:
        places |= {"company": _(express.name_of(details["company"])), "bill": details["bill"]}
    return places


def _put_back(row: Row[*tuple[Any, ...]], failure: str) -> None:
    """The gateway surely did not take it: later again, and after many tries no more."""
    log.warning("reminder_not_sent", reminder=row.id, channel=row.channel, tries=row.tries, failure=failure)
    if row.tries >= MOST_TRIES:
        _mark(row.id, state="failed", failure=failure)
        return
    pause = PAUSE * 2 ** (row.tries - 1)
    _mark(row.id, state="waiting", not_before=func.now() + pause, failure=failure)


def _mark(reminder_id: int, **values: Any) -> None:
    session().execute(
        update(Reminder)
        .where(Reminder.id == reminder_id, Reminder.state == "sending")
        .values(**values)
        .execution_options(synchronize_session=False)
    )
