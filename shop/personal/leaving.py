"""Closing an account at its holder's wish: what stands against it, and what is deleted, overwritten and kept.

PIPL art. 47 (deletion on withdrawal), E-Commerce Law art. 24 (closing at once, unless the law wants a record kept) and art. 31
(records of goods and transactions: three years). The orders stay, their person goes. See docs/decisions/23-account-deletion.md.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, exists, func, null, or_, select, update

from shop.accounts import sessions
from shop.accounts.duty_models import DutyInvitation
from shop.accounts.models import LoginCode, RoleGrant, User
from shop.aftersale import moves
from shop.aftersale.models import ReturnRequest
from shop.catalog.favourites import Favourite
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import Refused
from shop.orders import states
from shop.orders.buying_models import GiftRecipient, GuestPass, InvoiceHeading, InvoiceIssued
from shop.orders.models import Address, Basket, Order, OrderLine, Suborder
from shop.orders.reminders.models import ReminderEmail
from shop.payments.models import Refund
from shop.personal.models import AccountClosure, DataExport

GONE = "已注销"  # in the place of a name or an address
PREFIX = "gone:"  # in the place of the phone: nobody can prove it, and the phone is free for a new account
NAMED = 5  # order numbers a sentence lists


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why the account cannot be closed now, and the orders meant (some of them)."""

    words: str
    numbers: tuple[str, ...] = ()


def obstacles(user_id: int) -> list[Obstacle]:
    """Empty when the account may be closed. Four statements."""
    return [*_duties(user_id), *_open_orders(user_id), *_requests(user_id), *_money(user_id)]


def _duties(user_id: int) -> list[Obstacle]:
    held = set(
        session().scalars(
            select(RoleGrant.role).where(
                RoleGrant.user_id == user_id,
                RoleGrant.role != "buyer",
                or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= clock.today()),
            )
        )
    )
    words = {
        "manager": _("这是合作社办公账号，不能自己注销。请找镇政府经办人，由平台运维解除职务后再来注销。"),
        "staff": _("这是镇村工作人员账号，不能自己注销。请找本级审核人，由平台运维解除职务后再来注销。"),
        "operator": _("这是平台运维账号，不能自己注销。请找另一位运维解除职务。"),
    }
    return [Obstacle(sentence) for role, sentence in words.items() if role in held]


def _open_orders(user_id: int) -> list[Obstacle]:
    unfinished = exists().where(
        Suborder.order_id == Order.id, Suborder.state.not_in((states.RECEIVED, states.CLOSED))
    )
    numbers = _orders(user_id, (Order.state == states.PENDING) | ((Order.state == states.PAID) & unfinished))
    return _obstacle(
        _("还有 %(n)d 张订单没有办完。请先取消，或者收到货后确认收货。", n=len(numbers)), numbers
    )


def _requests(user_id: int) -> list[Obstacle]:
    asked = select(ReturnRequest.order_id).where(ReturnRequest.state.in_(moves.OPEN))
    numbers = _orders(user_id, Order.id.in_(asked))
    return _obstacle(
        _("还有 %(n)d 张订单的退款申请没有答复。等有了结果，或者撤回申请，再来注销。", n=len(numbers)),
        numbers,
    )


def _money(user_id: int) -> list[Obstacle]:
    """A refund that failed counts as well: the money is still owed to the buyer."""
    under_way = exists().where(Refund.order_id == Order.id, Refund.state != "succeeded")
    numbers = _orders(user_id, under_way)
    return _obstacle(
        _("还有 %(n)d 张订单的退款在路上。等退款到账后再来注销，免得退不回来没人知道。", n=len(numbers)),
        numbers,
    )


def _orders(user_id: int, which: ColumnElement[bool]) -> list[str]:
    statement = select(Order.number).where(Order.buyer_id == user_id, which).order_by(Order.id.desc())
    return list(session().scalars(statement))


def _obstacle(words: str, numbers: list[str]) -> list[Obstacle]:
    return [Obstacle(words, tuple(numbers[:NAMED]))] if numbers else []


