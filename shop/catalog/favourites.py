"""收藏: what a signed-in buyer wants to find again, with the price of then."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, bindparam, delete, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from shop.core.db import Base, session
from shop.core.errors import NotFound, Refused

MOST = 200

_ADD = text("""
    with price as (
      select p.id, min(s.price_fen) as fen from product p join sku s on s.product_id = p.id and s.published
       where p.id = :product and p.published_at is not null group by p.id
    ), added as (
      insert into favourite (user_id, product_id, price_fen)
      select :user, id, fen from price
       where (select count(*) from favourite where user_id = :user) < :most
      on conflict do nothing
    )
    select (select count(*) from price) as on_sale,
           exists (select from favourite where user_id = :user and product_id = :product) as kept,
           (select count(*) from favourite where user_id = :user) as number
""")


class Favourite(Base):
    """A product that a buyer keeps; `price_fen` of its cheapest spec on that day."""

    __tablename__ = "favourite"
    __table_args__ = (Index(None, "product_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    price_fen: Mapped[int]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


def is_favourite(product_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether the parameter `viewer` (null for a guest) keeps the product."""
    return (
        select(Favourite.product_id)
        .where(Favourite.product_id == product_id, Favourite.user_id == bindparam("viewer", type_=BigInteger))
        .exists()
    )


def add(user_id: int, product_id: int) -> None:
    """Keep it; again changes nothing. Raises NotFound for what is not on sale, Refused where the list is full."""
    row = session().execute(_ADD, {"user": user_id, "product": product_id, "most": MOST}).one()
    if not row.on_sale and not row.kept:
        raise NotFound(_("没有找到这个商品，可能已经下架"))
    if not row.kept and row.number >= MOST:
        raise Refused(_("收藏满了（最多 %(most)d 件），先取消几件再收藏", most=MOST))


def remove(user_id: int, product_id: int) -> None:
    """Keep it no longer; again changes nothing."""
    session().execute(
        delete(Favourite).where(Favourite.user_id == user_id, Favourite.product_id == product_id)
    )
