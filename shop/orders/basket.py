"""Baskets: a guest's is found by a random token whose hash is stored, a buyer's by the account; they merge at sign-in."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, bindparam, delete, false, func, select, text, update

from shop.core.db import session
from shop.core.errors import NotFound, Refused
from shop.core.privacy import token_hash
from shop.orders.models import Basket, BasketLine

MAX_COUNT = 9999
MAX_LINES = 50
GUEST_LIFE = timedelta(days=90)

_ADD = """
with b as (
  insert into basket ({owner}) values (:owner)
  on conflict ({owner}) do update set touched_at = now() returning id
), s as (
  select s.id from sku s join product p on p.id = s.product_id
   where s.id = :sku and s.published and p.published_at is not null
)
insert into basket_line (basket_id, sku_id, count)
select b.id, s.id, :count from b, s
 where (select count(*) from basket_line where basket_id = b.id and sku_id <> s.id) < :most
on conflict (basket_id, sku_id) do update set count = least(basket_line.count + excluded.count, :cap)
returning count
"""
_ADD_USER = text(_ADD.format(owner="user_id"))
_ADD_GUEST = text(_ADD.format(owner="token_hash"))

# rows are taken in sku order, so two merges into one basket wait for each other instead of deadlocking
_MERGE = """
with mine as (
  insert into basket (user_id) select :user where exists (select from basket where {owner} = :owner)
  on conflict (user_id) do update set touched_at = now() returning id
), moved as (
  delete from basket_line l using basket g where g.{owner} = :owner and g.id = l.basket_id returning l.sku_id, l.count
)
insert into basket_line (basket_id, sku_id, count)
select mine.id, moved.sku_id, moved.count from mine, moved order by moved.sku_id
on conflict (basket_id, sku_id) do update set count = least(basket_line.count + excluded.count, :cap)
"""
_MERGE_USER, _MERGE_GUEST = (
    text(_MERGE.format(owner=owner)).bindparams(bindparam("cap", MAX_COUNT))
    for owner in ("user_id", "token_hash")
)


class Owner(NamedTuple):
    """Whose basket: exactly one of the two is set, or neither for a guest who has none yet."""

    user_id: int | None = None
    token_hash: str | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        """SQL: this owner's basket. A guest without a token has none; NULL must not match the buyers' rows."""
        if self.user_id is not None:
            return Basket.user_id == self.user_id
        if self.token_hash is None:
            return false()
        return Basket.token_hash == self.token_hash


def new_token() -> str:
    """For a guest's signed cookie; 192 random bits."""
    return secrets.token_urlsafe(24)


def buyer(user_id: int) -> Owner:
    """The basket of a signed-in buyer."""
    return Owner(user_id=user_id)


def guest(token: str | None) -> Owner:
    """The basket of the guest whose cookie holds `token`."""
    return Owner(token_hash=token_hash(token) if token else None)


def add(owner: Owner, sku_id: int, count: int = 1) -> int:
    """Put `count` more units in; returns how many of them are in now, at most MAX_COUNT. One statement.

    Raises Refused (count, basket full), NotFound (no such spec on sale).
    """
    _check(count, least=1)
    statement, value = (
        (_ADD_USER, owner.user_id) if owner.user_id is not None else (_ADD_GUEST, owner.token_hash)
    )
    if value is None:
        raise ValueError("a guest needs a token first")
    values = {"owner": value, "sku": sku_id, "count": count, "most": MAX_LINES, "cap": MAX_COUNT}
    now: int | None = session().execute(statement, values).scalar()
    if now is not None:
        return now
    if size(owner) >= MAX_LINES:
        raise Refused(_("购物车最多放 %(most)d 种商品，请先结算或移除一些", most=MAX_LINES))
    raise NotFound(_("这个规格没有在售，可能刚刚下架"))


def set_count(owner: Owner, sku_id: int, count: int) -> None:
    """Make it `count` units; 0 removes the line. One statement. Raises Refused, NotFound (not in the basket)."""
    _check(count, least=0)
    if count == 0:
        remove(owner, sku_id)
        return
    done = session().execute(
        update(BasketLine)
        .where(BasketLine.sku_id == sku_id, BasketLine.basket_id == _id_of(owner))
        .values(count=count)
        .returning(BasketLine.id)
        .execution_options(synchronize_session=False)
    )
    if done.scalar() is None:
        raise NotFound(_("购物车里没有这件商品"))


def remove(owner: Owner, sku_id: int) -> int | None:
    """Take a line out; returns how many units it had (for an undo), None when it was not there. One statement."""
    gone = session().execute(
        delete(BasketLine)
        .where(BasketLine.sku_id == sku_id, BasketLine.basket_id == _id_of(owner))
        .returning(BasketLine.count)
        .execution_options(synchronize_session=False)
    )
    return gone.scalar()


def size(owner: Owner) -> int:
    """Number of different specs in the basket, for the badge. One statement."""
    return session().execute(select(func.count()).where(BasketLine.basket_id == _id_of(owner))).scalar_one()


def merge(token: str, user_id: int) -> None:
    """At sign-in: move the guest's lines into the buyer's basket, counts added and capped. Twice does nothing more."""
    hashed = token_hash(token)
    session().execute(_MERGE_GUEST, {"user": user_id, "owner": hashed})
    session().execute(delete(Basket).where(Basket.token_hash == hashed))


def merge_account(other_id: int, user_id: int) -> None:
    """The same from another account, which the buyer takes over."""
    session().execute(_MERGE_USER, {"user": user_id, "owner": other_id})


def forget_old() -> None:
    """Guests' baskets that nobody filled for a season: whoever had that cookie will not come back. One statement."""
    session().execute(
        delete(Basket)
        .where(Basket.user_id.is_(None), Basket.touched_at < func.now() - GUEST_LIFE)
        .execution_options(synchronize_session=False)
    )


def _id_of(owner: Owner) -> ColumnElement[int]:
    return select(Basket.id).where(owner.condition).scalar_subquery()


def _check(count: int, least: int) -> None:
    if not least <= count <= MAX_COUNT:
        raise Refused(_("数量要在 %(least)d 到 %(most)d 之间", least=least, most=MAX_COUNT), field="count")
