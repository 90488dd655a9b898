"""Orders that are not paid: cancelled by the buyer or closed when their time is up; every gram goes back on sale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, select, update

from shop.cooperatives.produce import stock
from shop.core import faults
from shop.core.db import session
from shop.core.errors import Conflict, NotFound
from shop.orders import states
from shop.orders.coupons import using as coupon_using
from shop.orders.models import LotAllocation, Order, OrderLine, Suborder
from shop.orders.moving import move_orders, move_suborders
from shop.orders.states import Move

BATCH = 200


def due(limit: int = BATCH) -> list[int]:
    """Unpaid orders whose hold has ended by the database's clock, oldest first. One statement."""
    return list(
        session()
        .execute(
            select(Order.id)
            .where(Order.state == states.PENDING, Order.expires_at < func.now())
            .order_by(Order.expires_at)
            .limit(limit)
        )
        .scalars()
    )


def expire(order_ids: Sequence[int]) -> list[int]:
    """Close those of the orders that are unpaid and due; returns them. Seven statements for any number, one more for coupons.

    A payment of the same moment either comes first, then the order is paid and not touched here, or finds it closed.
    """
    _lock(order_ids)
    return _close(states.EXPIRE, order_ids, [Order.expires_at < func.now()], "expired", None)


def expire_due(limit: int = BATCH) -> list[int]:
    """expire() of all that are due."""
    ids = due(limit)
    return expire(ids) if ids else []


def cancel(order_id: int, buyer_id: int) -> None:
    """The buyer calls off an unpaid order. A second call does nothing. Raises NotFound, Conflict (already paid, or on its
    way to be paid at the door)."""
    _lock([order_id])
    _refuse_on_its_way(order_id, buyer_id)
    if _close(states.CANCEL, [order_id], [Order.buyer_id == buyer_id], "cancelled", buyer_id):
        return
    state = (
        session()
        .execute(select(Order.state).where(Order.id == order_id, Order.buyer_id == buyer_id))
        .scalar()
    )
    if state is None:
        raise NotFound(_("没有找到这张订单"))
    if state == states.PAID:
        raise Conflict(_("这张订单已经付款，不能直接取消；需要退款请联系合作社"))


def _refuse_on_its_way(order_id: int, buyer_id: int) -> None:
    """Goods that were sent to be paid at the door are refused there; the lock keeps a dispatch of this moment out."""
    parts = session().execute(
        select(Suborder.state)
        .join(Order, Order.id == Suborder.order_id)
        .where(Order.id == order_id, Order.buyer_id == buyer_id, Order.state == states.PENDING)
        .order_by(Suborder.id)
        .with_for_update(of=Suborder, key_share=True)
    )
    if states.SHIPPED in set(parts.scalars()):
        raise Conflict(_("货已经送出，不能取消；不想要了，请在送到时告诉送货的人"))


def _lock(order_ids: Sequence[int]) -> None:
    """In id order, so that two sweeps never wait for each other crosswise."""
    session().execute(
        select(Order.id).where(Order.id.in_(order_ids)).order_by(Order.id).with_for_update(key_share=True)
    )


def _close(
    move: Move,
    order_ids: Sequence[int],
    where: Sequence[ColumnElement[bool]],
    reason: str,
    actor_id: int | None,
) -> list[int]:
    values = {"closed_at": func.now(), "close_reason": reason}
    closed = move_orders(move, order_ids, where=where, values=values, actor_id=actor_id)
    if not closed:
        return []
    faults.point("holds:closed")
    move_suborders(states.CLOSE_PART, [Suborder.order_id.in_(closed)], actor_id=actor_id, silent=True)
    coupon_using.release(closed, reason)
    release(closed)
    faults.point("holds:released")
    return closed


def release(order_ids: Sequence[int]) -> None:
    """Each reservation is given back exactly once: the row that is released is the row that is counted."""
    lines = (
        select(OrderLine.id)
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .where(Suborder.order_id.in_(order_ids))
    )
    rows = session().execute(
        update(LotAllocation)
        .where(LotAllocation.line_id.in_(lines), LotAllocation.state == "reserved")
        .values(state="released")
        .returning(LotAllocation.lot_id, LotAllocation.quantity)
        .execution_options(synchronize_session=False)
    )
    held: Counter[int] = Counter()
    for lot_id, quantity in rows:
        held[lot_id] += quantity
    stock.release(sorted(held.items()))
