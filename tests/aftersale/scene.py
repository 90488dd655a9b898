"""A sale and what people ask of it: each step in a transaction of its own, as a page takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shop.accounts.models import User
from shop.aftersale import asking, deciding, moves
from shop.core import clock
from shop.core.db import insert_rows, transaction
from shop.orders import fulfilment, returns
from tests.orders import market
from tests.payments.refund_scene import line_ids, new_key, part_ids, ship


@dataclass
class Sale:
    """A paid order of one line with whoever takes part."""

    stall: market.Stall
    buyer: market.Buyer
    order_id: int
    number: str
    line: int
    part: int
    manager: int

    @property
    def coop(self) -> int:
        return self.stall.coop.id

    def ask(self, kind: str = moves.GOODS, reason: str = "damaged", key: str = "", **more: Any) -> int:
        at: datetime | None = more.pop("at", None)
        if kind == moves.GOODS:
            more = {"packs": 1} | more
        with transaction():
            return asking.ask(
                self.line,
                self.number,
                self.buyer.id,
                asking.Wish(kind, reason, **more),
                request_key=key or new_key(),
                at=at,
            )[0]

    def receive(self) -> None:
        with transaction():
            fulfilment.receive(self.number, self.buyer.id)

    def send(self, request_id: int) -> None:
        with transaction():
            deciding.ask_back(request_id, self.coop, "大川镇街道 8 号，王社长 13800000000", by=self.manager)
        with transaction():
            deciding.send_back(request_id, self.buyer.id, "sf", "SF1234567890123")

    def take(self, request_id: int, goods: str = returns.RETURNED) -> Any:
        with transaction():
            return deciding.take(request_id, self.coop, by=self.manager, goods=goods)


def sale(
    packs: int = 3, *, sent: bool = True, received: bool = True, stall: market.Stall | None = None
) -> Sale:
    """`packs` of a stall, paid and attributed; dispatched and received as asked."""
    goods = stall or market.stall(packs=20, mode="consign_fixed")
    buyer = market.buyer()
    placed = market.paid(buyer, {goods.sku_id: packs})
    with transaction():
        manager = insert_rows(User, [{"phone": f"+8613811{placed.order_id:06d}", "name": "管理员"}], "id")[0]
    made = Sale(
        goods,
        buyer,
        placed.order_id,
        placed.number,
        line_ids(placed.order_id)[0],
        part_ids(placed.order_id)[0],
        manager,
    )
    if sent:
        ship(placed.order_id)
    if sent and received:
        made.receive()
    return made


def state(request_id: int) -> str:
    return str(market.rows("select state from return_request where id = :id", id=request_id)[0].state)


def events(request_id: int) -> list[tuple[str, str]]:
    found = market.rows(
        "select event, side from return_event where request_id = :id order by id", id=request_id
    )
    return [(row.event, row.side) for row in found]


def back(order_id: int) -> list[tuple[str, int]]:
    """The refunds of an order: kind and fen."""
    found = market.rows("select kind, amount_fen from refund where order_id = :id order by id", id=order_id)
    return [(row.kind, row.amount_fen) for row in found]


def pass_days(request_id: int, days: int) -> None:
    """As if what is due had been due so much earlier."""
    with transaction():
        market.row(
            "update return_request set due_at = due_at - make_interval(days => :days) where id = :id returning id",
            days=days, id=request_id,
        )  # fmt: skip


def received_ago(part: int, days: int) -> None:
    with transaction():
        market.row(
            "update suborder set received_at = :at where id = :id returning id",
            at=clock.now() - timedelta(days=days), id=part,
        )  # fmt: skip
