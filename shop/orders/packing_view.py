"""What lies ready to be packed, line by line, with the lots it is held in: for the page where lots are exchanged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select

from shop.catalog.models import Sku
from shop.cooperatives.produce.models import Lot, Produce
from shop.core.db import session
from shop.orders.models import LotAllocation, OrderLine


class Held(NamedTuple):
    """Goods of one lot, in grams or pieces, that were not sent yet."""

    id: int
    lot_id: int
    code: str
    mode: str
    best_before: date | None
    left: int


@dataclass(frozen=True, slots=True)
class Line:
    """An order line of which something is left to send."""

    id: int
    name: str
    spec: str
    unit_kind: str
    unit_quantity: int
    count_word: str
    produce_id: int
    by_weight: bool
    held: tuple[Held, ...]

    @property
    def left(self) -> int:
        return sum(one.left for one in self.held)


def lines_to_pack(suborder_id: int) -> list[Line]:
    """In the order of the suborder; empty where everything went. One statement."""
    rows = session().execute(
        select(
            OrderLine.id, OrderLine.product_name, OrderLine.spec, OrderLine.unit_kind, OrderLine.unit_quantity,
            Produce.count_word, OrderLine.produce_id, Sku.by_weight,
            LotAllocation.id.label("allocation_id"), Lot.id.label("lot_id"), Lot.code, Lot.mode, Lot.best_before,
            (LotAllocation.quantity - LotAllocation.sent).label("left"),
        )
        .join(OrderLine, OrderLine.id == LotAllocation.line_id)
        .join(Lot, Lot.id == LotAllocation.lot_id)
        .join(Produce, Produce.id == OrderLine.produce_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .where(OrderLine.suborder_id == suborder_id, LotAllocation.state == "reserved")
        .order_by(OrderLine.seq, Lot.best_before.nulls_last(), Lot.id, LotAllocation.id)
    )  # fmt: skip
    found: dict[int, Line] = {}
    for row in rows:
        held = Held(row.allocation_id, row.lot_id, row.code, row.mode, row.best_before, row.left)
        before = found[row.id].held if row.id in found else ()
        found[row.id] = Line(*row[:8], (*before, held))
    return list(found.values())


def words_of(suborder_id: int) -> list[Any]:
    """id and count_word of the lines of a suborder. One statement."""
    return list(
        session().execute(
            select(OrderLine.id, Produce.count_word)
            .join(Produce, Produce.id == OrderLine.produce_id)
            .where(OrderLine.suborder_id == suborder_id)
        )
    )
