"""Requests in the demo traffic: goods sent back after they were asked for, or money that the township grants after a refusal."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, select

from shop.aftersale import asking, deciding, moves
from shop.commands.demo.dice import Dice
from shop.commands.demo.parcels import waybill
from shop.cooperatives.people.models import Cooperative, Village
from shop.core.db import session, transaction
from shop.orders import returns
from shop.orders.attempts import retried
from shop.orders.models import Order, OrderLine, Suborder

AnyRow = Row[*tuple[Any, ...]]
COURSES = ("sent_back", "arbitrated")


def decide(order_id: int, course: str, dice: Dice, managers: Mapping[int, int]) -> list[int]:
    """One request about the first line of each part, lived through to its refund; returns their ids, to be sent."""
    with transaction():
        lines = session().execute(
            select(
                OrderLine.id, OrderLine.cooperative_id, OrderLine.count.label("units"), OrderLine.net_fen, Order.number,
                Order.buyer_id, Village.region_code,
            )
            .join(Suborder, Suborder.id == OrderLine.suborder_id)
            .join(Order, Order.id == Suborder.order_id)
            .join(Cooperative, Cooperative.id == OrderLine.cooperative_id)
            .join(Village, Village.id == Cooperative.village_id)
            .where(Suborder.order_id == order_id, OrderLine.seq == 1)
            .order_by(OrderLine.id)
        ).all()  # fmt: skip
    live = _sent_back if course == "sent_back" else _arbitrated
    return [live(line, dice, managers[line.cooperative_id]) for line in lines]


def _ask(line: AnyRow, wish: asking.Wish) -> int:
    key = f"traffic-{secrets.token_hex(12)}"
    return retried(lambda: asking.ask(line.id, line.number, line.buyer_id, wish, request_key=key))[0]


def _sent_back(line: AnyRow, dice: Dice, manager: int) -> int:
    request_id = _ask(line, asking.Wish(moves.GOODS, moves.NO_REASON, packs=1 + dice.below(line.units)))
    place = "合作社库房，社里收"
    retried(lambda: deciding.ask_back(request_id, line.cooperative_id, place, by=manager))
    company, number = waybill(dice)
    retried(lambda: deciding.send_back(request_id, line.buyer_id, company, number))
    goods = dice.weighted((returns.RETURNED, returns.LOST), (80, 20))
    made = retried(lambda: deciding.take(request_id, line.cooperative_id, by=manager, goods=goods))
    return made.refund_id


def _arbitrated(line: AnyRow, dice: Dice, manager: int) -> int:
    fen = 2 + dice.below(max(1, line.net_fen // 4))
    request_id = _ask(line, asking.Wish(moves.AMOUNT, "damaged", "收到时压坏了", fen=fen))
    retried(lambda: deciding.refuse(request_id, line.cooperative_id, "照片看不出来", by=manager))
    retried(lambda: deciding.call_in(request_id, line.buyer_id, "请镇里看看"))
    bearer = dice.weighted(("cooperative", "town"), (70, 30))
    half = fen - fen // 2
    made = retried(
        lambda: deciding.grant(request_id, line.region_code, "退一半", by=manager, fen=half, bearer=bearer)
    )
    return made.refund_id
