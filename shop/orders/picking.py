"""What the packer takes from which lot, and the number of a suborder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import func, select

from shop.cooperatives.produce.models import Lot, Produce
from shop.core.db import session
from shop.core.errors import NotFound
from shop.orders.models import LotAllocation, Suborder


class Take(NamedTuple):
    """Grams or pieces of one lot for one order line; `sent` of the quantity went already."""

    lot_id: int
    lot_code: str
    quantity: int
    count_word: str
    sent: int

    @property
    def left(self) -> int:
        return self.quantity - self.sent


def takes(line_ids: Sequence[int]) -> dict[int, list[Take]]:
    """For each line the lots that are held for it or went out with it, each lot once. One statement."""
    rows = session().execute(
        select(
            LotAllocation.line_id, Lot.id, Lot.code, func.sum(LotAllocation.quantity).label("quantity"), Produce.count_word,
            func.sum(LotAllocation.sent).label("sent"),
        )
        .join(Lot, Lot.id == LotAllocation.lot_id)
        .join(Produce, Produce.id == Lot.produce_id)
        .where(LotAllocation.line_id.in_(line_ids), LotAllocation.state != "released")
        .group_by(LotAllocation.line_id, Lot.id, Produce.id)
        .order_by(LotAllocation.line_id, Lot.best_before.nulls_last(), Lot.id)
    )  # fmt: skip
    found: dict[int, list[Take]] = {}
    for row in rows:
        take = Take(row.id, row.code, int(row.quantity), row.count_word, int(row.sent))
        found.setdefault(row.line_id, []).append(take)
    return found


def number_of(suborder_id: int, cooperative_id: int) -> str:
    """The number of a suborder. Raises NotFound, also for another cooperative's."""
    number = session().scalar(
        select(Suborder.number).where(Suborder.id == suborder_id, Suborder.cooperative_id == cooperative_id)
    )
    if number is None:
        raise NotFound(_("没有找到这张订单"))
    return number
