"""How many goods a list has and by which places it can be filtered: one statement beside the list's own."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from shop.catalog.models import Category, Product
from shop.catalog.queries import cheapest_of, listed, stock_of
from shop.catalog.wishes import Shape, Wish, shape, values
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
    found = listed(select(literal(1)).select_from(Product), wanted, on_sale, cheapest).limit(MOST_COUNTED + 1)
    total = select(func.count()).select_from(found.subquery("found")).scalar_subquery()
    return select(total.label("total"), _places(wanted.category).label("places"))


def _places(category: bool) -> Any:
    sells = select(literal(1)).where(
        Product.cooperative_id == Cooperative.id, Product.published_at.is_not(None)
    )
    if category:
        slug = select(Category.id).where(Category.slug == bindparam("category")).scalar_subquery()
        sells = sells.where(Product.category_id == slug)

    def places(rank: int, condition: Any) -> Any:
        return (
            select(
                literal(rank).label("rank"), Cooperative.code, Cooperative.name, Village.code.label("village_code"),
                Village.name.label("village"), Village.pinyin.label("village_pinyin"), Cooperative.pinyin,
            )
            .join(Village, Village.id == Cooperative.village_id)
            .where(condition)
        )  # fmt: skip

    # The chosen ones by their code; of all others those of the first villages that sell, read by name until there are enough.
    seller = (
        select(literal(1))
        .select_from(Cooperative)
        .where(Cooperative.village_id == Village.id, sells.exists())
    )
    first = (
        select(Village.id)
        .where(seller.correlate(Village).exists())
        .order_by(Village.pinyin, Village.id)
        .limit(MOST_PLACES)
    )
    both = union_all(
        places(0, Cooperative.code == bindparam("chosen_coop")),
        places(0, Village.code == bindparam("chosen_village")),
        places(1, and_(Village.id.in_(first), sells.correlate(Cooperative).exists())),
    ).subquery("both")
    one = both.c.code, both.c.name, both.c.village_code, both.c.village
    place = (
        select(*one, both.c.village_pinyin, both.c.pinyin)
        .group_by(*one, both.c.village_pinyin, both.c.pinyin)
        .order_by(func.min(both.c.rank), both.c.village_pinyin, both.c.pinyin)
        .limit(MOST_PLACES)
        .subquery("place")
    )
    ordered = aggregate_order_by(
        func.jsonb_build_array(*(place.c[column.name] for column in one)),
        place.c.village_pinyin, place.c.pinyin, place.c.code,
    )  # fmt: skip
    return select(func.jsonb_agg(ordered, type_=JSONB)).scalar_subquery()


def choices(wish: Wish, today: date) -> Choices:
    """For a list of this wish. One statement."""
    chosen = {"chosen_coop": wish.coop, "chosen_village": wish.village}
    row = session().execute(_statement(shape(wish)), {"today": today, **chosen, **values(wish)}).one()
    places = tuple(Place(*place) for place in row.places or ())
    return Choices(min(row.total, MOST_COUNTED), row.total > MOST_COUNTED, places)
