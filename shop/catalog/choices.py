"""How many goods a list has and by which places it can be filtered: one statement beside the list's own."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from shop.catalog.models import Category, Product, Sku
from shop.catalog.queries import cheapest_of, stock_of
from shop.catalog.wishes import Shape, Wish, narrow, shape, values
from shop.cooperatives.people.models import Cooperative, Village
from shop.core.db import session

MOST_COUNTED = 300  # a count that reads on would cost more than the list
MOST_PLACES = 40


class Place(NamedTuple):
    """A cooperative with goods on sale, and its village."""

    code: str
    name: str
    village_code: str
    village: str


@dataclass(frozen=True, slots=True)
class Choices:
    """`total` is exact up to MOST_COUNTED, more is `many`; `places` by name, chosen ones always among them."""

    total: int
    many: bool
    places: tuple[Place, ...]

    @property
    def villages(self) -> list[tuple[str, str]]:
        """(code, name), each once."""
        return list(dict.fromkeys((place.village_code, place.village) for place in self.places))

    def village_name(self, code: str) -> str:
        return dict(self.villages).get(code, code)

    def cooperative_name(self, code: str) -> str:
        return next((place.name for place in self.places if place.code == code), code)


@functools.cache
def _statement(wanted: Shape) -> Select[*tuple[Any, ...]]:
    on_sale, cheapest = stock_of(Product.produce_id), cheapest_of(Product.id)
    found: Select[Any] = select(literal(1)).select_from(Product).where(Product.published_at.is_not(None))
    if wanted.coop or wanted.village_code or wanted.village:
        found = found.join(Cooperative, Cooperative.id == Product.cooperative_id).join(
            Village, Village.id == Cooperative.village_id
        )
    if wanted.in_stock:
        found = found.join(cheapest, true()).join(on_sale, true())
    else:
        found = found.where(
            select(literal(1)).where(Sku.product_id == Product.id, Sku.published).correlate(Product).exists()
        )
    found = narrow(found, wanted, on_sale, cheapest).limit(MOST_COUNTED + 1)
    total = select(func.count()).select_from(found.subquery("found")).scalar_subquery()
    return select(total.label("total"), _places(wanted.category).label("places"))


def _places(category: bool) -> Any:
    sells = select(literal(1)).where(
        Product.cooperative_id == Cooperative.id, Product.published_at.is_not(None)
    )
    if category:
        slug = select(Category.id).where(Category.slug == bindparam("category")).scalar_subquery()
        sells = sells.where(Product.category_id == slug)
    chosen = or_(Cooperative.code == bindparam("chosen_coop"), Village.code == bindparam("chosen_village"))
    place = (
        select(
            Cooperative.code, Cooperative.name, Village.code.label("village_code"), Village.name.label("village"),
            Village.pinyin.label("village_pinyin"), Cooperative.pinyin,
        )
        .join(Village, Village.id == Cooperative.village_id)
        .where(or_(chosen, sells.correlate(Cooperative).exists()))
        .order_by(chosen.desc(), Village.pinyin, Cooperative.pinyin)
        .limit(MOST_PLACES)
        .subquery("place")
    )  # fmt: skip
    row = func.jsonb_build_array(place.c.code, place.c.name, place.c.village_code, place.c.village)
    ordered = aggregate_order_by(row, place.c.village_pinyin, place.c.pinyin, place.c.code)
    return select(func.jsonb_agg(ordered, type_=JSONB)).scalar_subquery()


def choices(wish: Wish, today: date) -> Choices:
    """For a list of this wish. One statement."""
    chosen = {"chosen_coop": wish.coop, "chosen_village": wish.village}
    row = session().execute(_statement(shape(wish)), {"today": today, **chosen, **values(wish)}).one()
    places = tuple(Place(*place) for place in row.places or ())
    return Choices(min(row.total, MOST_COUNTED), row.total > MOST_COUNTED, places)
