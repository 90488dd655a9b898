"""Parcels and reviews in the demo traffic: some orders go in two parcels, some of what arrived is reviewed."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from shop.commands.demo.dice import Dice
from shop.commands.demo.figures import MARK
from shop.commands.demo.parcels import waybill
from shop.core.db import session, transaction
from shop.orders import fulfilment
from shop.orders.models import OrderLine, Suborder
from shop.orders.reviews import writing


def send(order_id: int, managers: Mapping[int, int], dice: Dice, parcel_dice: Dice) -> None:
    """Each cooperative's part goes off; a third of those with more than one pack in two parcels."""
    with transaction():
        parts = session().execute(
            select(Suborder.id, Suborder.cooperative_id).where(Suborder.order_id == order_id).order_by(Suborder.id)
        ).all()  # fmt: skip
    for part in parts:
        company, number = waybill(dice)
        by = managers[part.cooperative_id]
        with transaction():
            ahead = _ahead(part.id, parcel_dice)
            if ahead:
                fulfilment.ship(part.id, part.cooperative_id, *waybill(parcel_dice), by=by, goods=ahead)
            fulfilment.ship(part.id, part.cooperative_id, company, number, by=by)


def _ahead(suborder_id: int, dice: Dice) -> dict[int, int]:
    """One pack of the first line for a parcel of its own, or nothing."""
    lines = session().execute(
        select(OrderLine.id, OrderLine.unit_quantity, OrderLine.count.label("units"))
        .where(OrderLine.suborder_id == suborder_id)
        .order_by(OrderLine.seq)
    ).all()  # fmt: skip
    if sum(line.units for line in lines) < 2 or not dice.percent(33):
        return {}
    return {lines[0].id: lines[0].unit_quantity}


def review(order_id: int, buyer_id: int, dice: Dice) -> None:
    """A third of the lines that arrived, each in its own transaction as on the page."""
    with transaction():
        lines = session().scalars(
            select(OrderLine.id)
            .join(Suborder, Suborder.id == OrderLine.suborder_id)
            .where(Suborder.order_id == order_id)
            .order_by(OrderLine.id)
        ).all()  # fmt: skip
    for line_id in lines:
        if dice.percent(33):
            stars = dice.between(2, 5)
            with transaction():
                writing.write(line_id, buyer_id, stars, f"收到了，给{stars}颗星（{MARK}）")
