"""Buying the same once more: what is still on sale goes into the basket, what is not is named."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from shop.catalog.models import Product, Sku
from shop.cooperatives.produce import stock
from shop.core import clock
from shop.core.db import session
from shop.core.errors import NotFound, Refused
from shop.orders import basket
from shop.orders.models import Order, OrderLine, Suborder


@dataclass(frozen=True, slots=True)
class Again:
    """Lines that went into the basket; names of those not on sale any more, and of those of which less is left."""

    added: int
    gone: tuple[str, ...]
    fewer: tuple[str, ...]


def buy_again(number: str, buyer_id: int) -> Again:
    """Put the lines of one of the buyer's orders into the buyer's basket, at today's prices. Two statements, and one a line.

    Raises NotFound for anybody else's order, Refused when the basket is full.
    """
    rows = session().execute(
        select(
            OrderLine.product_name, OrderLine.spec, OrderLine.count.label("units"), OrderLine.sku_id, Sku.unit_quantity,
            Product.produce_id,
            (Sku.published & Product.published_at.is_not(None)).label("on_sale"),
        )
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .join(Order, Order.id == Suborder.order_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .join(Product, Product.id == Sku.product_id)
        .where(Order.number == number, Order.buyer_id == buyer_id)
        .order_by(Suborder.id, OrderLine.seq)
    ).all()  # fmt: skip
    if not rows:
        raise NotFound(_("没有找到这张订单"))
    left = dict(stock.on_sale([row.produce_id for row in rows], clock.today()))
    owner, added = basket.buyer(buyer_id), 0
    gone: list[str] = []
    fewer: list[str] = []
    for row in rows:
        name = f"{row.product_name} {row.spec}"
        packs = (
            min(row.units, left[row.produce_id] // row.unit_quantity, basket.MAX_COUNT) if row.on_sale else 0
        )
        if not packs:
            gone.append(name)
            continue
        if packs < row.units:
            fewer.append(name)
        left[row.produce_id] -= packs * row.unit_quantity
        basket.add(owner, row.sku_id, packs)
        added += 1
    if not added:
        raise Refused(_("这一单里的商品现在都没有在卖：%(names)s", names="、".join(gone)))
    return Again(added, tuple(gone), tuple(fewer))
