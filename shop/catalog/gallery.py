"""What pages read of a product's pictures: columns for their own statements, and the pictures themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Text, case, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, aliased

from shop.catalog.models import Product
from shop.catalog.picture_models import ProductPicture
from shop.core import pictures
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.pictures import Paper

# Our drawings that stand beside a product's own: how it is dried, packed and how large it is.
DRAWN = ("tray", "hand", "pack-bag", "pack-box", "pack-cold", "bowl", "village")


class Picture(NamedTuple):
    """One of a product's pictures: `name` as first_of() says, `alt` what a screen reader says, `sketch` 示意图."""

    name: str
    alt: str
    sketch: bool


def name_of() -> ColumnElement[str]:
    """How pages name a picture: an illustration by its name, a photograph by its number."""
    return case((ProductPicture.large_id.is_(None), ProductPicture.mark), else_=cast(ProductPicture.id, Text))


def first_of(product_id: InstrumentedAttribute[int]) -> ColumnElement[str]:
    """The picture that lists show of a product, by name; its category's illustration where it has none of its own."""
    own = (
        select(name_of())
        .where(ProductPicture.product_id == product_id, ProductPicture.seq == 1)
        .correlate(Product)
        .scalar_subquery()
    )
    return func.coalesce(own, Product.picture)


def on_sale_photo(product_id: InstrumentedAttribute[int]) -> ColumnElement[str]:
    """The photograph by which a product that is on sale begins, by name; null where it begins with an illustration, or is off
    sale: nobody is shown its photographs then. For lines that were copied from the product."""
    product = aliased(Product)
    return (
        select(cast(ProductPicture.id, Text))
        .join(product, product.id == ProductPicture.product_id)
        .where(
            ProductPicture.product_id == product_id,
            ProductPicture.seq == 1,
            ProductPicture.large_id.is_not(None),
            product.published_at.is_not(None),
        )
        .correlate(product_id.class_)
        .scalar_subquery()
    )


def all_of(product_id: InstrumentedAttribute[int]) -> ColumnElement[Any]:
    """All pictures of a product in order, [name, alt, sketch] each; null where it has none."""
    one = func.jsonb_build_array(name_of(), ProductPicture.alt, ProductPicture.sketch)
    return (
        select(func.jsonb_agg(aggregate_order_by(one, ProductPicture.seq), type_=JSONB))
        .where(ProductPicture.product_id == product_id, ProductPicture.seq.is_not(None))
        .correlate(Product)
        .scalar_subquery()
    )


def shown(found: Sequence[Any] | None, fallback: str, alt: str) -> tuple[Picture, ...]:
    """The pictures that all_of() read; a product without any shows the illustration `fallback`."""
    return tuple(Picture(*one) for one in found) if found else (Picture(fallback or "produce", alt, True),)


def of_product(product_id: int, cooperative_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """id, name, mark, alt, sketch, photo of a cooperative's product, in order. One statement."""
    return (
        session()
        .execute(
            select(
                ProductPicture.id, name_of().label("name"), ProductPicture.mark, ProductPicture.alt, ProductPicture.sketch,
                ProductPicture.seq, ProductPicture.large_id.is_not(None).label("photo"),
            )
            .where(
                ProductPicture.product_id == product_id,
                ProductPicture.cooperative_id == cooperative_id,
                ProductPicture.seq.is_not(None),
            )
            .order_by(ProductPicture.seq)
        )
        .all()
    )  # fmt: skip


def photograph(picture_id: int, *, small: bool, cooperative_ids: Sequence[int] = ()) -> Paper:
    """The file of a photograph that hangs on a product on sale, or on any of these cooperatives'. Raises NotFound."""
    on_sale = exists().where(Product.id == ProductPicture.product_id, Product.published_at.is_not(None))
    row = (
        session()
        .execute(
            select(
                (ProductPicture.small_id if small else ProductPicture.large_id).label("attachment_id"),
                ProductPicture.cooperative_id,
            ).where(
                ProductPicture.id == picture_id,
                ProductPicture.large_id.is_not(None),
                ProductPicture.seq.is_not(None),
                or_(on_sale, ProductPicture.cooperative_id.in_(cooperative_ids)),
            )
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound
    return pictures.body_of(row.attachment_id, [row.cooperative_id])
