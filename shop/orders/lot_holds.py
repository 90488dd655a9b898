"""Which orders hold goods of a lot that have not gone yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select

from shop.core.db import session
from shop.orders.models import LotAllocation, OrderLine, Suborder

MOST = 50


def holders(lot_id: int, cooperative_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Parcels to be, the oldest first: id, number, state, quantity still held; at most MOST. One statement."""
    return session().execute(
        select(
            Suborder.id, Suborder.number, Suborder.state, func.sum(LotAllocation.quantity - LotAllocation.sent).label("quantity")
        )
        .join(OrderLine, OrderLine.suborder_id == Suborder.id)
        .join(LotAllocation, LotAllocation.line_id == OrderLine.id)
        .where(
            LotAllocation.lot_id == lot_id,
            LotAllocation.cooperative_id == cooperative_id,
            LotAllocation.state == "reserved",
        )
        .group_by(Suborder.id)
        .order_by(Suborder.id)
        .limit(MOST)
    ).all()  # fmt: skip
