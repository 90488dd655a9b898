"""Another lot for goods that are held and not sent: the packer's choice, with everything that follows from it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, case, select, update

from shop.cooperatives.income import swapping
from shop.cooperatives.produce import choosing, stock
from shop.cooperatives.produce.models import Produce
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.quantity import format_quantity
from shop.orders import attributing, returns, settling, states
from shop.orders.models import LotAllocation, Order, OrderLine, Suborder
from shop.orders.moving import tell
from shop.orders.packing_models import LotSwap

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Swapped(NamedTuple):
    """`fresh` is false when the same request had done it before."""

    swap_id: int
    fresh: bool


def swap(
    suborder_id: int,
    cooperative_id: int,
    allocation_id: int,
    lot_id: int,
    quantity: int,
    *,
    request_key: str,
    by: int | None,
    at: datetime | None = None,
) -> Swapped:
    """Hold `quantity` grams or pieces in this lot instead of where the allocation holds them; frozen at dispatch.

    Whose goods were sold follows, in the books too. Order, suborder and lots are locked in this order, as a refund does.
    Raises NotFound (also for another cooperative's), Refused (lot, quantity), Conflict (sent, refunded or changed meanwhile).
    """
    if not _KEY.fullmatch(request_key):
        raise Refused(_("页面信息不完整，请刷新后再换"))
    settling.lock_order(returns.order_of(suborder_id, cooperative_id))
    part = _lock_part(suborder_id)
    key = f"swap-{suborder_id}-{request_key}"
    known = session().scalar(select(LotSwap.id).where(LotSwap.request_key == key))
    if known is not None:
        return Swapped(known, False)
    if part.state != states.TO_SHIP:
        raise Conflict(_("这张订单已经发货或关闭，批次不能再换"))
    held = _held(suborder_id, allocation_id)
    if held.state != "reserved":
        raise Conflict(_("这些货刚刚发走、退掉或换过批次，请看清现在的批次再换"))
    left = held.quantity - held.sent
    if not 0 < quantity <= left:
        amount = format_quantity(left, held.unit_kind, held.count_word)
        raise Refused(_("最多能换 %(amount)s", amount=amount), field="quantity")
    moment = at or clock.now()
    codes = choosing.lock_other(held.lot_id, lot_id, held.produce_id, quantity, clock.shanghai_day(moment))
    stock.exchange(held.lot_id, lot_id, quantity)
    to = _hold_anew(held, lot_id, quantity, left)
    faults.point("lot_swaps:held")
    moved = _attribute_anew(held, to, left, part.attributed_at, moment, by)
    row = {
        "cooperative_id": cooperative_id, "line_id": held.line_id, "from_allocation_id": held.id, "to_allocation_id": to[0][0],
        "rest_allocation_id": to[1][0] if len(to) > 1 else None, "quantity": quantity,
        "fen": moved.shares[to[0][0]] if moved else None, "on_date": moved.on_date if moved else None,
        "request_key": key, "by": by, "at": moment,
    }  # fmt: skip
    swap_id = int(insert_rows(LotSwap, [row], "id")[0])
    amount = format_quantity(quantity, held.unit_kind, held.count_word)
    note = f"{held.product_name} {amount} {codes[0]} → {codes[1]}"
    tell("lot_swapped", [(part.order_id, suborder_id)], actor_id=by, note=note, at=moment)
    activity.record(
        "suborder.swap_lot",
        "suborder",
        suborder_id,
        cooperative_id=cooperative_id,
        before={"line": held.line_id, "lot": codes[0], "quantity": left},
        after={"swap": swap_id, "lot": codes[1], "quantity": quantity},
        actor_id=by,
    )
    faults.point("lot_swaps:done")
    return Swapped(swap_id, True)


def _lock_part(suborder_id: int) -> Row[*tuple[Any, ...]]:
    return (
        session()
        .execute(
            select(Suborder.state, Suborder.order_id, Order.attributed_at)
            .join(Order, Order.id == Suborder.order_id)
            .where(Suborder.id == suborder_id)
            .with_for_update(of=Suborder, key_share=True)
        )
        .one()
    )


def _held(suborder_id: int, allocation_id: int) -> Row[*tuple[Any, ...]]:
    """The allocation; whoever changes it holds its suborder, so it need not be locked."""
    found = session().execute(
        select(
            LotAllocation.id, LotAllocation.line_id, LotAllocation.cooperative_id, LotAllocation.lot_id, LotAllocation.quantity,
            LotAllocation.sent, LotAllocation.state, OrderLine.produce_id, OrderLine.unit_kind, OrderLine.product_name,
            Produce.count_word,
        )
        .join(OrderLine, OrderLine.id == LotAllocation.line_id)
        .join(Produce, Produce.id == OrderLine.produce_id)
        .where(LotAllocation.id == allocation_id, OrderLine.suborder_id == suborder_id)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound(_("没有找到这些货"))
    return found


def _hold_anew(
    held: Row[*tuple[Any, ...]], lot_id: int, quantity: int, left: int
) -> list[tuple[int, int, int]]:
    """What was not sent of the old allocation ends there and is held anew: (id, lot, quantity), the new lot's first."""
    kept = LotAllocation.quantity if not held.sent else LotAllocation.sent
    session().execute(
        update(LotAllocation)
        .where(LotAllocation.id == held.id)
        .values(quantity=kept, state=case((LotAllocation.sent == 0, "released"), else_="shipped"))
        .execution_options(synchronize_session=False)
    )
    places = [(lot_id, quantity)] + ([(held.lot_id, left - quantity)] if quantity < left else [])
    rows = [
        {"line_id": held.line_id, "cooperative_id": held.cooperative_id, "lot_id": place, "quantity": goods}
        for place, goods in places
    ]
    ids = insert_rows(LotAllocation, rows, "id")
    return [(new_id, place, goods) for new_id, (place, goods) in zip(ids, places, strict=True)]


def _attribute_anew(
    held: Row[*tuple[Any, ...]],
    to: list[tuple[int, int, int]],
    left: int,
    attributed_at: datetime | None,
    moment: datetime,
    by: int | None,
) -> swapping.Moved | None:
    """None where the order is not paid yet: its attribution will find the new lots."""
    if attributed_at is None:
        return None
    moved = swapping.exchange(
        swapping.Exchange(
            held.line_id, held.cooperative_id, held.id, left, tuple(to), clock.shanghai_day(moment), by
        )
    )
    attributing.note_shares(moved.shares)
    return moved
