"""Cash on delivery in town: goods go out unpaid, and the manager records the cash that came back, or that nobody took them.

The payment's row stands from the choice on; the sale counts, and is attributed and booked (Dr 101), on the day of the cash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import BigInteger, Row, cast, func, select, update

from shop.cooperatives.people.models import Cooperative, Village
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import format_yuan
from shop.core.text import clean_line
from shop.orders import at_the_door, freight, freight_book, states
from shop.orders.models import Order, Suborder
from shop.orders.settling import lock_order
from shop.payments import changing, paying
from shop.payments.models import Payment
from shop.payments.transfer_rest import OPEN

MOST_OPEN = 3  # orders that one buyer may have to be paid at the door at a time
REASON_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """Whether this order may be paid at the door; `why_not` in the reader's words, empty where it may or nobody asks."""

    possible: bool
    why_not: str = ""


def offer_for(order_id: int) -> Offer:
    """What the pay page says. Three statements at most. Nothing is said where an order is not brought in town at all."""
    parts = session().execute(
        select(
            Suborder.cooperative_id, Suborder.delivery, Order.buyer_id,
            (Suborder.goods_fen - Suborder.discount_fen - Suborder.town_borne_fen + Suborder.freight_fen).label("fen"),
        )
        .join(Order, Order.id == Suborder.order_id)
        .where(Suborder.order_id == order_id)
    ).all()  # fmt: skip
    if any(part.delivery != freight.TOWN for part in parts):
        return Offer(False)
    if len(parts) != 1:
        return Offer(False)  # it is parted first
    most = freight_book.in_force(parts[0].cooperative_id).cash_most_fen
    if most is None:
        return Offer(False)
    if parts[0].fen > most:
        return Offer(False, _("这家合作社货到付款最多 %(most)s", most=format_yuan(most)))
    if _open_of(parts[0].buyer_id, order_id) >= MOST_OPEN:
        return Offer(False, _("你已有 %(n)d 张货到付款的订单还没送到，收到以后才能再选", n=MOST_OPEN))
    return Offer(True)


def choose(number: str, buyer_id: int) -> None:
    """Pay this order in cash at the door: its checkout is closed, its goods are packed and held without end.

    Asking again changes nothing. Call it outside transaction(). Raises NotFound, Refused (not offered), Conflict (paid,
    closed, being paid, partly transferred).
    """
    order_id, busy = changing.close_checkout(number, buyer_id)
    with transaction():
        order = changing.clear_way(order_id, "cash", busy)
        if order is None:
            return
        offer = offer_for(order_id)
        if not offer.possible:
            raise Refused(
                offer.why_not or _("这张订单不能货到付款：只有送货上门、并且合作社开通了的，才可以")
            )
        again = session().scalar(
            select(func.count()).where(Payment.order_id == order_id, Payment.method == "cash")
        )
        row = {
            "order_id": order_id, "method": "cash", "key": f"cash-{order.number}-{again or 0}", "amount_fen": order.total_fen,
            "state": "pending",
        }  # fmt: skip
        insert_rows(Payment, [row])
        faults.point("on_delivery:promised")
        at_the_door.promise(order_id, buyer_id)
        changing.wait_for_cash(order)


def receive(
    suborder_id: int, cooperative_id: int, amount_fen: int, on: date, by: int, now: datetime | None = None
) -> list[int]:
    """The cash is here: the order is paid by it and received; returns it where it is to be attributed now.

    `on` is the day the cash was taken: the day of sale. Recorded again it changes nothing. Raises NotFound, Refused (another
    amount than the order's, a day before dispatch or to come), Conflict (refused before, paid otherwise, not sent yet).
    """
    order, payment, shipped_at = _open(suborder_id, cooperative_id)
    if payment is not None and payment.state == "succeeded":
        return []
    _check_open(order, payment)
    if amount_fen != order.total_fen:
        raise Refused(
            _(
                "应收 %(due)s，填的是 %(came)s：要收齐才能登记；没收齐请登记没有收货",
                due=format_yuan(order.total_fen), came=format_yuan(amount_fen),
            ),
            field="amount",
        )  # fmt: skip
    moment = now or clock.now()
    if shipped_at is None:
        raise Conflict(_("这张订单还没有发货，送出以后才能登记收款"))
    if not clock.shanghai_day(shipped_at) <= on <= clock.shanghai_day(moment):
        raise Refused(_("收款日期要在送出那天之后、今天之前（含当天）"), field="received_on")
    at = min(
        moment, max(shipped_at, clock.day_range(on).start if on < clock.shanghai_day(moment) else moment)
    )
    arrived = paying.succeed(payment.id, paying.Receipt(amount_fen, "cny", at))
    if arrived.outcome != "paid":
        raise Conflict(_("这张订单已经付过款，不要再收现金"))
    faults.point("on_delivery:paid")
    at_the_door.hand_over(order.id, at, by)
    activity.record(
        "payment.cash", "order", order.id, cooperative_id=cooperative_id, actor_id=by,
        after={"payment": payment.id, "amount_fen": amount_fen, "received_on": on.isoformat()},
    )  # fmt: skip
    return [order.id]


