"""Buying without an account: a guest gets a nameless account of their own, opened by a link nobody can guess.

Orders, payment, following and returns are then exactly a buyer's. Whoever signs in with the guest's phone takes them over.
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import func, select, text, update

from shop.accounts.models import User
from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.privacy import token_hash
from shop.orders import addresses
from shop.orders.buying_models import GuestPass

PREFIX = "guest:"  # in the place of a phone number: no code can be sent there, so nobody signs in to it

_CLAIM = text("""
with p as (
  update guest_pass set claimed_by = :user, claimed_at = now()
   where phone = :phone and claimed_by is null and user_id <> :user returning user_id
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


def is_guest(phone: str) -> bool:
    """Whether an account's phone is a guest's placeholder."""
    return phone.startswith(PREFIX)


def open_account(delivery: dict[str, Any], name: str) -> tuple[int, str]:
    """A guest's account with its first address (addresses.cleaned). Returns its id and the link's token: 256 random bits."""
    token = secrets.token_urlsafe(32)
    user_id = insert_rows(User, [{"phone": PREFIX + secrets.token_hex(12), "name": name}], "id")[0]
    row = {"user_id": user_id, "token_hash": token_hash(token), "phone": delivery["phone"]}
    insert_rows(GuestPass, [row])
    addresses.save(user_id, delivery, default=True)
    activity.record("account.guest_opened", "user", user_id, actor_id=user_id)
    return int(user_id), token


def account_of(token: str) -> int | None:
    """The guest's account that a link opens; None for an unknown link and for one that was taken over."""
    return (
        session()
        .execute(
            select(GuestPass.user_id)
            .join(User, User.id == GuestPass.user_id)
            .where(GuestPass.token_hash == token_hash(token), GuestPass.claimed_by.is_(None), User.active)
        )
        .scalar()
    )


def claim(user_id: int) -> int:
    """At sign-in: orders of guests who gave this account's proven phone become the account's. Returns how many; twice: none.

    Three statements at most; one where there is no such guest.
    """
    phone = (
        select(User.phone)
        .join(GuestPass, (GuestPass.phone == User.phone) & GuestPass.claimed_by.is_(None))
        .where(User.id == user_id)
        .limit(1)
    )
    found = session().execute(phone).scalar()
    if found is None:
        return 0
    moved = int(session().execute(_CLAIM, {"user": user_id, "phone": found}).scalar_one())
    activity.record("account.guest_claimed", "user", user_id, after={"orders": moved}, actor_id=user_id)
    return moved


def renew(user_id: int) -> str:
    """A new link for a guest; the old one is dead. Raises nothing: an account that is no guest's has no pass to renew."""
    token = secrets.token_urlsafe(32)
    session().execute(
        update(GuestPass)
        .where(GuestPass.user_id == user_id)
        .values(token_hash=token_hash(token), made_at=func.now())
        .execution_options(synchronize_session=False)
    )
    return token
