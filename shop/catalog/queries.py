"""What the shop's lists and product pages read: plain rows, one statement each, the same whatever the number of rows.

Stock of a product is what the sellable lots of its produce still hold: closed, not expired, not reserved.
Statements are built once for each shape of a list and filled with values after that.
"""

from __future__ import annotations

import functools
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Row,
    Select,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute

from shop.catalog.favourites import is_favourite
from shop.catalog.gallery import first_of, name_of
from shop.catalog.models import Category, Product, Sku
from shop.catalog.picture_models import ProductPicture
from shop.catalog.wishes import SORTS, Shape, Wish, narrow, shape, values
from shop.cooperatives.people.models import Cooperative, Region, Village
from shop.cooperatives.produce import stock
from shop.cooperatives.produce.models import Lot, Produce
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.quantity import UnitKind

TODAY: Any = bindparam("today")


class Card(NamedTuple):
    """A product in a list, with its first picture (gallery.first_of) and its cheapest spec. Grams or pieces, money in fen."""

    id: int
    name: str
    name_en: str
    picture: str
    certified: bool
    spec: str
    unit_quantity: int
    price_fen: int
    specs: int
    unit_kind: UnitKind
    count_word: str
    village: str
    cooperative: str
    available: int
    smallest: int
    sold: int
    favourite: bool

    @property
    def short_cooperative(self) -> str:
        """The name without the place, which stands beside it, and with 合作社 for 农民专业合作社."""
        own = self.cooperative.partition(self.village)[2] or self.cooperative
        return own.replace("农民专业合作社", "合作社")

    @property
    def face(self) -> Card:
        """The same card with only that of the quantities which a list shows: whether there is any."""
        return self._replace(available=int(self.in_stock), smallest=1, sold=0)

    @property
    def in_stock(self) -> bool:
        """At least one pack of the smallest spec can be had."""
        return self.available >= self.smallest


class CategoryRow(NamedTuple):
    slug: str
    name: str
    name_en: str
    picture: str


def _whole(total: Any) -> ColumnElement[int]:
    """A sum of BIGINT is NUMERIC in PostgreSQL: back to a whole number, 0 for no rows."""
    return cast(func.coalesce(total, 0), BigInteger)


def stock_of(produce_id: InstrumentedAttribute[int]) -> FromClause:
    """Per produce: what is on sale today, and what was sold so far (gross)."""
    return (
        select(
            _whole(func.sum(stock.available()).filter(stock.sellable(TODAY))).label("available"),
            _whole(func.sum(Lot.attributed_quantity)).label("sold"),
        )
        .where(
            Lot.produce_id == produce_id, Lot.closed_at.is_not(None)
        )  # the partial index; open lots sell nothing
        .lateral("on_sale")
    )


def cheapest_of(product_id: InstrumentedAttribute[int]) -> FromClause:
    """The cheapest published spec; a product without one is not listed."""
    return (
        select(
            Sku.spec,
            Sku.unit_quantity,
            Sku.price_fen,
            func.count().over().label("specs"),
            func.min(Sku.unit_quantity).over().label("smallest"),
        )
        .where(Sku.product_id == product_id, Sku.published)
        .order_by(Sku.price_fen, Sku.id)
        .limit(1)
        .lateral("cheapest")
    )


def _order(sort: str, patterns: int, on_sale: FromClause, cheapest: FromClause) -> list[ColumnElement[Any]]:
    newest: list[ColumnElement[Any]] = [Product.published_at.desc(), Product.id.desc()]
    if sort == "sold":
        return [on_sale.c.sold.desc(), *newest]
    if sort == "price":
        return [cheapest.c.price_fen, *newest]
    if sort == "-price":
        return [cheapest.c.price_fen.desc(), *newest]
    if patterns and not sort:
        return [_matches(patterns).desc(), *newest]
    return newest


def _matches(patterns: int) -> ColumnElement[int]:
    """How many patterns a product matches; those that its own name matches count three times."""
    own = func.concat(" ", Product.name, " ", func.lower(Product.name_en))
    total: ColumnElement[int] = literal(0)
    for place in range(patterns):
        total += case((Product.search_text.like(bindparam(f"p{place}")), 1), else_=0)
        total += case((own.like(bindparam(f"n{place}")), 2), else_=0)
    return total


