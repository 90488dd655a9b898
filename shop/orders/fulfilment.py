"""Goods on their way: dispatched by the cooperative, received by the buyer or, after some days, by the clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, func, select

from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.numbers import fold
from shop.orders import express, packing, states
from shop.orders.models import Order, Suborder
from shop.orders.moving import move_suborders, tell
from shop.orders.parts import AUTO_RECEIVE_AFTER
from shop.orders.reminders import telling
from shop.orders.shipment_models import Shipment, Waybill

BATCH = 200

_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,38}[A-Z0-9]")


class Shipped(NamedTuple):
    """`fresh` is false when it had been dispatched so before; `unusual`: the number does not look like this company's;
    `rest`: something of the suborder is still to be sent."""

    fresh: bool
    unusual: bool
    rest: bool = False


def ship(
    suborder_id: int,
    cooperative_id: int,
    company: str,
    number: str,
    by: int | None,
    at: datetime | None = None,
    *,
    goods: packing.Goods | None = None,
    parcel: int | None = None,
) -> Shipped:
    """Send a parcel: everything that is still to go, or the `goods` (order line → grams or pieces). Twelve statements.

    With the last of it the suborder is shipped. The same waybill again changes nothing. `parcel`: which one the sender thinks it
    is; when somebody sent that one meanwhile, it is refused. Raises NotFound (also for another cooperative's), Refused (company,
    number, goods), Conflict (not to be shipped, or sent by somebody else).
    """
    company, number = waybill(company, number)
    part = _lock(suborder_id, cooperative_id)
    unusual = express.looks_unusual(company, number)
    bills = packing.bills_of(suborder_id)
    present = {
        bill.shipment_id: (bill.company, bill.number) for bill in bills
    }  # the last of each parcel counts
    if (company, number) in present.values() and (number or part.state == states.SHIPPED):
        return Shipped(False, unusual, part.state == states.TO_SHIP)
    if part.state != states.TO_SHIP:
        raise Conflict(_not_shippable(part.state))
    seq = max((bill.seq for bill in bills), default=0) + 1
    if parcel is not None and parcel != seq:
        raise Conflict(_("刚才已经有人从这一单发出了一个包裹，请看清还剩什么再发"))
    held = packing.held_of(suborder_id)
    taken = packing.choose(held, goods)
    rest = sum(row.left for row in held) > sum(quantity for _row, quantity in taken)
    if (
        rest and part.order_state == states.PENDING
    ):  # at the door it is paid as a whole, or refused as a whole
        raise Refused(_("货到付款的订单要一次发完"), field="goods")
    moment = at or clock.now()
    words = f"{express.name_of(company)} {number}".strip()
    shipment_id = packing.write(suborder_id, cooperative_id, seq, taken, company, number, by, moment)
    faults.point("fulfilment:moved")
    if rest:
        tell("parcel_sent", [(part.order_id, suborder_id)], actor_id=by, note=words, at=moment)
    else:
        finish(suborder_id, by=by, note=words, at=moment)
    after: dict[str, Any] = {
        "state": part.state if rest else states.SHIPPED,
        "company": company,
        "number": number,
    }
    if rest or seq > 1:
        after["parcel"] = seq
    activity.record(
        "suborder.ship",
        "suborder",
        suborder_id,
        cooperative_id=cooperative_id,
        before={"state": part.state},
        after=after,
        actor_id=by,
    )
    telling.parcel_sent(shipment_id, company, number, rest=rest)
    faults.point("fulfilment:shipped")
    return Shipped(True, unusual, rest)


def finish(suborder_id: int, *, by: int | None, note: str, at: datetime) -> None:
    """Nothing of it is left to send: it is on its way. Two statements."""
    move_suborders(
        states.SHIP,
        [Suborder.id == suborder_id],
        values={"shipped_at": at},
        actor_id=by,
        note=note,
        at=at,
    )


def correct(
    shipment_id: int,
    cooperative_id: int,
    company: str,
    number: str,
    by: int | None,
    at: datetime | None = None,
) -> bool:
    """Another waybill for a parcel that went under a wrong one; the old one stays in its history. False: it is so already.

    Raises NotFound (also for another cooperative's), Refused (company, number), Conflict (a gift's, or closed).
    """
    company, number = waybill(company, number)
    found = session().execute(
        select(Suborder.id, Suborder.order_id, Suborder.state, Suborder.delivery)
        .join(Shipment, Shipment.suborder_id == Suborder.id)
        .where(Shipment.id == shipment_id, Shipment.cooperative_id == cooperative_id)
        .with_for_update(of=Suborder, key_share=True)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound(_("没有找到这个包裹"))
    if found.state == states.CLOSED or found.delivery == "gift":
        raise Conflict(_("这个包裹的单号不能在这里改"))
    last = [bill for bill in packing.bills_of(found.id) if bill.shipment_id == shipment_id][-1]
    if (last.company, last.number) == (company, number):
        return False
    moment = at or clock.now()
    row = {"shipment_id": shipment_id, "seq": last.bill + 1, "company": company, "number": number}
    insert_rows(Waybill, [row | {"by": by, "at": moment}])
    old, new = (
        f"{express.name_of(one)} {bill}".strip()
        for one, bill in ((last.company, last.number), (company, number))
    )
    tell("waybill_corrected", [(found.order_id, found.id)], actor_id=by, note=f"{old} → {new}", at=moment)
    activity.record(
        "suborder.waybill",
        "suborder",
        found.id,
        cooperative_id=cooperative_id,
        before={"parcel": last.seq, "company": last.company, "number": last.number},
        after={"parcel": last.seq, "company": company, "number": number},
        actor_id=by,
    )
    telling.waybill_corrected(shipment_id, last.bill + 1, company, number)
    return True


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
            select(Suborder.state, Suborder.order_id, Order.state.label("order_state"))
            .join(Order, Order.id == Suborder.order_id)
            .where(Suborder.id == suborder_id, Suborder.cooperative_id == cooperative_id)
            .with_for_update(of=Suborder, key_share=True)
        )
        .one_or_none()
    )
    if part is None:
        raise NotFound(_("没有找到这张订单"))
    return part


def _not_shippable(state: str) -> str:
    if state in (states.SHIPPED, states.RECEIVED):
        return str(_("这张订单已经发货，单号写错了请在这一单的页面上更正"))
    if state == states.CLOSED:
        return str(_("这张订单已关闭，不能发货"))
    return str(_("这张订单还没有付款，不能发货"))
