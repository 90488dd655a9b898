"""The parcels of a gift: who gets them, and how far each one is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, func, select, text

from shop.core import clock
from shop.core.db import session
from shop.core.errors import Conflict, NotFound
from shop.orders import states
from shop.orders.buying_models import GiftRecipient
from shop.orders.fulfilment import waybill
from shop.orders.models import Order, OrderLine, Suborder


def recipients(suborder_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Who gets the goods of this suborder, in the order of the list; none where it is no gift. One statement."""
    return (
        session()
        .execute(
            select(
                GiftRecipient.id, GiftRecipient.seq, GiftRecipient.count, GiftRecipient.recipient, GiftRecipient.phone,
                GiftRecipient.region_text, GiftRecipient.address, GiftRecipient.express_company,
                GiftRecipient.express_number, GiftRecipient.shipped_at, Order.greeting, Order.recipient.label("giver"),
            )
            .join(OrderLine, OrderLine.id == GiftRecipient.line_id)
            .join(Suborder, Suborder.id == OrderLine.suborder_id)
            .join(Order, Order.id == Suborder.order_id)
            .where(OrderLine.suborder_id == suborder_id)
            .order_by(GiftRecipient.seq)
        )
        .all()
    )  # fmt: skip


def of_order(order_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The recipients of an order with their parcels, for its buyer. One statement."""
    return (
        session()
        .execute(
            select(
                GiftRecipient.seq, GiftRecipient.count, GiftRecipient.recipient, GiftRecipient.region_text,
                GiftRecipient.express_company, GiftRecipient.express_number, GiftRecipient.shipped_at,
            )
            .join(OrderLine, OrderLine.id == GiftRecipient.line_id)
            .join(Suborder, Suborder.id == OrderLine.suborder_id)
            .where(Suborder.order_id == order_id)
            .order_by(GiftRecipient.seq)
        )
        .all()
    )  # fmt: skip


def send(suborder_id: int, cooperative_id: int, company: str, numbers: dict[int, str]) -> int:
    """Note the parcels that went, by recipient id. Returns how many are still to go. Four statements.

    A parcel that went stays as it was noted. Raises Refused for a waybill that is none, NotFound for a recipient of another
    suborder and another cooperative's, Conflict where the order is not to be dispatched now.
    """
    bills = {recipient_id: waybill(company, number)[1] for recipient_id, number in numbers.items()}
    state = session().scalar(
        select(Suborder.state)
        .where(Suborder.id == suborder_id, Suborder.cooperative_id == cooperative_id)
        .with_for_update(key_share=True)
    )
    if state is not None and state != states.TO_SHIP:
        raise Conflict(_("这一单现在不用发货：没有付款、已经发完或已经关闭"))
    known = {row.id: row for row in recipients(suborder_id)}
    if not known or set(numbers) - set(known):
        raise NotFound
    session().execute(
        text("""
update gift_recipient r set express_company = :company, express_number = t.number, shipped_at = :at
  from unnest(cast(:ids as bigint[]), cast(:numbers as text[])) as t(id, number)
 where r.id = t.id and r.cooperative_id = :coop and r.shipped_at is null"""),
        {
            "company": company,
            "at": clock.now(),
            "ids": list(bills),
            "numbers": list(bills.values()),
            "coop": cooperative_id,
        },
    )
    left = (
        select(func.count())
        .select_from(GiftRecipient)
        .join(OrderLine, OrderLine.id == GiftRecipient.line_id)
        .where(OrderLine.suborder_id == suborder_id, GiftRecipient.shipped_at.is_(None))
    )
    return int(session().execute(left).scalar_one())
