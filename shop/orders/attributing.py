"""Handing paid orders to the cooperatives' attribution, once, and putting their suborders to the packers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Row, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from shop.cooperatives.income import attribution
from shop.core import faults
from shop.core.db import session
from shop.orders import states
from shop.orders.models import LotAllocation, Order, OrderLine, Suborder
from shop.orders.moving import move_suborders, tell

CHANNELS = {
    "online": "provider",
    "transfer": "transfer",
    "cash": "cash",
}  # how it was paid → clearing account
BATCH = 200


def waiting(limit: int = BATCH) -> list[int]:
    """Paid orders that are not attributed yet, oldest first. One statement."""
    return list(
        session()
        .execute(
            select(Order.id)
            .where(Order.state == states.PAID, Order.attributed_at.is_(None))
            .order_by(Order.id)
            .limit(limit)
        )
        .scalars()
    )


def attribute_orders(order_ids: Sequence[int]) -> list[int]:
    """Attribute and book those of the orders that are paid and not attributed; returns them.

    A constant number of statements. An order that another worker holds is left to it; twice does nothing more.
    """
    orders = _claim(order_ids)
    if not orders:
        return []
    ids = [order.id for order in orders]
    days = {order.id: order.paid_on for order in orders}
    channels = {order.id: CHANNELS[order.pay_method] for order in orders}
    faults.point("attributing:claimed")
    parts = _parts(ids)
    shares = attribution.attribute(_sales(ids, days, channels))
    faults.point("attributing:attributed")
    attribution.book_freight(
        [
            (part.id, part.cooperative_id, part.freight_fen, days[part.order_id], channels[part.order_id])
            for part in parts
            if part.freight_fen
        ]
    )
    faults.point("attributing:booked")
    note_shares(shares)
    session().execute(
        update(Order)
        .where(Order.id.in_(ids))
        .values(attributed_at=func.now())
        .execution_options(synchronize_session=False)
    )
    tell("attributed", [(order_id, None) for order_id in ids])
    move_suborders(states.PREPARE, [Suborder.order_id.in_(ids)])
    faults.point("attributing:done")
    return ids


def _claim(order_ids: Sequence[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    return (
        session()
        .execute(
            select(Order.id, Order.paid_on, Order.pay_method)
            .where(Order.id.in_(order_ids), Order.state == states.PAID, Order.attributed_at.is_(None))
            .order_by(Order.id)
            .with_for_update(key_share=True, skip_locked=True)
        )
        .all()
    )


def _parts(order_ids: Sequence[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    return (
        session()
        .execute(
            select(Suborder.id, Suborder.order_id, Suborder.cooperative_id, Suborder.freight_fen)
            .where(Suborder.order_id.in_(order_ids))
            .order_by(Suborder.id)
        )
        .all()
    )


def _sales(
    order_ids: Sequence[int], days: Mapping[int, Any], channels: Mapping[int, str]
) -> list[attribution.SaleShare]:
    """Line by line in stored order, which is the order in which the running split goes on."""
    rows = session().execute(
        select(
            Suborder.order_id,
            OrderLine.id.label("line_id"),
            OrderLine.cooperative_id,
            OrderLine.net_fen,
            OrderLine.town_borne_fen,
            LotAllocation.id.label("allocation_id"),
            LotAllocation.lot_id,
            LotAllocation.quantity,
        )
        .join(OrderLine, OrderLine.suborder_id == Suborder.id)
        .join(LotAllocation, LotAllocation.line_id == OrderLine.id)
        .where(Suborder.order_id.in_(order_ids), LotAllocation.state != "released")
        .order_by(Suborder.order_id, OrderLine.id, LotAllocation.id)
    )
    lines: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    for row in rows:
        lines.setdefault(row.line_id, []).append(row)
    return [
        attribution.SaleShare(
            line_id=line_id,
            cooperative_id=held[0].cooperative_id,
            net_fen=held[0].net_fen,
            on_date=days[held[0].order_id],
            channel=channels[held[0].order_id],
            allocations=tuple((row.allocation_id, row.lot_id, row.quantity) for row in held),
            town_fen=held[0].town_borne_fen,
        )
        for line_id, held in lines.items()
    ]


def note_shares(shares: Mapping[int, int]) -> None:
    """Write each allocation's share of its line's net beside it. One statement."""
    if not shares:
        return
    source = (
        func.unnest(
            bindparam("allocation_ids", list(shares), type_=ARRAY(BigInteger)),
            bindparam("shares", list(shares.values()), type_=ARRAY(BigInteger)),
        )
        .table_valued("id", "fen")
        .render_derived("source")
    )
    session().execute(
        update(LotAllocation)
        .where(LotAllocation.id == source.c.id, LotAllocation.fen.is_(None))
        .values(fen=source.c.fen, attributed_at=func.now())
        .execution_options(synchronize_session=False)
    )
