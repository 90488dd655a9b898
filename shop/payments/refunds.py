"""Money back to the buyer, for goods that return or are lost, or an amount alone; its row and key exist before anybody is asked.

A refund is decided here, in one transaction with what it does to goods, households and books; the provider is asked after the
commit (payments.refunding), a bank transfer or cash is handed back by a person (payments.repaying).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, func, select

from shop.cooperatives.income import money_back
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, Refused
from shop.core.money import format_yuan
from shop.core.text import clean_line
from shop.orders import returns, settling
from shop.orders.coupons import using as coupon_using
from shop.orders.moving import tell
from shop.payments.models import Payment, Refund, RefundLine

BEARERS = ("cooperative", "town")
REASON_LENGTH = 200
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Made(NamedTuple):
    """`fresh` is false when the same request had been made before: this is the refund it made then.

    `by_provider`: the provider sends it, ring payments.send_refund after the commit.
    """

    refund_id: int
    amount_fen: int
    fresh: bool
    by_provider: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A suborder as a refund finds it: its lines, and how much of its money can still go back."""

    part: returns.Part
    lines: tuple[returns.Line, ...]
    room_fen: int

    @property
    def refundable(self) -> bool:
        return self.part.attributed and self.room_fen > 0

    def freight_fen(self, going: Sequence[returns.Going]) -> int:
        """Freight goes back only with everything else, before dispatch."""
        whole = self.part.undispatched and returns.empties(self.lines, going)
        return self.part.freight_fen if whole else 0

    def price(
        self, wanted: Sequence[returns.Wanted], *, freight: bool
    ) -> tuple[list[returns.Going], int, int]:
        """(lines with their money, freight, sum). Raises NotFound, Refused, Conflict."""
        returns.check_returnable(self.part)
        going = returns.price(self.lines, wanted)
        freight_fen = self.freight_fen(going) if freight else 0
        if freight and self.part.freight_fen and not freight_fen:
            raise Refused(_("发货前把货全部退掉，才能连运费一起退"), field="freight")
        fen = sum(one.buyer_fen for one in going) + freight_fen
        self.check(fen)
        return going, freight_fen, fen

    def check(self, fen: int) -> None:
        """Never more than was paid for this suborder and is still with us. Raises Refused."""
        if fen <= 0:
            raise Refused(_("要退的金额不足 1 分钱，请多退一些"), field="amount")
        if fen > self.room_fen:
            raise Refused(
                _(
                    "要退 %(fen)s，超过了还能退的 %(room)s",
                    fen=format_yuan(fen),
                    room=format_yuan(self.room_fen),
                ),
                field="amount",
            )


def look(suborder_id: int, cooperative_id: int | None = None) -> Case:
    """The case without locks, for the page. Raises NotFound, Conflict where nothing was paid."""
    order_id = returns.order_of(suborder_id, cooperative_id)
    return _case(suborder_id, _payment(order_id, lock=False), lock=False)


def refund_goods(
    suborder_id: int,
    wanted: Sequence[returns.Wanted],
    *,
    by: int | None,
    reason: str,
    request_key: str,
    cooperative_id: int | None = None,
    freight: bool = False,
    at: datetime | None = None,
) -> Made:
    """Refund goods of a suborder: attribution and books reversed, goods back on sale or written off, money on its way.

    `cooperative_id` given: only its own. Raises NotFound, Refused (quantity, money, reason), Conflict (not paid, closed).
    """
    reason = clean_line(reason, label=_("退款原因"), max_length=REASON_LENGTH)
    opened = _open(suborder_id, cooperative_id, request_key)
    if isinstance(opened, Made):
        return opened
    case, payment, key = opened
    going, freight_fen, fen = case.price(wanted, freight=freight)
    moment = at or clock.now()
    made = _write(case, payment, key, "goods", fen, reason, by)
    rows = [{"refund_id": made.refund_id} | one._asdict() for one in going]
    ids = insert_rows(RefundLine, rows, "id")
    faults.point("refunds:written")
    _tell("refund_goods", case.part, fen, reason, by, moment)
    on_date = clock.shanghai_day(moment)
    if case.part.has_coupon:
        coupon_using.give_back(case.part.order_id, sum(one.town_borne_fen for one in going), on_date)
    returns.take_back(
        case.part,
        dict(zip(ids, going, strict=True)),
        on_date,
        last=returns.empties(case.lines, going),
        by=by,
        at=moment,
    )
    if freight_fen:
        money_back.book_freight_back(
            made.refund_id, case.part.cooperative_id, freight_fen, on_date, case.part.channel, by
        )
    _record(case.part, made, by, {"lines": rows, "freight_fen": freight_fen})
    faults.point("refunds:done")
    return made


