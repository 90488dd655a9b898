"""The lots behind the lines of an order, for the links to their trace pages."""

from __future__ import annotations

from sqlalchemy import select

from shop.cooperatives.produce.models import Lot
from shop.core.db import session
from shop.orders.models import LotAllocation, OrderLine, Suborder


def trace_codes(order_id: int) -> dict[int, tuple[str, ...]]:
    """Trace codes by line id, of the lots its goods come from; until dispatch the picker may take another. One statement."""
    rows = session().execute(
        select(LotAllocation.line_id, Lot.trace_code)
        .join(OrderLine, OrderLine.id == LotAllocation.line_id)
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .join(Lot, Lot.id == LotAllocation.lot_id)
        .where(Suborder.order_id == order_id, LotAllocation.state != "released")
        .order_by(LotAllocation.line_id, LotAllocation.id)
    )
    found: dict[int, dict[str, None]] = {}
    for line_id, code in rows:
        found.setdefault(line_id, {})[code] = None
    return {line_id: tuple(codes) for line_id, codes in found.items()}