def card_columns(on_sale: FromClause, cheapest: FromClause) -> Select[*tuple[Any, ...]]:
    """A card's columns over all published products; parameters today and viewer."""
    return (
        select(
            Product.id, Product.name, Product.name_en, first_of(Product.id).label("picture"), Product.certified,
            cheapest.c.spec, cheapest.c.unit_quantity, cheapest.c.price_fen, cheapest.c.specs,
            Produce.unit_kind, Produce.count_word, Village.name.label("village"), Cooperative.name.label("cooperative"),
            on_sale.c.available, cheapest.c.smallest, on_sale.c.sold, is_favourite(Product.id).label("favourite"),
        )
        .join(Produce, Produce.id == Product.produce_id)
        .join(Cooperative, Cooperative.id == Product.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .join(cheapest, true())
        .join(on_sale, true())
        .where(Product.published_at.is_not(None))
    )  # fmt: skip


def listed(
    statement: Select[*tuple[Any, ...]], wanted: Shape, on_sale: FromClause, cheapest: FromClause
) -> Select[*tuple[Any, ...]]:
    """A statement over Product narrowed to what a list of this shape shows; nothing is joined that it does not ask for."""
    statement = statement.where(Product.published_at.is_not(None))
    if wanted.coop or wanted.village_code or wanted.village:
        statement = statement.join(Cooperative, Cooperative.id == Product.cooperative_id).join(
            Village, Village.id == Cooperative.village_id
        )
    if wanted.in_stock:
        statement = statement.join(cheapest, true()).join(on_sale, true())
    else:
        has_spec = select(literal(1)).where(Sku.product_id == Product.id, Sku.published)
        statement = statement.where(has_spec.correlate(Product).exists())
    return narrow(statement, wanted, on_sale, cheapest)


@functools.cache
def _statement(wanted: Shape, sort: str) -> Select[*tuple[Any, ...]]:
    on_sale, cheapest = stock_of(Product.produce_id), cheapest_of(Product.id)
    order = _order(sort, wanted.patterns, on_sale, cheapest)
    cards = card_columns(on_sale, cheapest).order_by(*order)
    limit: Any = bindparam("limit")
    offset: Any = bindparam("offset")
    if sort in {"", "new"}:
        # The page is chosen by the product's own columns first: prices and stock are then read for its cards only.
        page = listed(select(Product.id).select_from(Product), wanted, on_sale, cheapest).order_by(*order)
        chosen = page.limit(limit).offset(offset).subquery("chosen")
        return cards.join(chosen, chosen.c.id == Product.id)
    return narrow(cards, wanted, on_sale, cheapest).limit(limit).offset(offset)


def cards(wish: Wish, today: date) -> list[Card]:
    """Published products that fit the wish, `limit` of them from `offset` on. One statement."""
    statement = _statement(shape(wish), wish.sort if wish.sort in SORTS else "")
    filled = {
        "today": today,
        "viewer": wish.viewer,
        "limit": wish.limit,
        "offset": wish.offset,
        **values(wish),
    }
    return [Card._make(row) for row in session().execute(statement, filled)]


_CATEGORIES = (
    select(
        Category.slug,
        Category.name,
        Category.name_en,
        func.coalesce(
            select(name_of())
            .join(Product, Product.id == ProductPicture.product_id)
            .where(
                Product.category_id == Category.id,
                Product.published_at.is_not(None),
                ProductPicture.seq == 1,
                ProductPicture.large_id.is_not(None),
            )
            .order_by(Product.id)
            .limit(1)
            .correlate(Category)
            .scalar_subquery(),
            select(Product.picture)
            .where(
                Product.category_id == Category.id, Product.published_at.is_not(None), Product.picture != ""
            )
            .order_by(Product.id)
            .limit(1)
            .scalar_subquery(),
            "",
        ),
    )
    .where(
        select(Product.id)
        .where(Product.category_id == Category.id, Product.published_at.is_not(None))
        .exists()
    )
    .order_by(Category.sort, Category.id)
)


def categories() -> list[CategoryRow]:
    """Categories that have something published, with a picture of one of their products, a photograph where there is one (by
    name, as gallery.first_of). One statement."""
    return [CategoryRow._make(row) for row in session().execute(_CATEGORIES)]


def published_ids(most: int) -> list[int]:
    """Products that can be seen, by id. One statement."""
    statement = select(Product.id).where(Product.published_at.is_not(None)).order_by(Product.id).limit(most)
    return list(session().scalars(statement))


def products_of(produce_id: int) -> list[Row[*tuple[Any, ...]]]:
    """id, name, name_en of what is on sale of a produce, newest first, a few of them. One statement."""
    statement = (
        select(Product.id, Product.name, Product.name_en)
        .where(Product.produce_id == produce_id, Product.published_at.is_not(None))
        .order_by(Product.published_at.desc(), Product.id.desc())
        .limit(6)
    )
    return list(session().execute(statement).all())


def village_by_code(code: str) -> Row[*tuple[Any, ...]]:
    """A village with its township and its cooperatives, [code, name] pairs. One statement. Raises NotFound."""
    pairs = func.jsonb_build_array(Cooperative.code, Cooperative.name)
    cooperatives = (
        select(func.jsonb_agg(aggregate_order_by(pairs, Cooperative.pinyin, Cooperative.id), type_=JSONB))
        .where(Cooperative.village_id == Village.id)
        .scalar_subquery()
    )
    row = (
        session()
        .execute(
            select(
                Village.id,
                Village.code,
                Village.name,
                Village.story,
                Region.name.label("region"),
                cooperatives.label("cooperatives"),
            )
            .join(Region, Region.code == Village.region_code)
            .where(Village.code == code)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound(_("没有找到这个村"))
    return row
