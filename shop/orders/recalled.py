"""From a recalled lot to every order line and buyer, told once each, listed masked; from an order to what is recalled of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select, text

from shop.cooperatives.people.models import Cooperative
from shop.cooperatives.produce.loss_models import LotRecall, LotRecallLift
from shop.cooperatives.produce.models import Lot
from shop.core.db import session
from shop.core.privacy import mask_name, mask_phone
from shop.orders.models import LotAllocation, Order, OrderLine, Suborder
from shop.orders.reminders.models import Reminder
from shop.orders.reminders.telling import remember

MOST = 5000  # lines of a list, a print and a workbook

# One message a buyer and recall, under the newest of the orders that have goods of the lot; closed orders have none any more.
_TOLD = """
select distinct on (o.buyer_id) 'recall:' || r.id || ':' || o.buyer_id as key, 'recalled' as kind, o.id as order_id,
       '{}'::jsonb as details
  from lot_recall r join lot_allocation a on a.lot_id = r.lot_id and a.state <> 'released'
  join order_line l on l.id = a.line_id join suborder p on p.id = l.suborder_id join customer_order o on o.id = p.order_id
 where r.id = :recall and o.state <> 'closed' and o.buyer_id is not null
 order by o.buyer_id, o.id desc
"""
# Those who heard of the recall, or may have: its message is not dropped. Under the order that they heard of.
_TOLD_OF_LIFTING = """
select distinct on (t.key) 'recall_lift:' || substr(t.key, length('recall:') + 1) as key, 'recall_lifted' as kind, t.order_id,
       '{}'::jsonb as details
  from reminder t join lot_recall_lift f on f.recall_id = :recall
 where starts_with(t.key, 'recall:' || f.recall_id || ':') and t.kind = 'recalled' and t.state <> 'dropped'
 order by t.key, t.id
"""
_NOT_SENT = """
update reminder set state = 'dropped' where starts_with(key, 'recall:' || cast(:recall as bigint) || ':') and state = 'waiting'
"""


@dataclass(frozen=True, slots=True)
class Affected:
    """An order line with goods of the lot: grams or pieces, how much of it went already; its buyer masked."""

    suborder_id: int
    number: str
    state: str
    product: str
    spec: str
    quantity: int
    sent: int
    buyer: str
    phone: str
    told: str

    @property
    def held(self) -> int:
        return self.quantity - self.sent


def tell(recall_ids: Sequence[int]) -> None:
    """Note the message for every buyer, in the transaction of the recall; once each, whatever is repeated."""
    for recall_id in recall_ids:
        remember(_TOLD, {"recall": recall_id})


def tell_lifted(recall_id: int) -> None:
    """Who was told of the recall is told that it is over, once each, in the transaction of the lifting.

    A warning that has not gone yet is not sent any more, and who never had it is told nothing.
    """
    session().execute(text(_NOT_SENT), {"recall": recall_id})
    remember(_TOLD_OF_LIFTING, {"recall": recall_id})


def affected(recall_id: int, cooperative_id: int) -> list[Affected]:
    """Lines that have goods of the recalled lot, those that have not gone yet first. One statement."""
    told = (
        select(Reminder.state)
        .where(
            Reminder.key == func.concat("recall:", LotRecall.id, ":", Order.buyer_id),
            Reminder.channel == "sms",
        )
        .correlate(LotRecall, Order)
        .scalar_subquery()
    )
    held = func.sum(LotAllocation.quantity - LotAllocation.sent)
    rows = session().execute(
        select(
            Suborder.id, Suborder.number, Suborder.state, OrderLine.product_name, OrderLine.spec,
            func.sum(LotAllocation.quantity).label("quantity"), func.sum(LotAllocation.sent).label("sent"), Order.recipient,
            Order.phone, told.label("told"),
        )
        .select_from(LotRecall)
        .join(LotAllocation, LotAllocation.lot_id == LotRecall.lot_id)
        .join(OrderLine, OrderLine.id == LotAllocation.line_id)
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .join(Order, Order.id == Suborder.order_id)
        .where(
            LotRecall.id == recall_id, LotRecall.cooperative_id == cooperative_id, LotAllocation.state != "released",
            Order.state != "closed",
        )
        .group_by(LotRecall.id, Suborder.id, OrderLine.id, Order.id)
        .order_by((held == 0), Suborder.id.desc(), OrderLine.seq)
        .limit(MOST)
    )  # fmt: skip
    return [
        Affected(
            row.id, row.number, row.state, row.product_name, row.spec, int(row.quantity), int(row.sent),
            mask_name(row.recipient), mask_phone(row.phone), row.told or "",
        )
        for row in rows
    ]  # fmt: skip


def of_order(order_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """What of an order is called back, or was: product, code, trace_code, reason, advice, at, phone of the seller; lifted_at
    and lift_reason where it is over. One statement."""
    return session().execute(
        select(
            func.min(OrderLine.product_name).label("product"), Lot.code, Lot.trace_code, LotRecall.reason, LotRecall.advice,
            LotRecall.at, Cooperative.phone, LotRecallLift.at.label("lifted_at"), LotRecallLift.reason.label("lift_reason"),
        )
        .select_from(OrderLine)
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .join(LotAllocation, LotAllocation.line_id == OrderLine.id)
        .join(Lot, Lot.id == LotAllocation.lot_id)
        .join(LotRecall, LotRecall.lot_id == Lot.id)
        .join(Cooperative, Cooperative.id == Lot.cooperative_id)
        .outerjoin(LotRecallLift, LotRecallLift.recall_id == LotRecall.id)
        .where(
            Suborder.order_id == order_id, LotAllocation.state != "released",
            LotRecallLift.recall_id.is_(None) | (LotAllocation.at < LotRecallLift.at),
        )
        .group_by(Lot.id, LotRecall.id, Cooperative.id, LotRecallLift.recall_id)
        .order_by(LotRecallLift.at.is_not(None), Lot.id, LotRecall.id.desc())
    ).all()  # fmt: skip
