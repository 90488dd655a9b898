"""What was paid back to a buyer, by part of an order, for the tab 退款售后."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Row, cast, func, select

from shop.cooperatives.people.models import Cooperative
from shop.core.db import session
from shop.core.pages import Page
from shop.orders.models import Order, OrderLine, Suborder
from shop.payments.models import Refund

PAGE_SIZE = 10


def count_of(buyer_id: int) -> int:
    """How many parts of the buyer's orders (or whole orders) had money paid back. One statement."""
    parts = (
        select(Refund.order_id, Refund.suborder_id)
        .join(Order, Order.id == Refund.order_id)
        .where(Order.buyer_id == buyer_id)
        .distinct()
        .subquery()
    )
    return session().execute(select(func.count()).select_from(parts)).scalar_one()


def of_buyer(buyer_id: int, total: int, page: int = 1) -> Page[Row[*tuple[Any, ...]]]:
    """Rows (number, order_number, cooperative, goods, at, fen, open, open_fen), the newest first; `number` is the part's where it
    concerns one, `open` counts what is not back yet. One statement."""
    unfinished = Refund.state != "succeeded"
    goods = (
        select(func.string_agg(OrderLine.product_name + " " + OrderLine.spec, "、"))
        .where(OrderLine.suborder_id == Suborder.id)
        .correlate(Suborder)
        .scalar_subquery()
    )
    at = func.max(Refund.created_at).label("at")
    rows = session().execute(
        select(
            func.coalesce(Suborder.number, Order.number).label("number"), Order.number.label("order_number"),
            Cooperative.name.label("cooperative"), goods.label("goods"), at,
            cast(func.sum(Refund.amount_fen), BigInteger).label("fen"),
            func.count().filter(unfinished).label("open"),
            cast(func.coalesce(func.sum(Refund.amount_fen).filter(unfinished), 0), BigInteger).label("open_fen"),
        )
        .select_from(Refund)
        .join(Order, Order.id == Refund.order_id)
        .outerjoin(Suborder, Suborder.id == Refund.suborder_id)
        .outerjoin(Cooperative, Cooperative.id == Suborder.cooperative_id)
        .where(Order.buyer_id == buyer_id)
        .group_by(Order.id, Suborder.id, Cooperative.id)
        .order_by(at.desc(), Order.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    return Page(list(rows), number=page, size=PAGE_SIZE, total=total)
