"""Rows that the shelf's deeds hold while they change them; another cooperative's raise NotFound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, func, select

from shop.catalog.models import Category, Product, Sku
from shop.cooperatives.people.models import Cooperative, Village
from shop.cooperatives.produce.models import Produce
from shop.core.db import session
from shop.core.errors import Conflict, NotFound


def names_around(cooperative_id: int, produce_id: int, category_id: int) -> Row[*tuple[Any, ...]]:
    """produce, cooperative, village and category: the names that search finds a product by. Raises NotFound."""
    row = (
        session()
        .execute(
            select(
                Produce.name.label("produce"),
                Cooperative.name.label("cooperative"),
                Village.name.label("village"),
                Category.name.label("category"),
            )
            .join(Cooperative, Cooperative.id == Produce.cooperative_id)
            .join(Village, Village.id == Cooperative.village_id)
            .join(Category, Category.id == category_id)
            .where(Produce.id == produce_id, Produce.cooperative_id == cooperative_id)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound(_("没有找到这种产品或分类"))
    return row


def locked_product(product_id: int, cooperative_id: int) -> Product:
    """The cooperative's product, as it is now. Raises NotFound."""
    product = session().execute(
        select(Product)
        .where(Product.id == product_id, Product.cooperative_id == cooperative_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()  # fmt: skip
    if product is None:
        raise NotFound(_("没有找到这个商品"))
    return product


def locked_sku(sku_id: int, cooperative_id: int, version: int) -> Row[*tuple[Any, ...]]:
    """product_id, price_fen, published, version, by_weight of the cooperative's spec.

    Raises NotFound, Conflict (another version).
    """
    return locked_skus({sku_id: version}, cooperative_id)[sku_id]


def locked_skus(versions: Mapping[int, int], cooperative_id: int) -> dict[int, Row[*tuple[Any, ...]]]:
    """The same for any number, by id: `versions` are the ones that were shown. Locked in the order of their ids."""
    rows = session().execute(
        select(Sku.product_id, Sku.price_fen, Sku.published, Sku.version, Sku.by_weight, Sku.id)
        .where(Sku.id.in_(versions), Sku.cooperative_id == cooperative_id)
        .order_by(Sku.id)
        .with_for_update()
    )
    found = {row.id: row for row in rows}
    if len(found) < len(versions):
        raise NotFound(_("没有找到这个规格"))
    if any(row.version != versions[sku_id] for sku_id, row in found.items()):
        raise Conflict(_("这个规格刚刚被别人改过，请看过现在的价格再改"), "price")
    return found


def specs_offered(product_id: int) -> int:
    """How many specs of a product are offered."""
    return (
        session().scalar(
            select(func.count()).select_from(Sku).where(Sku.product_id == product_id, Sku.published)
        )
        or 0
    )
