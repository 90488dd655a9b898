"""One method of payment instead of another, on an order that is not paid; the time to pay follows the method.

An order has at most one open payment (a database constraint). A checkout is closed at the provider before anything else is
promised; a transfer of which a part came, and goods that are on their way, keep their method.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, func, select, update

from shop.core import http
from shop.core.db import session, transaction
from shop.core.errors import Conflict, Refused
from shop.orders import at_the_door, parting, queries, states
from shop.orders.models import Order, Suborder
from shop.orders.moving import tell
from shop.orders.recording import HOLD_TRANSFER
from shop.orders.settling import lock_order
from shop.payments import closing
from shop.payments.models import BankStatementLine, Payment
from shop.payments.transfer_rest import OPEN


def close_checkout(number: str, buyer_id: int) -> tuple[int, bool]:
    """Before another method is chosen: the order's id, and whether its checkout is being paid. Call it outside transaction()."""
    with transaction():
        order_id = queries.id_of(number, buyer_id)
    return order_id, bool(closing.close_checkouts([order_id]))


def clear_way(order_id: int, method: str, busy: bool) -> Row[*tuple[Any, ...]] | None:
    """Lock the order and end its open payment of another kind; None where this method was chosen before.

    Raises Conflict (paid, closed, being paid, partly transferred, on its way), Refused (nothing to pay).
    """
    order = lock_order(order_id)
    check_payable(order)
    under_way = session().execute(
        select(Payment.id, Payment.method, Payment.state)
        .where(Payment.order_id == order_id, Payment.state.in_(OPEN))
    ).one_or_none()  # fmt: skip
    if under_way is not None and under_way.method == method:
        return None
    if busy or (under_way is not None and (under_way.method, under_way.state) == ("stripe", "pending")):
        raise Conflict(_("这张订单的另一笔付款正在确认，请过一会儿再换付款方式"))
    if under_way is not None:
        leave(order, under_way)
    return order


def part(number: str, buyer_id: int) -> list[str]:
    """One order for each cooperative instead of one for all; their numbers, the old one first. Again: nothing changes.

    Call it outside transaction(). Raises NotFound, Refused (discounts), Conflict (paid, closed, being paid).
    """
    order_id, busy = close_checkout(number, buyer_id)
    with transaction():
        if session().scalar(select(func.count()).where(Suborder.order_id == order_id)) == 1:
            return [number]
        clear_way(order_id, "", busy)
        return parting.part(order_id, buyer_id)


def leave(order: Row[*tuple[Any, ...]], payment: Row[*tuple[Any, ...]]) -> None:
    """End an open payment, under the order's lock, for one of another method. Raises Conflict (see the module)."""
    if payment.method == "transfer":
        some = select(BankStatementLine.id).where(BankStatementLine.payment_id == payment.id).limit(1)
        if session().scalar(some) is not None:
            raise Conflict(_("已经收到一部分转账，请把差额转过来，不能再换付款方式"))
    elif payment.method == "cash":
        at_the_door.take_back_promise(order.id, order.buyer_id)
    closing.mark_expired(payment.id)


def wait_for_provider(order_id: int, actor_id: int | None) -> None:
    """The hold is the short one again, counted from now, but never longer than it was."""
    hold = timedelta(minutes=http.settings().hold_minutes_online)
    _wait(order_id, "online", func.least(Order.expires_at, func.now() + hold))
    tell("online_chosen", [(order_id, None)], actor_id=actor_id)


def wait_for_transfer(order: Row[*tuple[Any, ...]]) -> None:
    """Seven days from the order on; from now on where goods were to be paid at the door, which had no end."""
    since = func.now() if order.pay_method == "cash" else order.placed_at
    _wait(order.id, "transfer", func.greatest(Order.expires_at, since + HOLD_TRANSFER))
    tell("transfer_chosen", [(order.id, None)], actor_id=order.buyer_id)


def wait_for_cash(order: Row[*tuple[Any, ...]]) -> None:
    """Without end: the goods are held until they are handed over or refused."""
    _wait(order.id, "cash", None)
    tell("cash_chosen", [(order.id, None)], actor_id=order.buyer_id)


def _wait(order_id: int, method: str, expires_at: Any) -> None:
    session().execute(
        update(Order)
        .where(Order.id == order_id)
        .values(pay_method=method, expires_at=expires_at)
        .execution_options(synchronize_session=False)
    )


def check_payable(order: Row[*tuple[Any, ...]]) -> None:
    """Raises Conflict (paid, closed, its time is up), Refused (nothing to pay)."""
    if order.state == states.PAID:
        raise Conflict(_("这张订单已经付过款了"))
    if order.state == states.CLOSED:
        raise Conflict(_("这张订单已关闭，请重新下单"))
    if (
        order.expires_at is not None
        and order.expires_at <= session().execute(select(func.now())).scalar_one()
    ):
        raise Conflict(_("付款时间已过，订单即将关闭，请重新下单"))
    if order.total_fen <= 0:
        raise Refused(_("这张订单不需要付款"))
