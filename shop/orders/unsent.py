"""A suborder of which some parcels went and some goods lie here still: which goods a refund takes back.

What was not sent is given up first, the packer's latest choice first; only then goods that are on their way come back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy import case, func, select, update

from shop.cooperatives.income.models import Attribution
from shop.cooperatives.income.reversing import CameBack
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict
from shop.orders.models import LotAllocation, OrderLine


@dataclass(frozen=True, slots=True)
class Rest:
    """By order line its allocations (id, lying here, on their way and not sent back), in stored order."""

    partly: bool = False
    lines: Mapping[int, Sequence[tuple[int, int, int]]] = field(default_factory=dict)

    def choose(self, line_id: int, quantity: int) -> dict[int, int]:
        """Allocation → how much of the quantity it gives."""
        taken: dict[int, int] = {}
        for column in (1, 2):
            for row in reversed(self.lines.get(line_id, ())):
                part = min(row[column], quantity)
                if part:
                    taken[row[0]] = taken.get(row[0], 0) + part
                    quantity -= part
        return taken

    def still_held(self, came: Mapping[int, Sequence[CameBack]]) -> dict[int, list[CameBack]]:
        """Of what came back by refund line: that which had not been sent."""
        here = {row[0]: row[1] for rows in self.lines.values() for row in rows}
        return {
            refund_line_id: [
                goods._replace(quantity=min(goods.quantity, here[goods.allocation_id]))
                for goods in rows
                if here.get(goods.allocation_id)
            ]
            for refund_line_id, rows in came.items()
        }


NOTHING_SENT = Rest()


def of(suborder_id: int) -> Rest:
    """What lies here and what is on its way; its suborder is locked. One statement."""
    back = (
        select(func.coalesce(func.sum(Attribution.quantity), 0))
        .where(Attribution.allocation_id == LotAllocation.id)
        .correlate(LotAllocation)
        .scalar_subquery()
    )  # sold less what went back
    rows = session().execute(
        select(LotAllocation.line_id, LotAllocation.id, LotAllocation.quantity, LotAllocation.sent, back)
        .join(OrderLine, OrderLine.id == LotAllocation.line_id)
        .where(OrderLine.suborder_id == suborder_id, LotAllocation.state != "released")
        .order_by(LotAllocation.id)
    )
    lines: dict[int, list[tuple[int, int, int]]] = {}
    partly = False
    for line_id, allocation_id, quantity, sent, left in rows:
        here = quantity - sent
        lines.setdefault(line_id, []).append((allocation_id, here, int(left) - here))
        partly = partly or sent > 0
    return Rest(partly, lines)


def give_up(goods: Sequence[CameBack]) -> None:
    """The given back part of each allocation becomes a released row of its own; a whole one is released itself.

    Raises Conflict where what was held has just changed. Four statements at most.
    """
    less = {one.allocation_id: one.quantity for one in goods}
    held = session().execute(
        select(
            LotAllocation.id, LotAllocation.line_id, LotAllocation.cooperative_id, LotAllocation.lot_id, LotAllocation.quantity
        )
        .where(LotAllocation.id.in_(less), LotAllocation.state == "reserved")
        .order_by(LotAllocation.id)
        .with_for_update()
    ).all()  # fmt: skip
    if len(held) != len(less):
        raise Conflict(_("这张订单的留货刚刚变了，请刷新后再试"))
    parts = [row for row in held if less[row.id] < row.quantity]
    _shrink({row.id: less[row.id] for row in parts})
    whole = [row.id for row in held if less[row.id] == row.quantity]
    session().execute(
        update(LotAllocation)
        .where(LotAllocation.id.in_(whole))
        .values(state="released")
        .execution_options(synchronize_session=False)
    )
    insert_rows(
        LotAllocation,
        [
            {
                "line_id": row.line_id, "cooperative_id": row.cooperative_id, "lot_id": row.lot_id, "quantity": less[row.id],
                "state": "released",
            }
            for row in parts
        ],
    )  # fmt: skip


def _shrink(less: Mapping[int, int]) -> None:
    """What stays of each may all be sent already."""
    if less:
        now = LotAllocation.quantity - case(less, value=LotAllocation.id)
        session().execute(
            update(LotAllocation)
            .where(LotAllocation.id.in_(less))
            .values(quantity=now, state=case((now == LotAllocation.sent, "shipped"), else_="reserved"))
            .execution_options(synchronize_session=False)
        )
