"""Refunds in the demo traffic: goods sent back or lost, orders called off before dispatch, a sum for a squashed box."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import select

from shop.commands.demo.dice import Dice
from shop.core.db import session, transaction
from shop.orders import returns
from shop.orders.attempts import retried
from shop.orders.models import Suborder
from shop.payments import refunds

COURSES = ("returned", "called_back", "compensated")
REASONS = {"returned": "买家收到后不想要了", "called_back": "买家下错了单", "compensated": "包装压坏了"}


def decide(order_id: int, course: str, dice: Dice, managers: Mapping[int, int]) -> list[int]:
    """One refund for each part of the order, decided by its cooperative's manager; returns their ids, to be sent."""
    with transaction():
        parts = session().execute(
            select(Suborder.id, Suborder.cooperative_id).where(Suborder.order_id == order_id).order_by(Suborder.id)
        ).all()  # fmt: skip
    made = []
    for part in parts:
        with transaction():
            lines = returns.lines_of(part.id)
        terms: dict[str, Any] = {
            "by": managers[part.cooperative_id], "reason": REASONS[course], "request_key": f"traffic-{secrets.token_hex(12)}",
            "cooperative_id": part.cooperative_id,
        }  # fmt: skip
        if course == "compensated":
            deed = partial(
                refunds.refund_amount,
                part.id,
                1 + dice.below((lines[0].net_fen - lines[0].town_borne_fen) // 4),
                **terms,
            )
        elif course == "called_back":
            wanted = [returns.Wanted(line.id, line.quantity) for line in lines]
            deed = partial(refunds.refund_goods, part.id, wanted, freight=True, **terms)
        else:
            line = dice.pick(lines)
            goods = dice.weighted((returns.RETURNED, returns.LOST), (70, 30))
            wanted = [returns.Wanted(line.id, line.unit_quantity * (1 + dice.below(line.units)), goods)]
            deed = partial(refunds.refund_goods, part.id, wanted, **terms)
        made.append(retried(deed).refund_id)
    return made
