"""Goods sold by weight, weighed when they are packed: what is missing goes back to the buyer, never more is charged.

The missing grams are a goods refund of goods that were not sent: they are on sale again, households and books follow.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, func, select

from shop.catalog.models import Sku
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import format_yuan
from shop.core.quantity import format_weight
from shop.orders import returns, settling, states
from shop.orders.models import LotAllocation, OrderLine, Suborder
from shop.orders.moving import tell
from shop.orders.shipment_models import Shipment
from shop.payments import refunds
from shop.payments.models import Refund, RefundLine
from shop.payments.weighing_models import Weighing

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Weighed(NamedTuple):
    """`fresh` is false when the same request had done it before; `by_provider`: ring payments.send_refund after the commit."""

    refund_id: int
    amount_fen: int
    weighed: int
    fresh: bool
    by_provider: bool


class Note(NamedTuple):
    """What the buyer is told of a line: grams ordered for a parcel, grams in it, and the fen that go back."""

    ordered: int
    weighed: int
    fen: int


def weigh(
    suborder_id: int,
    cooperative_id: int,
    line_id: int,
    grams: int,
    *,
    request_key: str,
    by: int | None,
    at: datetime | None = None,
) -> Weighed:
    """What is left to send of a line weighs `grams`; once for a line and parcel. The difference is refunded by the rule of
    every goods refund: the running share of the line's net, so that all of it together is worth exactly its net.

    Raises NotFound (also for another cooperative's), Refused on weighed (not less than ordered), Conflict (sent, weighed already,
    not paid yet, not sold by weight).
    """
    if not _KEY.fullmatch(request_key):
        raise Refused(_("页面信息不完整，请刷新后再称"))
    settling.lock_order(returns.order_of(suborder_id, cooperative_id))
    part = returns.part_of(suborder_id, lock=True)
    key = f"weigh-{suborder_id}-{request_key}"
    known = session().execute(_made(key)).one_or_none()
    if known is not None:
        return Weighed(known.refund_id, known.amount_fen, known.weighed, False, part.channel == "provider")
    line = _line(suborder_id, line_id)
    _check(part, line, grams)
    parcel = _next_parcel(suborder_id)
    before = session().scalar(
        select(Weighing.weighed).where(Weighing.line_id == line_id, Weighing.parcel == parcel)
    )
    if before is not None:
        raise Conflict(_("这一样已经称过，是 %(weight)s；要更正请用退款", weight=format_weight(int(before))))
    ordered = int(line.left)
    moment = at or clock.now()
    made = refunds.refund_goods(
        suborder_id,
        [returns.Wanted(line_id, ordered - grams)],
        by=by,
        reason=_("实际称重 %(weight)s，退差价", weight=format_weight(grams)),
        request_key=f"w-{request_key}"[:64],
        cooperative_id=cooperative_id,
        at=moment,
    )
    refund_line_id = session().execute(
        select(RefundLine.id).where(RefundLine.refund_id == made.refund_id)
    ).scalar_one()  # fmt: skip
    row = {
        "cooperative_id": cooperative_id, "line_id": line_id, "parcel": parcel, "ordered": ordered, "weighed": grams,
        "refund_line_id": refund_line_id, "request_key": key, "by": by, "at": moment,
    }  # fmt: skip
    insert_rows(Weighing, [row])
    faults.point("weighing:written")
    words = {"name": line.product_name, "weight": format_weight(grams), "ordered": format_weight(ordered)}
    note = _(
        "%(name)s 订 %(ordered)s，实际称重 %(weight)s，退差价 %(fen)s",
        fen=format_yuan(made.amount_fen),
        **words,
    )
    tell("weighed", [(part.order_id, suborder_id)], actor_id=by, note=note, at=moment)
    activity.record(
        "suborder.weigh",
        "suborder",
        suborder_id,
        cooperative_id=cooperative_id,
        before={"line": line_id, "quantity": ordered},
        after={"quantity": grams, "parcel": parcel, "refund": made.refund_id},
        actor_id=by,
    )
    return Weighed(made.refund_id, made.amount_fen, grams, True, made.by_provider)


def of_order(order_id: int) -> dict[int, list[Note]]:
    """Order line → its weighings, oldest first. One statement."""
    found: dict[int, list[Note]] = {}
    for row in session().execute(
        select(
            Weighing.line_id, Weighing.ordered, Weighing.weighed, (RefundLine.fen - RefundLine.town_borne_fen).label("fen")
        )
        .join(RefundLine, RefundLine.id == Weighing.refund_line_id)
        .join(OrderLine, OrderLine.id == Weighing.line_id)
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .where(Suborder.order_id == order_id)
        .order_by(Weighing.id)
    ):  # fmt: skip
        found.setdefault(row.line_id, []).append(Note(row.ordered, row.weighed, row.fen))
    return found


def weighed_parcels(suborder_id: int) -> dict[int, int]:
    """Line → grams weighed for the parcel that is being packed. One statement."""
    parcels = select(func.coalesce(func.max(Shipment.seq), 0) + 1).where(Shipment.suborder_id == suborder_id)
    rows = session().execute(
        select(Weighing.line_id, Weighing.weighed)
        .join(OrderLine, OrderLine.id == Weighing.line_id)
        .where(OrderLine.suborder_id == suborder_id, Weighing.parcel == parcels.scalar_subquery())
    )
    return {line_id: int(weighed) for line_id, weighed in rows}


def _made(key: str) -> Any:
    return (
        select(RefundLine.refund_id, Refund.amount_fen, Weighing.weighed)
        .join(RefundLine, RefundLine.id == Weighing.refund_line_id)
        .join(Refund, Refund.id == RefundLine.refund_id)
        .where(Weighing.request_key == key)
    )


def _line(suborder_id: int, line_id: int) -> Row[*tuple[Any, ...]]:
    """The line with what is left to send of it."""
    left = (
        select(func.coalesce(func.sum(LotAllocation.quantity - LotAllocation.sent), 0))
        .where(LotAllocation.line_id == OrderLine.id, LotAllocation.state == "reserved")
        .correlate(OrderLine)
        .scalar_subquery()
    )
    found = session().execute(
        select(OrderLine.id, OrderLine.product_name, OrderLine.unit_kind, Sku.by_weight, Suborder.delivery, left.label("left"))
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .where(OrderLine.id == line_id, OrderLine.suborder_id == suborder_id)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound(_("没有找到这个订单行"))
    return found


def _check(part: returns.Part, line: Row[*tuple[Any, ...]], grams: int) -> None:
    if part.state != states.TO_SHIP or not line.left:
        raise Conflict(_("这些货已经发走或退掉，不能再称"))
    if line.delivery == "gift":
        raise Conflict(_("送礼的订单每份一样，不按称重退差价"))
    if not line.by_weight or line.unit_kind != "g":
        raise Conflict(_("这个规格不是称重计价"))
    if not part.attributed:
        raise Conflict(_("这张订单还没有付款，收到钱以后才能退差价"))
    if grams <= 0:
        raise Refused(_("实际重量要大于 0；一点都没有请用退款"), field="weighed")
    if grams >= line.left:
        raise Refused(
            _("订的是 %(ordered)s。不少就不用填，多出的不另收钱", ordered=format_weight(int(line.left))),
            field="weighed",
        )


def _next_parcel(suborder_id: int) -> int:
    last = session().scalar(select(func.max(Shipment.seq)).where(Shipment.suborder_id == suborder_id))
    return int(last or 0) + 1