def close(user_id: int) -> bool:
    """Close the account for good. False when it was closed before. Raises Refused where something stands against it.

    The account's row is locked first, as every new order locks it (trigger account_is_open): an order placed in another tab
    at the same moment is either seen here, or refused there.
    """
    name = session().execute(select(User.name).where(User.id == user_id).with_for_update()).scalar_one()
    if session().execute(select(AccountClosure.id).where(AccountClosure.user_id == user_id)).first():
        return False
    against = obstacles(user_id)
    if against:
        raise Refused(against[0].words)
    orders = _overwrite_orders(user_id)
    _forget(user_id)
    _empty_account(user_id, name)
    sessions.revoke_all(user_id)
    insert_rows(AccountClosure, [{"user_id": user_id, "orders": orders}])
    activity.record("account.closed", "user", user_id, after={"orders": orders}, actor_id=user_id)
    return True


def _overwrite_orders(user_id: int) -> int:
    """Recipients, phones, addresses, words. The heading stays only where an invoice was issued: it is part of the papers."""
    mine = select(Order.id).where(Order.buyer_id == user_id)
    parts = select(Suborder.id).where(Suborder.order_id.in_(mine))
    issued = exists().where(Suborder.order_id == Order.id, InvoiceIssued.suborder_id == Suborder.id)
    session().execute(
        update(Order)
        .where(Order.buyer_id == user_id, ~issued)
        .values(invoice_kind="", invoice_title=null(), invoice_tax_code=null())
        .execution_options(synchronize_session=False)
    )
    session().execute(
        update(Suborder)
        .where(Suborder.order_id.in_(mine))
        .values(note="")
        .execution_options(synchronize_session=False)
    )
    session().execute(
        update(GiftRecipient)
        .where(GiftRecipient.line_id.in_(select(OrderLine.id).where(OrderLine.suborder_id.in_(parts))))
        .values(recipient=GONE, phone="", address=GONE)
        .execution_options(synchronize_session=False)
    )
    session().execute(
        update(ReturnRequest)
        .where(ReturnRequest.order_id.in_(mine))
        .values(words="")
        .execution_options(synchronize_session=False)
    )
    done = session().execute(
        update(Order)
        .where(Order.buyer_id == user_id)
        .values(recipient=GONE, phone="", address=GONE, note="", greeting="")
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


def _forget(user_id: int) -> None:
    phone = select(User.phone).where(User.id == user_id).scalar_subquery()
    for statement in (
        delete(Address).where(Address.user_id == user_id),
        delete(InvoiceHeading).where(InvoiceHeading.user_id == user_id),
        delete(Basket).where(Basket.user_id == user_id),
        delete(Favourite).where(Favourite.user_id == user_id),
        delete(ReminderEmail).where(ReminderEmail.user_id == user_id),
        delete(LoginCode).where(LoginCode.phone == phone),
        # an invitation that waits is of no use any more; of the others only whom they were sent to is forgotten
        update(DutyInvitation)
        .where(
            DutyInvitation.phone == phone,
            DutyInvitation.accepted_at.is_(None),
            DutyInvitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=clock.now()),
        update(DutyInvitation).where(DutyInvitation.phone == phone).values(phone=""),
    ):
        session().execute(statement.execution_options(synchronize_session=False))
    session().execute(
        update(DataExport)
        .where(DataExport.user_id == user_id, DataExport.state.in_(("waiting", "ready")))
        .values(state="gone", body=null())
    )
    session().execute(update(GuestPass).where(GuestPass.claimed_by == user_id).values(phone=""))


def _empty_account(user_id: int, name: str) -> None:
    """The name stays with who once held an office: the books say who made an entry, and must go on saying it."""
    office = session().execute(
        select(func.count()).where(RoleGrant.user_id == user_id, RoleGrant.role != "buyer")
    ).scalar_one()  # fmt: skip
    session().execute(
        update(User)
        .where(User.id == user_id)
        .values(
            phone=PREFIX + secrets.token_hex(12), name=name if office else GONE, password_hash=null(), totp_secret=null(),
            unit_name=null(), unit_tax_code=null(), active=False,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
