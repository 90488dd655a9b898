"""Goods on their way: dispatched by the cooperative, received by the buyer or, after some days, by the clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, func, select, update

from shop.cooperatives.produce import stock
from shop.core import activity, clock, faults
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.numbers import fold
from shop.core.terms import AUTO_RECEIVE_DAYS
from shop.orders import express, states
from shop.orders.models import LotAllocation, Order, OrderLine, Suborder
from shop.orders.moving import move_suborders

AUTO_RECEIVE_AFTER = timedelta(days=AUTO_RECEIVE_DAYS)
BATCH = 200

_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,38}[A-Z0-9]")


class Shipped(NamedTuple):
    """`fresh` is false when it had been dispatched so before; `unusual`: the number does not look like this company's."""

    fresh: bool
    unusual: bool


def ship(
    suborder_id: int,
    cooperative_id: int,
    company: str,
    number: str,
    by: int | None,
    at: datetime | None = None,
) -> Shipped:
    """Dispatch a whole suborder. Seven statements.

    The same dispatch again changes nothing. Raises NotFound (also for another cooperative's), Refused (company, number),
    Conflict (not to be shipped, or already gone with another number).
    """
    company, number = waybill(company, number)
    part = _lock(suborder_id, cooperative_id)
    unusual = express.looks_unusual(company, number)
    if (part.state, part.express_company, part.express_number) == (states.SHIPPED, company, number):
        return Shipped(False, unusual)
    moment = at or clock.now()
    moved = move_suborders(
        states.SHIP,
        [Suborder.id == suborder_id, Suborder.cooperative_id == cooperative_id],
        values={"express_company": company, "express_number": number, "shipped_at": moment},
        actor_id=by,
        note=f"{express.name_of(company)} {number}".strip(),
        at=moment,
    )
    if not moved:
        raise Conflict(_not_shippable(part.state))
    faults.point("fulfilment:moved")
    stock.ship(_leave(suborder_id))
    activity.record(
        "suborder.ship",
        "suborder",
        suborder_id,
        cooperative_id=cooperative_id,
        before={"state": part.state},
        after={"state": states.SHIPPED, "company": company, "number": number},
        actor_id=by,
    )
    faults.point("fulfilment:shipped")
    return Shipped(True, unusual)


def receive(number: str, buyer_id: int, at: datetime | None = None) -> int:
    """The buyer has everything of a suborder (or of a whole order, by its number) that is on its way; returns how many parts.

    Raises NotFound, Conflict when nothing is on its way.
    """
    rows = (
        session()
        .execute(
            select(Suborder.id, Suborder.state, Order.state.label("order_state"))
            .join(Order, Order.id == Suborder.order_id)
            .where(Order.buyer_id == buyer_id, (Order.number == number) | (Suborder.number == number))
            .order_by(Suborder.id)
        )
        .all()
    )
    if not rows:
        raise NotFound(_("没有找到这张订单"))
    if rows[0].order_state == states.PENDING and any(row.state == states.SHIPPED for row in rows):
        raise Conflict(_("这张订单是货到付款，合作社收到现金时就算签收，不用在这里确认"))
    moved = _receive([row.id for row in rows], buyer_id, at)
    if not moved and not any(row.state == states.RECEIVED for row in rows):
        raise Conflict(_("这张订单还没有发货，收到货后再确认"))
    return len(moved)


def overdue(limit: int = BATCH) -> list[int]:
    """Suborders dispatched so long ago that they count as received. One statement."""
    return list(
        session()
        .execute(
            select(Suborder.id)
            .join(Order, Order.id == Suborder.order_id)
            .where(
                Suborder.state == states.SHIPPED,
                Suborder.shipped_at < func.now() - AUTO_RECEIVE_AFTER,
                Order.state == states.PAID,  # one to be paid at the door is received with its cash
            )
            .order_by(Suborder.id)
            .limit(limit)
        )
        .scalars()
    )


def receive_overdue(suborder_ids: Sequence[int]) -> None:
    """The clock confirms what the buyer did not, also when it is called twice."""
    _receive(suborder_ids, None, None)


def _receive(
    suborder_ids: Sequence[int], buyer_id: int | None, at: datetime | None
) -> list[Row[*tuple[Any, ...]]]:
    moment = at or clock.now()
    note = "" if buyer_id is not None else _("发货满 %(days)d 天，自动确认", days=AUTO_RECEIVE_AFTER.days)
    return move_suborders(
        states.RECEIVE,
        [Suborder.id.in_(suborder_ids)],
        values={"received_at": moment},
        actor_id=buyer_id,
        note=note,
        at=moment,
    )


def waybill(company: str, number: str) -> tuple[str, str]:
    """Company and number as they are kept. Raises Refused naming company or number."""
    if company not in express.BY_CODE:
        raise Refused(_("请选择快递公司"), field="company")
    number = fold(number).upper().replace(" ", "")
    if express.BY_CODE[company].pattern is None and not number:
        return company, ""
    if not _NUMBER.fullmatch(number):
        raise Refused(_("快递单号只能是 5 到 40 位字母和数字，请对照面单再填一次"), field="number")
    return company, number


def _lock(suborder_id: int, cooperative_id: int) -> Row[*tuple[Any, ...]]:
    part = (
        session()
        .execute(
            select(Suborder.state, Suborder.express_company, Suborder.express_number)
            .where(Suborder.id == suborder_id, Suborder.cooperative_id == cooperative_id)
            .with_for_update(key_share=True)
        )
        .one_or_none()
    )
    if part is None:
        raise NotFound(_("没有找到这张订单"))
    return part


def _leave(suborder_id: int) -> list[tuple[int, int, int, int]]:
    """The suborder's reserved allocations become shipped; exactly those leave the store."""
    lines = select(OrderLine.id).where(OrderLine.suborder_id == suborder_id)
    rows = session().execute(
        update(LotAllocation)
        .where(LotAllocation.line_id.in_(lines), LotAllocation.state == "reserved")
        .values(state="shipped")
        .returning(
            LotAllocation.id, LotAllocation.lot_id, LotAllocation.cooperative_id, LotAllocation.quantity
        )
        .execution_options(synchronize_session=False)
    )
    return sorted((row.id, row.lot_id, row.cooperative_id, row.quantity) for row in rows)


def _not_shippable(state: str) -> str:
    if state in (states.SHIPPED, states.RECEIVED):
        return str(_("这张订单已经发货，快递单号不能在这里改"))
    if state == states.CLOSED:
        return str(_("这张订单已关闭，不能发货"))
    return str(_("这张订单还没有付款，不能发货"))
