"""The parts of orders with their lines, and their histories, as every page of them needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, ScalarSelect, func, select

from shop.catalog.gallery import on_sale_photo
from shop.cooperatives.people.models import Cooperative, Village
from shop.core.db import session
from shop.core.terms import AUTO_RECEIVE_DAYS
from shop.orders import states
from shop.orders.buying_models import InvoiceIssued
from shop.orders.models import OrderEvent, OrderLine, Suborder
from shop.orders.parcels import Parcel, parcels_of

AUTO_RECEIVE_AFTER = timedelta(days=AUTO_RECEIVE_DAYS)


class Line(NamedTuple):
    """A line as sold. Money in fen, `quantity` in grams or pieces; `picture` is the product's first photograph while it is on
    sale, else the illustration that it was sold with."""

    id: int
    product_id: int
    sku_id: int
    name: str
    spec: str
    picture: str
    certified: bool
    unit_kind: str
    unit_quantity: int
    unit_price_fen: int
    units: int
    quantity: int
    net_fen: int
    ships_from: date | None


@dataclass(frozen=True, slots=True)
class Part:
    """One cooperative's part with its parcels."""

    id: int
    number: str
    cooperative_code: str
    cooperative: str
    village: str
    state: str
    goods_fen: int
    freight_fen: int
    discount_fen: int
    town_borne_fen: int
    note: str
    delivery: str
    pickup: str  # where it is to be fetched, empty unless delivery is pickup
    invoice: str  # number of the invoice issued, empty where there is none
    shipped_at: datetime | None
    received_at: datetime | None
    lines: tuple[Line, ...]
    parcels: tuple[Parcel, ...]

    @property
    def confirms_at(self) -> datetime | None:
        """When receipt is confirmed by itself; None where nothing is on its way, or not all of it."""
        if self.state != states.SHIPPED or self.shipped_at is None:
            return None
        return self.shipped_at + AUTO_RECEIVE_AFTER


class Step(NamedTuple):
    """What happened, for the timeline; `name` in Chinese, `part` the suborder's number where it concerns only one."""

    event: str
    name: str
    note: str
    at: datetime
    part: str | None


def parts_of(order_ids: Sequence[int]) -> dict[int, tuple[Part, ...]]:
    """The parts of these orders with their lines, by order id. Two statements."""
    if not order_ids:
        return {}
    rows = session().execute(
        select(
            Suborder.order_id,
            Suborder.id.label("part_id"),
            Suborder.number,
            Suborder.state,
            Suborder.goods_fen,
            Suborder.freight_fen,
            Suborder.discount_fen,
            Suborder.town_borne_fen,
            Suborder.note,
            Suborder.delivery,
            func.coalesce(Suborder.freight_basis["pickup"].astext, "").label("pickup"),
            func.coalesce(_invoice(), "").label("invoice"),
            Suborder.shipped_at,
            Suborder.received_at,
            Cooperative.code.label("cooperative_code"),
            Cooperative.name.label("cooperative"),
            Village.name.label("village"),
            OrderLine.id.label("line_id"),
            OrderLine.product_id,
            OrderLine.sku_id,
            OrderLine.product_name,
            OrderLine.spec,
            func.coalesce(on_sale_photo(OrderLine.product_id), OrderLine.picture).label("picture"),
            OrderLine.certified,
            OrderLine.unit_kind,
            OrderLine.unit_quantity,
            OrderLine.unit_price_fen,
            OrderLine.count.label("units"),
            OrderLine.quantity,
            OrderLine.net_fen,
            OrderLine.ships_from,
        )
        .join(OrderLine, OrderLine.suborder_id == Suborder.id)
        .join(Cooperative, Cooperative.id == Suborder.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Suborder.order_id.in_(order_ids))
        .order_by(Suborder.order_id, Suborder.id, OrderLine.seq)
    )
    grouped: dict[int, dict[int, list[Row[*tuple[Any, ...]]]]] = {}
    for row in rows:
        grouped.setdefault(row.order_id, {}).setdefault(row.part_id, []).append(row)
    sent = parcels_of(part_id for parts in grouped.values() for part_id in parts)
    return {
        order_id: tuple(_part(lines, sent.get(part_id, ())) for part_id, lines in parts.items())
        for order_id, parts in grouped.items()
    }


def _invoice() -> ScalarSelect[str]:
    return (
        select(InvoiceIssued.number)
        .where(InvoiceIssued.suborder_id == Suborder.id)
        .order_by(InvoiceIssued.seq.desc())
        .limit(1)
        .correlate(Suborder)
        .scalar_subquery()
    )


def steps_of(order_id: int) -> list[Step]:
    """The order's history, oldest first. One statement."""
    rows = session().execute(
        select(OrderEvent.event, OrderEvent.note, OrderEvent.at, Suborder.number)
        .outerjoin(Suborder, Suborder.id == OrderEvent.suborder_id)
        .where(OrderEvent.order_id == order_id)
        .order_by(OrderEvent.id)
    )
    return [
        Step(row.event, states.EVENT_NAMES.get(row.event, row.event), row.note, row.at, row.number)
        for row in rows
    ]


def _part(rows: Sequence[Row[*tuple[Any, ...]]], parcels: tuple[Parcel, ...]) -> Part:
    row = rows[0]
    lines = tuple(
        Line(
            line.line_id,
            line.product_id,
            line.sku_id,
            line.product_name,
            line.spec,
            line.picture,
            line.certified,
            line.unit_kind,
            line.unit_quantity,
            line.unit_price_fen,
            line.units,
            line.quantity,
            line.net_fen,
            line.ships_from,
        )
        for line in rows
    )
    fields: Any = row._mapping
    shared = (
        "number",
        "cooperative_code",
        "cooperative",
        "village",
        "state",
        "goods_fen",
        "freight_fen",
        "discount_fen",
        "town_borne_fen",
        "note",
        "delivery",
        "pickup",
        "invoice",
    )
    return Part(
        id=row.part_id,
        shipped_at=row.shipped_at,
        received_at=row.received_at,
        lines=lines,
        parcels=parcels,
        **{name: fields[name] for name in shared},
    )
