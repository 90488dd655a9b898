"""A copy of a product, to make a similar one without typing everything again."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from shop.catalog import shelf
from shop.catalog.hanging import copy_pictures
from shop.catalog.holding import locked_product
from shop.catalog.models import Product, Sku
from shop.catalog.shelf import LENGTHS, NewSpec, Texts
from shop.core import activity
from shop.core.db import session

MARK = "（副本）"


def copy(product_id: int, cooperative_id: int, *, by: int | None, today: date) -> tuple[int, bool]:
    """An unpublished copy with what the product says, its specs on offer at today's prices and its pictures, and whether it
    is new: of a product that has a copy of that name still, the copy is returned. The certificate's number stays empty, since
    it speaks of other goods. Raises NotFound, Refused (no spec on offer).
    """
    product = locked_product(
        product_id, cooperative_id
    )  # a second press waits here, and then finds the first one's copy
    name = product.name[: LENGTHS["name"][1] - len(MARK)] + MARK
    made = session().scalar(
        select(Product.id).where(Product.cooperative_id == cooperative_id, Product.name == name).limit(1)
    )
    if made is not None:
        return made, False
    texts = Texts(
        name=name, name_en=product.name_en, subtitle=product.subtitle, regulatory_class=product.regulatory_class,
        origin=product.origin, grade=product.grade, storage=product.storage, shelf_life=product.shelf_life,
        story=product.story, picture=product.picture, fresh=product.fresh,
    )  # fmt: skip
    specs = session().execute(
        select(Sku.spec, Sku.unit_quantity, Sku.price_fen)
        .where(Sku.product_id == product_id, Sku.published)
        .order_by(Sku.id)
    )
    copied = shelf.create(
        cooperative_id, product.produce_id, product.category_id, texts, [NewSpec(*row) for row in specs],
        by=by, today=today,
    )  # fmt: skip
    copy_pictures(product_id, cooperative_id, copied, by=by)
    activity.record(
        "product.copied",
        "product",
        copied,
        cooperative_id=cooperative_id,
        after={"of": product_id},
        actor_id=by,
    )
    return copied, True
