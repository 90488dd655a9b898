"""The parcels of suborders as pages need them: company, number, when, and what is in each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, select

from shop.core.db import session
from shop.core.errors import NotFound
from shop.orders import express
from shop.orders.models import OrderLine
from shop.orders.shipment_models import Shipment, ShipmentLine, Waybill


class Content(NamedTuple):
    """Goods of one order line in a parcel, in grams or pieces."""

    line_id: int
    name: str
    spec: str
    unit_kind: str
    unit_quantity: int
    quantity: int

    @property
    def units(self) -> int | None:
        """Packs, None where a pack was divided."""
        return None if self.quantity % self.unit_quantity else self.quantity // self.unit_quantity


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel with its present waybill; `company` is the code, `company_name` Chinese, `corrected`: not the first number."""

    id: int
    suborder_id: int
    seq: int
    at: datetime
    company: str
    number: str
    corrected: bool
    contents: tuple[Content, ...]

    @property
    def company_name(self) -> str:
        return express.name_of(self.company)


def latest() -> ColumnElement[bool]:
    """SQL: the waybill that counts."""
    later = select(func.max(Waybill.seq)).where(Waybill.shipment_id == Shipment.id).correlate(Shipment)
    return Waybill.seq == later.scalar_subquery()


def parcels_of(suborder_ids: Iterable[int]) -> dict[int, tuple[Parcel, ...]]:
    """Suborder → its parcels in the order in which they went. One statement."""
    wanted = list(suborder_ids)
    if not wanted:
        return {}
    found: dict[int, dict[int, Parcel]] = {}
    for row in session().execute(_select(wanted)):
        parcel = Parcel(
            row.id,
            row.suborder_id,
            row.seq,
            row.at,
            row.company,
            row.number,
            row.bill > 1,
            (
                *_contents(found.get(row.suborder_id, {}), row.id),
                Content(
                    row.line_id,
                    row.product_name,
                    row.spec,
                    row.unit_kind,
                    row.unit_quantity,
                    int(row.quantity),
                ),
            ),
        )
        found.setdefault(row.suborder_id, {})[row.id] = parcel
    return {suborder_id: tuple(parcels.values()) for suborder_id, parcels in found.items()}


def suborder_of(shipment_id: int, cooperative_id: int) -> int:
    """The suborder of a parcel. Raises NotFound, also for another cooperative's."""
    found = session().scalar(
        select(Shipment.suborder_id).where(
            Shipment.id == shipment_id, Shipment.cooperative_id == cooperative_id
        )
    )
    if found is None:
        raise NotFound(_("没有找到这个包裹"))
    return found


def _contents(known: dict[int, Parcel], shipment_id: int) -> tuple[Content, ...]:
    return known[shipment_id].contents if shipment_id in known else ()


def _select(suborder_ids: Sequence[int]) -> Select[*tuple[object, ...]]:
    goods = (
        select(ShipmentLine.line_id, func.sum(ShipmentLine.quantity).label("quantity"))
        .where(ShipmentLine.shipment_id == Shipment.id)
        .group_by(ShipmentLine.line_id)
        .lateral("goods")
    )
    return (
        select(
            Shipment.id, Shipment.suborder_id, Shipment.seq, Shipment.at, Waybill.company, Waybill.number,
            Waybill.seq.label("bill"), OrderLine.id.label("line_id"), OrderLine.product_name, OrderLine.spec,
            OrderLine.unit_kind, OrderLine.unit_quantity, goods.c.quantity,
        )
        .join(Waybill, (Waybill.shipment_id == Shipment.id) & latest())
        .join(goods, goods.c.quantity > 0)
        .join(OrderLine, OrderLine.id == goods.c.line_id)
        .where(Shipment.suborder_id.in_(suborder_ids))
        .order_by(Shipment.suborder_id, Shipment.seq, OrderLine.seq)
    )  # fmt: skip
