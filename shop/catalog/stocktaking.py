"""The cooperative's own look at its shelf: products on and off sale with specs, prices and stock; what runs low."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select, true
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from shop.catalog.gallery import first_of
from shop.catalog.models import Category, Product, Sku
from shop.catalog.queries import stock_of
from shop.cooperatives.produce.models import Produce
from shop.core.db import session
from shop.core.errors import NotFound

LOW_PACKS = 10  # a product on sale with fewer packs of its smallest spec than this runs low

AnyRow = Row[*tuple[Any, ...]]


def products(
    cooperative_id: int, today: date, *, which: str = "", limit: int, offset: int
) -> Sequence[AnyRow]:
    """Products with their specs, by pinyin; `which`: on, off, low or all. Every row carries the `total`. One statement."""
    statement, low = _products(cooperative_id)
    conditions = {"on": Product.published_at.is_not(None), "off": Product.published_at.is_(None), "low": low}
    if which in conditions:
        statement = statement.where(conditions[which])
    statement = statement.order_by(Product.published_at.is_(None), Product.pinyin, Product.id)
    return session().execute(statement.limit(limit).offset(offset), {"today": today}).all()


def product(product_id: int, cooperative_id: int, today: date) -> AnyRow:
    """One product with its texts, specs and stock. Raises NotFound, also for another cooperative's."""
    statement, _low = _products(cooperative_id)
    row = session().execute(statement.where(Product.id == product_id), {"today": today}).one_or_none()
    if row is None:
        raise NotFound("没有找到这个商品")
    return row


def low_count(cooperative_id: int, today: date) -> int:
    """How many products on sale run low. One statement."""
    statement, low = _products(cooperative_id)
    count = select(func.count()).select_from(statement.where(low).subquery())
    return session().execute(count, {"today": today}).scalar_one()


def spec(sku_id: int, cooperative_id: int) -> AnyRow:
    """A spec's product_id, spec, price_fen, published, version. Raises NotFound, also for another cooperative's."""
    row = session().execute(
        select(Sku.id, Sku.product_id, Sku.spec, Sku.price_fen, Sku.published, Sku.version).where(
            Sku.id == sku_id, Sku.cooperative_id == cooperative_id
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("没有找到这个规格")
    return row


def categories() -> Sequence[AnyRow]:
    """Every category a product can stand in: id, name."""
    return session().execute(select(Category.id, Category.name).order_by(Category.sort, Category.id)).all()


def latest(cooperative_id: int, produce_id: int) -> AnyRow | None:
    """What the next product probably shares with the newest one, best of the same produce: origin, category_id, produce_id."""
    return session().execute(
        select(Product.origin, Product.category_id, Product.produce_id)
        .where(Product.cooperative_id == cooperative_id)
        .order_by((Product.produce_id == produce_id).desc(), Product.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip


def names(cooperative_id: int) -> set[str]:
    """What the cooperative's products are called. One statement."""
    return set(session().scalars(select(Product.name).where(Product.cooperative_id == cooperative_id)))


def name_taken(cooperative_id: int, name: str) -> bool:
    """Whether the cooperative already has a product of this name: a second press, or a mistake."""
    statement = select(Product.id).where(Product.cooperative_id == cooperative_id, Product.name == name)
    return session().execute(statement.limit(1)).first() is not None


def _products(cooperative_id: int) -> tuple[Select[*tuple[Any, ...]], ColumnElement[bool]]:
    on_sale = stock_of(Product.produce_id)
    one = func.jsonb_build_object(
        "id", Sku.id, "spec", Sku.spec, "unit_quantity", Sku.unit_quantity, "price_fen", Sku.price_fen,
        "published", Sku.published, "version", Sku.version, "by_weight", Sku.by_weight,
    )  # fmt: skip
    specs = (
        select(
            func.coalesce(func.jsonb_agg(aggregate_order_by(one, Sku.unit_quantity, Sku.id)), func.jsonb_build_array(),
                          type_=JSONB).label("specs"),
            func.min(Sku.unit_quantity).filter(Sku.published).label("smallest"),
        )
        .where(Sku.product_id == Product.id)
        .lateral("specs")
    )  # fmt: skip
    low = and_(Product.published_at.is_not(None), on_sale.c.available < LOW_PACKS * specs.c.smallest)
    statement = (
        select(
            *Product.__table__.c, Produce.name.label("produce"), Produce.unit_kind, Produce.count_word,
            Category.name.label("category"), on_sale.c.available, on_sale.c.sold, specs.c.specs, specs.c.smallest,
            low.label("low"), func.count().over().label("total"), first_of(Product.id).label("first_picture"),
        )
        .join(Produce, Produce.id == Product.produce_id)
        .join(Category, Category.id == Product.category_id)
        .join(on_sale, true())
        .join(specs, true())
        .where(Product.cooperative_id == cooperative_id)
    )  # fmt: skip
    return statement, low