def refund_amount(
    suborder_id: int,
    fen: int,
    *,
    by: int | None,
    reason: str,
    request_key: str,
    bearer: str = "cooperative",
    cooperative_id: int | None = None,
    at: datetime | None = None,
) -> Made:
    """Refund an amount without goods; `bearer` pays it: cooperative (its expense) or town (it owes the cooperative).

    Households and their attribution stay as they are. Raises as refund_goods does.
    """
    reason = clean_line(reason, label=_("退款原因"), max_length=REASON_LENGTH)
    if bearer not in BEARERS:
        raise Refused(_("请选择由谁承担"), field="bearer")
    opened = _open(suborder_id, cooperative_id, request_key)
    if isinstance(opened, Made):
        return opened
    case, payment, key = opened
    if not case.part.attributed:
        raise Conflict(_("这张订单还没有付款，或刚付款还没分到户，请过一会儿再退"))
    case.check(fen)
    moment = at or clock.now()
    made = _write(case, payment, key, "amount", fen, reason, by, bearer)
    faults.point("refunds:written")
    _tell("refund_amount", case.part, fen, reason, by, moment)
    money_back.book_amount_back(
        made.refund_id,
        case.part.cooperative_id,
        fen,
        clock.shanghai_day(moment),
        case.part.channel,
        bearer,
        by,
    )
    _record(case.part, made, by, {"bearer": bearer})
    faults.point("refunds:done")
    return made


def _open(
    suborder_id: int, cooperative_id: int | None, request_key: str
) -> Made | tuple[Case, Row[*tuple[Any, ...]], str]:
    """Lock order, payment and suborder in this order; what the same request made before is found under the lock."""
    if not _KEY.fullmatch(request_key):
        raise Refused(_("页面信息不完整，请刷新页面后再退"))
    order_id = returns.order_of(suborder_id, cooperative_id)
    settling.lock_order(order_id)
    key = f"refund-{suborder_id}-{request_key}"
    known = (
        session()
        .execute(
            select(Refund.id, Refund.amount_fen, Payment.method)
            .join(Payment, Payment.id == Refund.payment_id)
            .where(Refund.key == key)
        )
        .one_or_none()
    )
    if known is not None:
        return Made(known.id, known.amount_fen, False, known.method == "stripe")
    payment = _payment(order_id, lock=True)
    return _case(suborder_id, payment, lock=True), payment, key


def _payment(order_id: int, *, lock: bool) -> Row[*tuple[Any, ...]]:
    """The payment that paid the order; one that was sent back whole (late, double) is another's. Raises Conflict."""
    sent_back = (
        select(Refund.id)
        .where(Refund.payment_id == Payment.id, Refund.kind == "late_payment")
        .correlate(Payment)
        .exists()
    )
    statement = (
        select(Payment.id, Payment.order_id, Payment.method, Payment.amount_fen)
        .where(Payment.order_id == order_id, Payment.state == "succeeded", ~sent_back)
        .order_by(Payment.id)
        .limit(1)
    )
    if lock:
        statement = statement.with_for_update(key_share=True)
    found = session().execute(statement).one_or_none()
    if found is None:
        raise Conflict(_("这张订单没有收到过付款，没有钱可以退"))
    return found


def _case(suborder_id: int, payment: Row[*tuple[Any, ...]], *, lock: bool) -> Case:
    """A failed refund counts as well: the money is still owed to the buyer."""
    part = returns.part_of(suborder_id, lock=lock)
    back = session().execute(
        select(
            func.coalesce(func.sum(Refund.amount_fen), 0),
            func.coalesce(func.sum(Refund.amount_fen).filter(Refund.suborder_id == part.id), 0),
        ).where(Refund.payment_id == payment.id)
    ).one()  # fmt: skip
    room = min(payment.amount_fen - int(back[0]), part.goods_fen + part.freight_fen - int(back[1]))
    return Case(part, tuple(returns.lines_of(part.id)), room)


def _write(
    case: Case,
    payment: Row[*tuple[Any, ...]],
    key: str,
    kind: str,
    fen: int,
    reason: str,
    by: int | None,
    bearer: str = "cooperative",
) -> Made:
    by_provider = payment.method == "stripe"
    row = {
        "payment_id": payment.id, "order_id": payment.order_id, "suborder_id": case.part.id, "kind": kind, "key": key,
        "amount_fen": fen, "state": "created" if by_provider else "pending", "reason": reason, "bearer": bearer,
        "requested_by": by,
    }  # fmt: skip
    return Made(int(insert_rows(Refund, [row], "id")[0]), fen, True, by_provider)


def _tell(event: str, part: returns.Part, fen: int, reason: str, by: int | None, at: datetime) -> None:
    tell(event, [(part.order_id, part.id)], actor_id=by, note=f"{format_yuan(fen)} · {reason}", at=at)


def _record(part: returns.Part, made: Made, by: int | None, more: dict[str, Any]) -> None:
    activity.record(
        "refund.made", "suborder", part.id, cooperative_id=part.cooperative_id, actor_id=by,
        after={"refund": made.refund_id, "amount_fen": made.amount_fen} | more,
    )  # fmt: skip
