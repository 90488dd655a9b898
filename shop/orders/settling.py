"""What a payment does to its order; called by whoever has the proof of it, inside that one's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from shop.cooperatives.produce import stock
from shop.core import clock
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound
from shop.orders import states
from shop.orders.coupons import using as coupon_using
from shop.orders.models import LotAllocation, Order, OrderLine, Suborder
from shop.orders.moving import move_orders, move_suborders


def lock_order(order_id: int) -> Row[*tuple[Any, ...]]:
    """Hold the order's row: id, number, state, total_fen, buyer_id, placed_at, paid_at, expires_at, pay_method; or NotFound."""
    row = (
        session()
        .execute(
            select(
                Order.id,
                Order.number,
                Order.state,
                Order.total_fen,
                Order.buyer_id,
                Order.placed_at,
                Order.paid_at,
                Order.expires_at,
                Order.pay_method,
            )
            .where(Order.id == order_id)
            .with_for_update(key_share=True)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound("没有找到这张订单")
    return row


def pay(order_id: int, at: datetime, *, pay_method: str | None = None, actor_id: int | None = None) -> bool:
    """Mark a waiting order paid; False when it is not waiting (any more). `at` decides the day of sale."""
    return bool(move_orders(states.PAY, [order_id], values=_paid(at, pay_method), actor_id=actor_id))


def revive(
    order_id: int, at: datetime, *, pay_method: str | None = None, actor_id: int | None = None
) -> bool:
    """The money came for a closed order: hold the same goods again and mark it paid; False when they, or its coupons, are gone.

    The lots may be others than before; the old allocations stay as released. One that was paid and
    refunded, or refused at the door, stays closed.
    """
    before = session().execute(select(Order.paid_at, Order.close_reason).where(Order.id == order_id)).one()
    if before.paid_at is not None or before.close_reason == "not_taken":
        return False
    if not coupon_using.reclaimable(order_id):
        return False
    lines = session().execute(
        select(OrderLine.id, OrderLine.produce_id, OrderLine.quantity)
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .where(Suborder.order_id == order_id)
        .order_by(OrderLine.id)
    )
    wants = [stock.Want(line.id, line.produce_id, line.quantity) for line in lines]
    try:
        taken = stock.reserve(wants, clock.today())
    except stock.OutOfStock:
        return False  # only locks were taken so far, nothing was written
    values = _paid(at, pay_method) | {"closed_at": None, "close_reason": None}
    if not move_orders(states.REVIVE, [order_id], values=values, actor_id=actor_id):
        raise RuntimeError("a revived order must be closed and locked")
    coupon_using.reclaim(order_id)
    move_suborders(states.REOPEN_PART, [Suborder.order_id == order_id], silent=True)
    insert_rows(
        LotAllocation,
        [
            {
                "line_id": part.key,
                "cooperative_id": part.cooperative_id,
                "lot_id": part.lot_id,
                "quantity": part.quantity,
            }
            for part in taken
        ],
    )
    return True


def _paid(at: datetime, pay_method: str | None) -> dict[str, Any]:
    values: dict[str, Any] = {"paid_at": at, "paid_on": clock.shanghai_day(at)}
    return values | ({"pay_method": pay_method} if pay_method else {})
