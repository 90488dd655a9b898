"""Parcels of planned orders as rows: one a part, with its waybill, its goods, and the stock that left with them."""

from __future__ import annotations

from collections.abc import Sequence

from shop.commands.demo.write_orders import holdings
from shop.commands.demo.written import Written, WrittenOrder
from shop.cooperatives.produce.models import StockMove
from shop.core.db import insert_rows
from shop.orders.shipment_models import Shipment, ShipmentLine, Waybill


def write_parcels(written: Written, orders: Sequence[WrittenOrder]) -> None:
    """What left, by time; the lots' counters have it already."""
    sent = [
        (order.sale.shipped_at, part.id, order, part)
        for order in orders
        if order.sale.shipped_at
        for part in order.parts
    ]
    sent.sort(key=lambda each: each[:2])
    heads = [
        {
            "suborder_id": part.id, "cooperative_id": part.cooperative_id, "seq": 1, "by": written.managers[part.village],
            "at": at,
        }
        for at, _, _, part in sent
    ]  # fmt: skip
    ids = insert_rows(Shipment, heads, "id")
    insert_rows(
        Waybill,
        [
            {
                "shipment_id": shipment_id, "seq": 1, "company": order.sale.parcels[part.village][0],
                "number": order.sale.parcels[part.village][1], "by": written.managers[part.village], "at": at,
            }
            for shipment_id, (at, _, order, part) in zip(ids, sent, strict=True)
        ],
    )  # fmt: skip
    parcels = {part.id: shipment_id for shipment_id, (_, _, _, part) in zip(ids, sent, strict=True)}
    left = [each for each in holdings(orders) if each[0].sale.shipped_at is not None]
    left.sort(key=lambda each: (each[0].sale.shipped_at, each[1].id, each[3].id))
    rows = [
        {
            "shipment_id": parcels[part.id], "cooperative_id": part.cooperative_id, "line_id": line.id,
            "allocation_id": holding.id, "quantity": holding.quantity,
        }
        for _, part, line, holding in left
    ]  # fmt: skip
    lines = insert_rows(ShipmentLine, rows, "id")
    insert_rows(
        StockMove,
        [
            {
                "cooperative_id": part.cooperative_id, "lot_id": holding.lot_id, "kind": "shipped",
                "quantity": holding.quantity, "source_type": "shipment_line", "source_id": line_id,
                "at": order.sale.shipped_at,
            }
            for line_id, (order, part, _, holding) in zip(lines, left, strict=True)
        ],
    )  # fmt: skip
