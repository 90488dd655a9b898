"""Planned orders as rows: orders, suborders, lines and what they hold, in the states that the deeds would have left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shop.commands.demo.kinds import CATEGORIES
from shop.commands.demo.plan import Pool, Sale
from shop.commands.demo.written import Holding, Written, WrittenLine, WrittenOrder, WrittenPart, next_ids
from shop.core.clock import in_shanghai, shanghai_day
from shop.core.db import insert_rows
from shop.orders.models import LotAllocation, Order, OrderLine, Suborder
from shop.orders.pricing import Freight, Line, quote

CATEGORY_NAMES = {slug: name for slug, name, _ in CATEGORIES}


def write_orders(written: Written, sales: Sequence[Sale], lots: Mapping[Pool, int]) -> list[WrittenOrder]:
    """Rows of orders, suborders, lines and allocations, in the order in which the sales are given."""
    rules = {
        written.cooperatives[place.key]: Freight(place.terms.freight_fen, place.terms.freight_free_from_fen)
        for place in written.town.places
    }
    numbers = next_ids("order_number_seq", len(sales))
    orders = [_order(written, sale, number, rules, lots) for sale, number in zip(sales, numbers, strict=True)]
    _keep(orders, insert_rows(Order, [_order_row(written, order) for order in orders], "id"))
    parts = [(order, seq, part) for order in orders for seq, part in enumerate(order.parts, start=1)]
    _keep([part for _, _, part in parts], insert_rows(Suborder, [_part_row(*each) for each in parts], "id"))
    lines = [(part, seq, line) for _, _, part in parts for seq, line in enumerate(part.lines, start=1)]
    _keep(
        [line for _, _, line in lines],
        insert_rows(OrderLine, [_line_row(written, *each) for each in lines], "id"),
    )
    held = list(holdings(orders))
    rows = [_holding_row(*each) for each in held]
    _keep([holding for _, _, _, holding in held], insert_rows(LotAllocation, rows, "id"))
    return orders


def holdings(
    orders: Sequence[WrittenOrder],
) -> Iterator[tuple[WrittenOrder, WrittenPart, WrittenLine, Holding]]:
    """Every allocation with all that it belongs to, in stored order."""
    for order in orders:
        for part in order.parts:
            for line in part.lines:
                for holding in line.holdings:
                    yield order, part, line, holding


def _keep(things: Sequence[Any], ids: Sequence[int]) -> None:
    for thing, row_id in zip(things, ids, strict=True):
        thing.id = row_id


def _order(
    written: Written, sale: Sale, number: int, rules: Mapping[int, Freight], lots: Mapping[Pool, int]
) -> WrittenOrder:
    priced = quote(
        [Line(written.cooperatives[line.offer.village], line.price_fen, line.count) for line in sale.lines],
        rules,
    )
    parts = [
        WrittenPart(village, priced_part.cooperative_id, priced_part.goods_fen, priced_part.freight_fen)
        for village, priced_part in zip(sale.villages, priced.parts, strict=True)
    ]
    by_village = {part.village: part for part in parts}
    for line in sale.lines:
        taken = sorted((lots[pool], quantity) for pool, quantity in line.taken)
        by_village[line.offer.village].lines.append(WrittenLine(line, [Holding(*each) for each in taken]))
    return WrittenOrder(sale, f"{in_shanghai(sale.placed_at):%y%m%d}{number:06d}", priced, parts)


def _order_row(written: Written, order: WrittenOrder) -> dict[str, Any]:
    sale = order.sale
    buyer = written.buyers[sale.buyer]
    state = "closed" if sale.closed_at else "paid" if sale.paid_at else "pending"
    return {
        "number": order.number,
        "request_key": f"demo-{order.number}",
        "buyer_id": written.users[sale.buyer],
        "buyer_kind": buyer.kind,
        "buyer_label": buyer.unit_name,
        "channel": sale.channel,
        "state": state,
        "pay_method": sale.pay_method,
        "recipient": buyer.name,
        "phone": buyer.phone,
        "region_text": buyer.region_text,
        "address": buyer.detail,
        "goods_fen": order.priced.goods_fen,
        "freight_fen": order.priced.freight_fen,
        "total_fen": order.priced.total_fen,
        "placed_at": sale.placed_at,
        "expires_at": sale.expires_at,
        "paid_at": sale.paid_at,
        "paid_on": shanghai_day(sale.paid_at) if sale.paid_at else None,
        "attributed_at": order.attributed_at,
        "closed_at": sale.closed_at,
        "close_reason": sale.close_reason,
        "evidence": sale.evidence,
    }


def _part_row(order: WrittenOrder, seq: int, part: WrittenPart) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "cooperative_id": part.cooperative_id,
        "number": f"{order.number}-{seq}",
        "state": order.part_state,
        "goods_fen": part.goods_fen,
        "freight_fen": part.freight_fen,
        "shipped_at": order.sale.shipped_at,
        "received_at": order.sale.received_at,
    }


def _line_row(written: Written, part: WrittenPart, seq: int, line: WrittenLine) -> dict[str, Any]:
    selling = line.selling
    offer, kind = selling.offer, selling.offer.kind
    place = next(place for place in written.town.places if place.key == part.village)
    return {
        "suborder_id": part.id,
        "cooperative_id": part.cooperative_id,
        "seq": seq,
        "product_id": written.products[offer.key],
        "sku_id": written.sku(offer, selling.spec),
        "produce_id": written.produce[offer.key],
        "product_name": f"{place.short}{kind.product_name}",
        "category_name": CATEGORY_NAMES[kind.category],
        "spec": selling.spec.name,
        "picture": kind.picture,
        "certified": offer.certified,
        "unit_kind": kind.unit_kind,
        "unit_quantity": selling.spec.unit_quantity,
        "unit_price_fen": selling.price_fen,
        "count": selling.count,
        "quantity": selling.quantity,
        "net_fen": selling.net_fen,
    }


def _holding_row(
    order: WrittenOrder, part: WrittenPart, line: WrittenLine, holding: Holding
) -> dict[str, Any]:
    state = "released" if order.sale.closed_at else "shipped" if order.sale.shipped_at else "reserved"
    return {
        "line_id": line.id,
        "cooperative_id": part.cooperative_id,
        "lot_id": holding.lot_id,
        "quantity": holding.quantity,
        "state": state,
        "sent": holding.quantity if state == "shipped" else 0,
        "at": order.sale.placed_at,
    }
