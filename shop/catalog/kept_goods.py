"""A buyer's favourites as they are now: sold out, dearer or cheaper than then, taken off sale."""

from __future__ import annotations

import functools
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select, true

from shop.catalog.favourites import Favourite
from shop.catalog.gallery import first_of
from shop.catalog.models import Product
from shop.catalog.queries import cheapest_of, stock_of
from shop.cooperatives.people.models import Cooperative, Village
from shop.core.db import session


class Kept(NamedTuple):
    """`price_fen` and `spec` of the cheapest spec now, None where nothing of it is on sale; `was_fen` when it was kept."""

    id: int
    name: str
    name_en: str
    picture: str
    village: str
    spec: str | None
    price_fen: int | None
    was_fen: int
    in_stock: bool
    on_sale: bool

    @property
    def changed_fen(self) -> int:
        """How much dearer it has become; negative: cheaper."""
        return self.price_fen - self.was_fen if self.price_fen is not None and self.on_sale else 0


@functools.cache
def _statement() -> Select[*tuple[Any, ...]]:
    on_sale, cheapest = stock_of(Product.produce_id), cheapest_of(Product.id)
    enough = func.coalesce(on_sale.c.available >= cheapest.c.smallest, False)
    offered = Product.published_at.is_not(None) & cheapest.c.price_fen.is_not(None)
    return (
        select(
            Product.id, Product.name, Product.name_en, first_of(Product.id).label("picture"),
            Village.name.label("village"), cheapest.c.spec, cheapest.c.price_fen,
            Favourite.price_fen.label("was_fen"), enough.label("in_stock"), offered.label("on_sale"),
        )
        .join(Product, Product.id == Favourite.product_id)
        .join(Cooperative, Cooperative.id == Product.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .outerjoin(cheapest, true())
        .outerjoin(on_sale, true())
        .where(Favourite.user_id == bindparam("user"))
        .order_by(Favourite.at.desc(), Favourite.product_id.desc())
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )  # fmt: skip


def kept_goods(user_id: int, today: date, limit: int, offset: int = 0) -> list[Kept]:
    """The newest first. One statement."""
    values = {"user": user_id, "today": today, "limit": limit, "offset": offset}
    return [Kept._make(row) for row in session().execute(_statement(), values)]
