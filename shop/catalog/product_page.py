"""What a product's own page reads: three statements, whatever the number of specs, lots and households."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, Select, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by

from shop.catalog.favourites import is_favourite
from shop.catalog.gallery import Picture, all_of, shown
from shop.catalog.models import Category, Product, Sku
from shop.catalog.queries import TODAY, stock_of
from shop.cooperatives.people.consents import may_be_named
from shop.cooperatives.people.models import Cooperative, Household, Region, Village
from shop.cooperatives.produce import stock
from shop.cooperatives.produce.models import Lot, LotPart, Produce
from shop.core.db import session
from shop.core.errors import NotFound, Refused
from shop.core.privacy import SMALLEST_GROUP, Encrypted, mask_name

# Fewer households than this are neither counted nor named in public: only their village is. The same as on order pages.
LOTS_SHOWN = 5
NAMES_SHOWN = 6
MAX_ID = 2**63 - 1


class Spec(NamedTuple):
    """A spec on sale; `left` packs of it can be had today."""

    id: int
    spec: str
    unit_quantity: int
    price_fen: int
    left: int


@dataclass(frozen=True, slots=True)
class Page:
    """A published product: the row with names of everything around it, its specs, cheapest first, and its pictures."""

    row: Row[*tuple[Any, ...]]
    specs: tuple[Spec, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Who is behind the goods on sale: villages, how many households (0: too few to say), masked names with consent."""

    villages: tuple[str, ...]
    households: int
    names: tuple[str, ...]
    outside: bool


@functools.cache
def _page(preview: bool) -> Select[*tuple[Any, ...]]:
    spec = func.jsonb_build_array(Sku.id, Sku.spec, Sku.unit_quantity, Sku.price_fen)
    specs = (
        select(func.jsonb_agg(aggregate_order_by(spec, Sku.price_fen, Sku.id), type_=JSONB))
        .where(Sku.product_id == Product.id, Sku.published)
        .scalar_subquery()
    )
    weighed = (
        select(Sku.spec)
        .where(Sku.product_id == Product.id, Sku.published, Sku.by_weight)
        .limit(1)
        .scalar_subquery()
    )
    on_sale = stock_of(Product.produce_id)
    statement = (
        select(
            Product.id, Product.produce_id, Product.name, Product.name_en, Product.subtitle, Product.regulatory_class,
            Product.origin, Product.grade, Product.storage, Product.shelf_life, Product.story, Product.certificate_no,
            Product.certified, Product.picture, Category.slug.label("category_slug"), Category.name.label("category"),
            Category.name_en.label("category_en"), Produce.unit_kind, Produce.count_word,
            Cooperative.code.label("cooperative_code"), Cooperative.name.label("cooperative"), Cooperative.uscc,
            Cooperative.phone.label("cooperative_phone"), Cooperative.address.label("cooperative_address"),
            Product.cooperative_id, Village.code.label("village_code"),
            Village.name.label("village"), Region.name.label("region"), on_sale.c.available, on_sale.c.sold,
            specs.label("specs"), weighed.is_not(None).label("weighed"), Product.category_id,
            is_favourite(Product.id).label("favourite"), all_of(Product.id).label("pictures"), Product.published_at,
            Product.ships_from,
        )
        .join(Category, Category.id == Product.category_id)
        .join(Produce, Produce.id == Product.produce_id)
        .join(Cooperative, Cooperative.id == Product.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .join(Region, Region.code == Village.region_code)
        .join(on_sale, true())
        .where(Product.id == bindparam("product_id"))
    )  # fmt: skip
    if preview:
        return statement.where(Product.cooperative_id == bindparam("cooperative_id"))
    return statement.where(Product.published_at.is_not(None))


def page(product_id: int, today: date, viewer: int | None = None) -> Page:
    """The product, its specs, and whether the viewer keeps it. One statement. Raises NotFound for what is not published."""
    values = {"product_id": product_id, "today": today, "viewer": viewer}
    row = session().execute(_page(preview=False), values).one_or_none() if product_id <= MAX_ID else None
    if row is None or not row.specs:
        raise NotFound(_("没有找到这个商品，可能已经下架"))
    return _as_page(row)


def preview(product_id: int, cooperative_id: int, today: date) -> Page:
    """As page(), for the cooperative that has the product, on sale or not. Raises NotFound, Refused (nothing to sell yet)."""
    values = {"product_id": product_id, "cooperative_id": cooperative_id, "today": today, "viewer": None}
    row = session().execute(_page(preview=True), values).one_or_none()
    if row is None:
        raise NotFound(_("没有找到这个商品"))
    if not row.specs:
        raise Refused(_("至少要有一个可卖的规格才能预览"), "spec")
    return _as_page(row)


def _as_page(row: Row[*tuple[Any, ...]]) -> Page:
    specs = tuple(
        Spec(sku_id, spec, quantity, price_fen, max(0, row.available) // quantity)
        for sku_id, spec, quantity, price_fen in row.specs
    )
    return Page(row, specs, shown(row.pictures, row.picture, row.name))


@functools.cache
def _lots() -> Select[*tuple[Any, ...]]:
    return (
        select(Lot.trace_code, Lot.closed_at, Lot.best_before)
        .where(Lot.produce_id == bindparam("produce_id"), stock.sellable(TODAY), stock.available() > 0)
        .order_by(Lot.best_before.nulls_last(), Lot.id)
        .limit(LOTS_SHOWN)
    )


def lots_on_sale(produce_id: int, today: date) -> list[Row[*tuple[Any, ...]]]:
    """trace_code, closed_at, best_before of the lots that are sold next. One statement."""
    return list(session().execute(_lots(), {"produce_id": produce_id, "today": today}).all())


@functools.cache
def _origin() -> Select[*tuple[Any, ...]]:
    party = (
        select(LotPart.household_id, LotPart.supplier_id.is_not(None).label("outside"))
        .join(Lot, Lot.id == LotPart.lot_id)
        .where(Lot.produce_id == bindparam("produce_id"), stock.sellable(TODAY), stock.available() > 0)
        .distinct()
        .subquery("party")
    )
    village = (
        select(
            Village.name,
            func.count(Household.id).label("households"),
            func.bool_or(party.c.outside).label("outside"),
            func.array_agg(aggregate_order_by(Household.head_name, Household.id), type_=ARRAY(Encrypted))
            .filter(may_be_named(TODAY))
            .label("names"),
        )
        .select_from(party)
        .outerjoin(Household, Household.id == party.c.household_id)
        .outerjoin(Village, Village.id == Household.village_id)
        .group_by(Village.id)
        .subquery("by_village")
    )
    return select(
        village.c.name, village.c.households, village.c.outside, village.c.names[1:NAMES_SHOWN].label("names")
    ).order_by(village.c.households.desc(), village.c.name)


def origin(produce_id: int, today: date) -> Origin:
    """The households whose goods lie in the lots on sale. One statement; only consenting heads are decrypted."""
    rows = session().execute(_origin(), {"produce_id": produce_id, "today": today}).all()
    households = sum(row.households for row in rows)
    enough = households >= SMALLEST_GROUP
    names = [mask_name(name) for row in rows for name in row.names or ()] if enough else []
    return Origin(
        villages=tuple(row.name for row in rows if row.name is not None),
        households=households if enough else 0,
        names=tuple(names[:NAMES_SHOWN]),
        outside=any(row.outside for row in rows),
    )
