"""The one table of legal moves of a request for money back, its reasons and its days. Pure.

asked → refunded | to_send → sent → refunded; refused where the cooperative says no; called when the buyer calls in the
township, which grants (refunded) or upholds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from shop.core import clock
from shop.core.terms import RETURN_DAYS
from shop.core.text import N_


class Move(NamedTuple):
    """From any of `sources` to `target`; `days` until the next one must act (None: nobody has to)."""

    event: str
    name: str
    sources: tuple[str, ...]
    target: str
    side: str
    days: int | None = None


ASKED, TO_SEND, SENT, REFUSED, CALLED = "asked", "to_send", "sent", "refused", "called"
REFUNDED, WITHDRAWN, UPHELD = "refunded", "withdrawn", "upheld"
STATES = {
    ASKED: N_("等合作社处理"),
    TO_SEND: N_("请寄回商品"),
    SENT: N_("等合作社收货"),
    REFUSED: N_("合作社没有同意"),
    CALLED: N_("镇里在处理"),
    REFUNDED: N_("已同意退款"),
    WITHDRAWN: N_("已撤回"),
    UPHELD: N_("镇里维持不退"),
}
OPEN = (ASKED, TO_SEND, SENT, CALLED)  # a line has one such request at most

ANSWER_DAYS = 3  # for the cooperative to answer
SEND_DAYS = 7  # for the buyer to send the goods back
ARRIVAL_DAYS = 10  # for the goods to arrive and be looked at
TOWN_DAYS = 7  # for the township to decide
ASK_DAYS = 30  # after receipt a reason (damage, quality …) may be given so long

ASK = Move("asked", N_("买家申请"), (), ASKED, "buyer", ANSWER_DAYS)
AGREE = Move("agreed", N_("合作社同意退款"), (ASKED,), REFUNDED, "coop")
ASK_BACK = Move("asked_back", N_("合作社同意退货，请寄回"), (ASKED,), TO_SEND, "coop", SEND_DAYS)
REFUSE = Move("refused", N_("合作社没有同意"), (ASKED, SENT), REFUSED, "coop")
SEND = Move("sent", N_("买家已寄回"), (TO_SEND,), SENT, "buyer", ARRIVAL_DAYS)
TAKE = Move("came_back", N_("合作社收到退货，同意退款"), (SENT,), REFUNDED, "coop")
WITHDRAW = Move("withdrawn", N_("买家撤回申请"), (ASKED, TO_SEND, REFUSED, CALLED), WITHDRAWN, "buyer")
LAPSE = Move("lapsed", N_("到期没有寄回，自动撤回"), (TO_SEND,), WITHDRAWN, "clock")
CALL = Move("called", N_("买家请镇里处理"), (REFUSED, ASKED, SENT), CALLED, "buyer", TOWN_DAYS)
GRANT = Move("granted", N_("镇里决定退款"), (CALLED,), REFUNDED, "town")
UPHOLD = Move("upheld", N_("镇里维持不退"), (CALLED,), UPHELD, "town")
MOVES = (ASK, AGREE, ASK_BACK, REFUSE, SEND, TAKE, WITHDRAW, LAPSE, CALL, GRANT, UPHOLD)
EVENT_NAMES = {move.event: move.name for move in MOVES}

WHOLE, GOODS, AMOUNT = "whole", "goods", "amount"
KINDS = {WHOLE: N_("没发货，全部退款"), GOODS: N_("退货退款"), AMOUNT: N_("只退钱，不退货")}
NO_REASON = "no_reason"
REASONS = {
    NO_REASON: N_("七天无理由"),
    "changed_mind": N_("不想要了、下错单"),
    "damaged": N_("到货破损、变质"),
    "short": N_("少发、漏发"),
    "wrong": N_("发错货、和描述不符"),
    "quality": N_("质量不好"),
    "late": N_("发货太慢"),
    "other": N_("其他"),
}
REASONS_OF = {
    WHOLE: ("changed_mind", "late", "other"),
    GOODS: (NO_REASON, "damaged", "wrong", "quality", "other"),
    AMOUNT: ("damaged", "short", "wrong", "quality", "other"),
}


def due(move: Move, at: datetime) -> datetime | None:
    """When the step after this move must be done."""
    return None if move.days is None else at + timedelta(days=move.days)


def may_call(state: str, due_at: datetime | None, now: datetime) -> bool:
    """The township may be called in after a refusal, or once the cooperative let its days pass."""
    return state == REFUSED or (state in (ASKED, SENT) and due_at is not None and due_at <= now)


def no_reason_until(received_at: datetime | None) -> datetime | None:
    """The end of the seventh day after the day of receipt; None while it is on its way (Consumer Rights Law art. 25)."""
    return None if received_at is None else _end_of_day(received_at, RETURN_DAYS)


def ask_until(received_at: datetime | None) -> datetime | None:
    """Until when anything can be asked at all."""
    return None if received_at is None else _end_of_day(received_at, ASK_DAYS)


def _end_of_day(moment: datetime, days: int) -> datetime:
    return clock.day_range(clock.shanghai_day(moment) + timedelta(days=days)).end
