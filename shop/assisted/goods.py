"""What may be sold by assistance: the region's products with what their closed lots still hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select

from shop.catalog.models import Category, Product, Sku
from shop.cooperatives.people.models import Cooperative, Village
from shop.cooperatives.produce.models import Lot, Produce
from shop.cooperatives.produce.stock import available, sellable
from shop.core.db import session

MOST = 400


def on_offer(
    region_code: str, today: date, cooperatives: Collection[str] = (), most: int | None = MOST
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Rows sku_id, name, unit_kind, count_word, cooperative, village, produce and `left` (grams or pieces), one for each
    product, by cooperative; of `cooperatives` (codes) where any are named. One statement."""
    left = (
        select(func.coalesce(func.sum(available()), 0))
        .where(Lot.produce_id == Produce.id, sellable(today))
        .scalar_subquery()
        .label("left")
    )
    first = select(func.min(Sku.id)).where(Sku.product_id == Product.id).scalar_subquery()
    statement = (
        select(
            first.label("sku_id"), Product.name, Produce.unit_kind, Produce.count_word, Produce.name.label("produce"),
            Cooperative.name.label("cooperative"), Cooperative.code, Village.name.label("village"), left,
            Produce.id.label("produce_id"), Cooperative.id.label("cooperative_id"),
        )
        .join(Produce, Produce.id == Product.produce_id)
        .join(Cooperative, Cooperative.id == Product.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Village.region_code.startswith(region_code), first.is_not(None))
        .order_by(Cooperative.id, Product.pinyin, Product.id)
        .limit(most)
    )  # fmt: skip
    if cooperatives:
        statement = statement.where(Cooperative.code.in_(cooperatives))
    return session().execute(statement).all()


def item(sku_id: int, region_code: str) -> Row[*tuple[Any, ...]] | None:
    """What an order line copies of a sku of the region; None for any other. One statement."""
    return session().execute(
        select(
            Sku.id.label("sku_id"), Sku.cooperative_id, Sku.product_id, Product.produce_id, Product.name.label("product_name"),
            Product.picture, Product.certified, Category.name.label("category_name"), Produce.unit_kind, Produce.count_word,
            Produce.name.label("produce"), Village.region_code,
        )
        .join(Product, Product.id == Sku.product_id)
        .join(Category, Category.id == Product.category_id)
        .join(Produce, Produce.id == Product.produce_id)
        .join(Cooperative, Cooperative.id == Sku.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Sku.id == sku_id, Village.region_code.startswith(region_code))
    ).one_or_none()  # fmt: skip


def villages(region_code: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """id and name of the region's villages, by pinyin. One statement."""
    wanted = select(Village.id, Village.name).where(Village.region_code.startswith(region_code))
    return session().execute(wanted.order_by(Village.pinyin, Village.id)).all()


def produce_names(region_code: str) -> list[str]:
    """What the region's cooperatives take in, each name once. One statement."""
    wanted = (
        select(Produce.name, func.min(Produce.pinyin))
        .join(Cooperative, Cooperative.id == Produce.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Village.region_code.startswith(region_code))
        .group_by(Produce.name)
        .order_by(func.min(Produce.pinyin), Produce.name)
    )
    return [row.name for row in session().execute(wanted.limit(MOST))]
