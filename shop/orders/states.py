"""The one table of legal moves of orders and suborders, with who may make them. Pure.

Whoever changes a state takes the move from here and updates `where state in move.sources`; nothing else changes one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from shop.core.text import N_


class Move(NamedTuple):
    """From any of `sources` to `target`; `event` is what the order's history then says."""

    event: str
    name: str
    sources: tuple[str, ...]
    target: str
    by: tuple[str, ...]


PENDING, PAID, CLOSED = "pending", "paid", "closed"
TO_SHIP, SHIPPED, RECEIVED = "to_ship", "shipped", "received"

ORDER_STATES = {PENDING: N_("待付款"), PAID: N_("已付款"), CLOSED: N_("已关闭")}
SUBORDER_STATES = {
    PENDING: N_("待付款"),
    TO_SHIP: N_("待发货"),
    SHIPPED: N_("待收货"),
    RECEIVED: N_("已签收"),
    CLOSED: N_("已关闭"),
}
CLOSE_REASONS = {
    "cancelled": N_("已取消"),
    "expired": N_("超时关闭"),
    "refunded": N_("已退款"),
    "not_taken": N_("已拒收"),
}

# An order. `revive`: the money came after the hold had ended and the goods were still there.
PAY = Move("paid", N_("已付款"), (PENDING,), PAID, ("provider", "staff"))
REVIVE = Move("revived", N_("付款晚于保留时间，已重新留货"), (CLOSED,), PAID, ("provider", "staff"))
CANCEL = Move("cancelled", N_("买家取消"), (PENDING,), CLOSED, ("buyer",))
EXPIRE = Move("expired", N_("超时未付款，订单关闭"), (PENDING,), CLOSED, ("clock",))

# A suborder. A paid one waits for its attribution (seconds) before it is put to the packers.
PREPARE = Move("to_ship", N_("等待发货"), (PENDING,), TO_SHIP, ("system",))
SHIP = Move("shipped", N_("已发货"), (TO_SHIP,), SHIPPED, ("manager",))
RECEIVE = Move("received", N_("确认收货"), (SHIPPED,), RECEIVED, ("buyer", "clock", "manager"))
CLOSE_PART = Move("part_closed", N_("已关闭"), (PENDING, TO_SHIP), CLOSED, ("buyer", "clock"))
REOPEN_PART = Move("part_reopened", N_("重新留货"), (CLOSED,), PENDING, ("provider", "staff"))

# Everything of it went back before dispatch: nothing is left to ship. An order ends so when all its parts did.
REFUND_PART = Move("part_refunded", N_("货款全退，不再发货"), (TO_SHIP,), CLOSED, ("manager", "staff"))
REFUND = Move("order_refunded", N_("全部退款，订单关闭"), (PAID,), CLOSED, ("manager", "staff"))

# Cash on delivery: the order waits for its money while its part is packed and brought; refused, everything comes back.
PROMISE_PART = Move("on_delivery", N_("货到付款，等待发货"), (PENDING,), TO_SHIP, ("buyer",))
PAY_FIRST_PART = Move("pay_first", N_("改为先付款再发货"), (TO_SHIP,), PENDING, ("buyer",))
REFUSE = Move("refused", N_("送到时没有收货，订单关闭"), (PENDING,), CLOSED, ("manager",))
REFUSE_PART = Move("part_refused", N_("货已带回"), (TO_SHIP, SHIPPED), CLOSED, ("manager",))

ORDER_MOVES = (PAY, REVIVE, CANCEL, EXPIRE, REFUND, REFUSE)
SUBORDER_MOVES = (
    PREPARE, SHIP, RECEIVE, CLOSE_PART, REOPEN_PART, REFUND_PART, PROMISE_PART, PAY_FIRST_PART, REFUSE_PART,
)  # fmt: skip

# What a history says besides the moves.
NOTES = {
    "placed": N_("提交订单"),
    "attributed": N_("已分配到村到户"),
    "transfer_chosen": N_("选了对公转账，货留七天"),
    "cash_chosen": N_("选了货到付款，送到时付现金"),
    "parted": N_("按合作社分成几张订单"),
    "online_chosen": N_("改为网上付款"),
    "transfer_part": N_("收到一部分转账，还没收齐"),
    "part_payment": N_("转账没有收齐，订单已关闭，收到的将全额退回"),
    "overpaid": N_("转账多付了，多出的部分将退回"),
    "late_payment": N_("付款时订单已关闭且货已售完，将全额退回"),
    "double_payment": N_("订单此前已付过款，多付的将全额退回"),
    "parcel_sent": N_("发出一个包裹，其余待发"),
    "waybill_corrected": N_("更正快递单号"),
    "lot_swapped": N_("发货前换了批次"),
    "weighed": N_("装箱时称重"),
    "refund_goods": N_("退货退款"),
    "refund_amount": N_("退部分货款"),
    "refunding": N_("退款处理中"),
    "refunded": N_("退款已到账"),
    "refund_failed": N_("退款没有成功，工作人员正在处理"),
    "disputed": N_("付款有争议，工作人员正在处理"),
}
EVENT_NAMES = NOTES | {move.event: move.name for move in (*ORDER_MOVES, *SUBORDER_MOVES)}


def legal(moves: Iterable[Move], source: str, target: str, by: str) -> bool:
    """Whether the table has a move from source to target for this kind of actor."""
    return any(source in move.sources and target == move.target and by in move.by for move in moves)


def buyer_state(order_state: str, close_reason: str | None, parts: Iterable[str]) -> str:
    """One word for an order's list row: awaiting_payment, paid, to_ship, partly_shipped, shipped, received, or why it closed.

    The code is one of the state macro's; `parts` are the states of the suborders. An unpaid order whose parts are on their
    way is paid in cash at the door.
    """
    parts = set(parts)
    if order_state == PENDING and parts <= {PENDING}:
        return "awaiting_payment"
    if order_state == CLOSED:
        return close_reason or "closed_unpaid"
    states = parts - {CLOSED}
    if not states or states == {PENDING}:
        return PAID
    if states == {RECEIVED}:
        return RECEIVED
    if states <= {PENDING, TO_SHIP}:
        return TO_SHIP
    return SHIPPED if states <= {SHIPPED, RECEIVED} else "partly_shipped"