def refuse(suborder_id: int, cooperative_id: int, reason: str, by: int) -> bool:
    """Nobody took the goods, or they cannot be brought: back to the store, order closed. False: recorded so before.

    Raises NotFound, Refused (no reason), Conflict (the cash was recorded, or it was paid otherwise).
    """
    reason = clean_line(reason, label=_("没有收货的原因"), max_length=REASON_LENGTH)
    order, payment, _shipped_at = _open(suborder_id, cooperative_id)
    if order.state == states.CLOSED and order.pay_method == "cash":
        return False
    _check_open(order, payment)
    session().execute(
        update(Payment)
        .where(Payment.id == payment.id)
        .values(state="failed", failure=f"refused at the door: {reason}")
        .execution_options(synchronize_session=False)
    )
    faults.point("on_delivery:refusing")
    at_the_door.bring_back(order.id, reason, by)
    activity.record(
        "payment.cash_refused",
        "order",
        order.id,
        cooperative_id=cooperative_id,
        actor_id=by,
        after={"reason": reason},
    )
    return True


def due(suborder_id: int) -> int | None:
    """Fen to be taken at the door for this suborder; None where it is not (any more) to be paid so. One statement."""
    return session().scalar(
        select(Payment.amount_fen)
        .join(Suborder, Suborder.order_id == Payment.order_id)
        .where(Suborder.id == suborder_id, Payment.method == "cash", Payment.state.in_(OPEN))
    )


def outstanding(
    *, cooperative_id: int | None = None, region_code: str | None = None, limit: int = 200
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Cash still to come: what is being packed and what is on its way, the longest on its way first. One statement.

    Rows: id (suborder), number, order_number, state, fen, placed_at, shipped_at, cooperative, total (fen of all of them).
    """
    where = [] if cooperative_id is None else [Suborder.cooperative_id == cooperative_id]
    if region_code is not None:
        where.append(Village.region_code.startswith(region_code, autoescape=True))
    return (
        session()
        .execute(
            select(
                Suborder.id, Suborder.number, Order.number.label("order_number"), Suborder.state,
                Payment.amount_fen.label("fen"), Order.placed_at, Suborder.shipped_at, Cooperative.name.label("cooperative"),
                cast(func.sum(Payment.amount_fen).over(), BigInteger).label("total"),
            )
            .join(Order, Order.id == Suborder.order_id)
            .join(Payment, Payment.order_id == Order.id)
            .join(Cooperative, Cooperative.id == Suborder.cooperative_id)
            .join(Village, Village.id == Cooperative.village_id)
            .where(Payment.method == "cash", Payment.state.in_(OPEN), Order.state == states.PENDING, *where)
            .order_by(Suborder.shipped_at.nulls_last(), Suborder.id)
            .limit(limit)
        )
        .all()
    )  # fmt: skip


def _open_of(buyer_id: int | None, but: int) -> int:
    found = session().scalar(
        select(func.count()).where(
            Order.buyer_id == buyer_id,
            Order.state == states.PENDING,
            Order.pay_method == "cash",
            Order.id != but,
        )
    )
    return found or 0


def _open(suborder_id: int, cooperative_id: int) -> tuple[Row[*tuple[Any, ...]], Any, datetime | None]:
    """Lock the order; it, its latest payment in cash, and when the part left. Raises NotFound."""
    order_id = session().scalar(
        select(Suborder.order_id).where(Suborder.id == suborder_id, Suborder.cooperative_id == cooperative_id)
    )
    if order_id is None:
        raise NotFound(_("没有找到这张订单"))
    order = lock_order(order_id)
    shipped_at = session().scalar(
        select(Suborder.shipped_at).where(Suborder.id == suborder_id).with_for_update(key_share=True)
    )
    payment = session().execute(
        select(Payment.id, Payment.state)
        .where(Payment.order_id == order_id, Payment.method == "cash")
        .order_by(Payment.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    return order, payment, shipped_at


def _check_open(order: Row[*tuple[Any, ...]], payment: Any) -> None:
    """Raises Conflict where no cash is to be taken (any more)."""
    if order.state == states.PAID:
        raise Conflict(_("这张订单已经付过款，不要再收现金"))
    if order.state == states.CLOSED:
        raise Conflict(_("这张订单已关闭，不能再登记收款"))
    if payment is None or payment.state not in OPEN or order.pay_method != "cash":
        raise Conflict(_("这张订单不是货到付款"))
