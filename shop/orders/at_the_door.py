"""Goods that are brought in town and paid in cash at the door: packed without a payment, handed over for the money, or refused.

What happens to goods and states; the money is payments.on_delivery's. The caller holds the order's lock.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select

from shop.cooperatives.produce import stock
from shop.core import clock, faults
from shop.core.db import session
from shop.core.errors import Conflict
from shop.orders import holds, states
from shop.orders.coupons import using as coupon_using
from shop.orders.models import LotAllocation, OrderLine, Suborder
from shop.orders.moving import move_orders, move_suborders


def promise(order_id: int, buyer_id: int | None) -> None:
    """Put the parts of an unpaid order to the packers."""
    move_suborders(states.PROMISE_PART, [Suborder.order_id == order_id], actor_id=buyer_id, silent=True)


def take_back_promise(order_id: int, buyer_id: int | None) -> None:
    """The order is to be paid first after all. Raises Conflict where a part has left already."""
    moved = move_suborders(
        states.PAY_FIRST_PART, [Suborder.order_id == order_id], actor_id=buyer_id, silent=True
    )
    parts = session().scalar(select(func.count()).where(Suborder.order_id == order_id))
    if len(moved) != parts:
        raise Conflict(_("货已经送出，送到时付现金就好，不能再换付款方式"))


def hand_over(order_id: int, at: datetime, by: int | None) -> None:
    """The goods were taken at the door. Raises Conflict where they have not left."""
    values = {"received_at": at}
    moved = move_suborders(
        states.RECEIVE, [Suborder.order_id == order_id], values=values, actor_id=by, at=at, silent=True
    )
    if not moved:
        raise Conflict(_("这张订单还没有发货，送出以后才能登记收款"))


def bring_back(order_id: int, reason: str, by: int | None) -> bool:
    """Not taken: what was sent returns to its lots, what was held is free again; the order is closed. False: it was not open.

    A dispatch of the same moment comes first or finds the part closed: the parts are locked before goods are counted.
    """
    values = {"closed_at": clock.now(), "close_reason": "not_taken"}
    if not move_orders(states.REFUSE, [order_id], values=values, actor_id=by, note=reason):
        return False
    move_suborders(
        states.REFUSE_PART,
        [Suborder.order_id == order_id],
        values={"shipped_at": None},
        actor_id=by,
        silent=True,
    )
    faults.point("at_the_door:closed")
    coupon_using.release([order_id], "not_taken")
    holds.release([order_id])
    # what was sent stays written as sent, and its return is a move of its own
    sent = session().execute(
        select(LotAllocation.id, LotAllocation.lot_id, LotAllocation.cooperative_id, LotAllocation.quantity)
        .join(OrderLine, OrderLine.id == LotAllocation.line_id)
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .where(Suborder.order_id == order_id, LotAllocation.state == "shipped")
        .order_by(LotAllocation.id)
    )
    stock.bring_back([(row.id, row.lot_id, row.cooperative_id, row.quantity) for row in sent])
    return True
