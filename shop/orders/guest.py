"""Buying without an account: a guest gets a nameless account of their own, opened by a link nobody can guess.

Orders, payment, following and returns are then exactly a buyer's. Whoever opened the link and signs in takes them over; so does
whoever proves the guest's own phone. The phone on a parcel may be the recipient's: it opens nothing unless the guest said
it is theirs.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import Interval, bindparam, exists, func, select, text
from sqlalchemy.orm import aliased

from shop.accounts.models import User
from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.privacy import token_hash
from shop.orders import addresses
from shop.orders.buying_models import GuestPass
from shop.orders.models import Order

LIFE = timedelta(days=180)  # how long a link opens the account; after that the phone does
UNUSED = timedelta(days=7)  # how long the address of a guest is kept who orders nothing
PER_PHONE = 3  # links sent to one phone in a day: it need not be the guest's own
NAME = "游客"
PREFIX = "guest:"  # in the place of a phone number: no code can be sent there, so nobody signs in to it

_CLAIM = text("""
with p as (
  update guest_pass set claimed_by = :user, claimed_at = coalesce(claimed_at, now())
   where (((phone = :phone or user_id = :opened) and claimed_by is null) or claimed_by = :user) and user_id <> :user
  returning user_id
), moved as (
  update customer_order o set buyer_id = :user from p where o.buyer_id = p.user_id returning o.id
), book as (
  update address a set user_id = :user, is_default = false from p where a.user_id = p.user_id
), headings as (
  update invoice_heading h set user_id = :user, is_default = false from p where h.user_id = p.user_id
), out as (
  update user_session s set revoked_at = now() from p where s.user_id = p.user_id and s.revoked_at is null
), shut as (
  update user_account u set active = false from p where u.id = p.user_id
)
select count(*) from moved
""")

_FORGET = text("""
with old as (
  delete from guest_pass p
   where p.claimed_by is null and p.made_at < now() - :wait and not exists (select from customer_order where buyer_id = p.user_id)
  returning user_id
), a as (delete from address using old where address.user_id = old.user_id
), h as (delete from invoice_heading using old where invoice_heading.user_id = old.user_id
), s as (update user_session set revoked_at = now() from old where user_session.user_id = old.user_id and revoked_at is null
)
update user_account set active = false from old where user_account.id = old.user_id
""").bindparams(bindparam("wait", type_=Interval()))


def is_guest(phone: str) -> bool:
    """Whether an account's phone is a guest's placeholder."""
    return phone.startswith(PREFIX)


def open_account(delivery: dict[str, Any], *, own_phone: bool = False) -> tuple[int, str]:
    """A guest's account with its first address (addresses.cleaned). Returns its id and the link's token: 256 random bits.

    `own_phone`: the guest says that the phone of the address is theirs; without that no phone is kept beside the link.
    """
    token = secrets.token_urlsafe(32)
    user_id = insert_rows(User, [{"phone": PREFIX + secrets.token_hex(12), "name": NAME}], "id")[0]
    row = {
        "user_id": user_id,
        "token_hash": token_hash(token),
        "phone": delivery["phone"] if own_phone else "",
    }
    insert_rows(GuestPass, [row])
    addresses.save(user_id, delivery, default=True)
    activity.record("account.guest_opened", "user", user_id, actor_id=user_id)
    return int(user_id), token


def account_of(token: str) -> int | None:
    """The guest's account that a link opens; None for an unknown link, an old one, and one that was taken over."""
    return (
        session()
        .execute(
            select(GuestPass.user_id)
            .join(User, User.id == GuestPass.user_id)
            .where(
                GuestPass.token_hash == token_hash(token),
                GuestPass.claimed_by.is_(None),
                GuestPass.made_at > func.now() - LIFE,
                User.active,
            )
        )
        .scalar()
    )


def claim(user_id: int, opened: int | None = None, *, proven: bool = True) -> int:
    """At sign-in: orders of guests whose own phone this account has become the account's, and those of the guest whose
    link this browser had `opened`. Returns how many; twice: none.

    `proven`: the phone was proven now, by a code; an old password says nothing about who holds the number today.

    Three statements at most; one where there is no such guest.
    """
    phone = select(User.phone).where(User.id == user_id).scalar_subquery()
    late = exists().where(Order.buyer_id == GuestPass.user_id)  # placed in the moment of an earlier claim
    found = (
        session()
        .execute(
            select(phone.label("phone"))
            .where(
                (
                    GuestPass.claimed_by.is_(None)
                    & ((GuestPass.phone == phone) & proven | (GuestPass.user_id == opened))
                )
                | ((GuestPass.claimed_by == user_id) & late)
            )
            .limit(1)
        )
        .scalar()
    )
    if found is None:
        return 0
    values = {"user": user_id, "phone": found if proven else None, "opened": opened}
    moved = int(session().execute(_CLAIM, values).scalar_one())
    activity.record("account.guest_claimed", "user", user_id, after={"orders": moved}, actor_id=user_id)
    return moved


def forget_unused() -> None:
    """What guests typed who never ordered: phone, address and headings go after some days. One statement."""
    session().execute(_FORGET, {"wait": UNUSED})


def phone_to_tell(user_id: int) -> str | None:
    """Where to send the link after the guest's first order; None for a second order and a phone that was told often today."""
    made = select(func.count()).select_from(Order).where(Order.buyer_id == user_id).scalar_subquery()
    same = aliased(GuestPass)
    today = (
        select(func.count())
        .select_from(same)
        .where(same.phone == GuestPass.phone, same.made_at > func.now() - timedelta(days=1))
        .scalar_subquery()
    )
    return (
        session()
        .execute(
            select(GuestPass.phone).where(
                GuestPass.user_id == user_id, GuestPass.phone != "", made == 1, today <= PER_PHONE
            )
        )
        .scalar()
    )
