"""Opening a payment: the row and its key first, then the provider's hosted checkout, at most one open payment an order."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask_babel import gettext as _
from sqlalchemy import Row, select, update

from shop.cooperatives.people.models import Cooperative
from shop.core import clock, faults, http
from shop.core.db import insert_rows, session, transaction
from shop.core.errors import Conflict, NotFound, Unavailable
from shop.orders import queries
from shop.orders.models import Order, OrderLine, Suborder
from shop.orders.settling import lock_order
from shop.payments import changing, gateway
from shop.payments.models import Payment

log = structlog.get_logger()

# The provider takes 30 minutes to 24 hours from the moment of the call. The order's own hold ends earlier as a rule:
# the sweep then closes the session, so this is only the backstop. It depends on stored values alone, so that asking
# again with the same key is the same question.
SHORTEST = timedelta(minutes=30)
ROOM = timedelta(minutes=60)
LONGEST = timedelta(hours=23)


def open_payment(order_id: int, buyer_id: int | None = None) -> int:
    """The order's open payment, made if there is none; returns its id. Three statements at most.

    Raises NotFound (also another buyer's order), Conflict (paid, closed, or its time is up).
    """
    order = lock_order(order_id)
    if buyer_id is not None and order.buyer_id != buyer_id:
        raise NotFound(_("没有找到这张订单"))
    changing.check_payable(order)
    found = (
        session()
        .execute(
            select(Payment.id, Payment.method).where(
                Payment.order_id == order_id, Payment.state.in_(("created", "pending"))
            )
        )
        .one_or_none()
    )
    if found is not None and found.method == "stripe":
        return int(found.id)
    if found is not None:
        changing.leave(order, found)
        changing.wait_for_provider(order_id, buyer_id)
    row = {
        "order_id": order_id,
        "method": "stripe",
        "key": f"pay-{order.number}-{secrets.token_hex(8)}",
        "amount_fen": order.total_fen,
    }
    return int(insert_rows(Payment, [row], "id")[0])


def start(payment_id: int) -> str:
    """The address of the hosted checkout for a payment. Call it outside transaction(): it waits for the provider.

    Asking again gives the same address. Raises Unavailable (the order stays payable), Conflict (no longer open).
    """
    with transaction():
        payment = _read(payment_id)
        if payment.state == "pending" and payment.checkout_url:
            return str(payment.checkout_url)
        if payment.state != "created":
            raise Conflict(_("这笔付款已经结束，请回到订单页查看"))
        wanted = None if _too_old(payment) else _checkout(payment)
        if wanted is None:
            _give_up(payment_id, "expired", "checkout was never opened")
    if wanted is None:
        raise Unavailable(_("付款页面没有打开成功，请再点一次“去付款”。订单还在，没有扣款"))
    faults.point("charging:asking")
    try:
        made = gateway.create_session(wanted, payment.key)
    except gateway.ProviderDown as error:
        raise Unavailable(_("支付平台暂时连不上，请稍后再点“去付款”。订单还在，没有扣款")) from error
    except gateway.ProviderRefused as error:
        with transaction():
            _give_up(payment_id, "failed", f"{error.code}: {error}")
        raise Unavailable(_("支付平台没有接受这笔付款，请再试一次。订单还在，没有扣款")) from error
    faults.point("charging:answered")
    return _keep(payment_id, made)


def pay_url(number: str, buyer_id: int) -> str:
    """Open (or find) the payment of the buyer's order and its checkout address. Call it outside transaction().

    Raises as open_payment and start do.
    """
    with transaction():
        order_id = queries.id_of(number, buyer_id)
        payment_id = open_payment(order_id, buyer_id)
    faults.point("charging:opened")
    return start(payment_id)


def _read(payment_id: int) -> Row[*tuple[Any, ...]]:
    row = (
        session()
        .execute(
            select(
                Payment.id,
                Payment.order_id,
                Payment.state,
                Payment.key,
                Payment.amount_fen,
                Payment.checkout_url,
                Payment.created_at,
                Order.number,
                Order.expires_at,
            )
            .join(Order, Order.id == Payment.order_id)
            .where(Payment.id == payment_id, Payment.method == "stripe")
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound(_("没有找到这笔付款"))
    return row


def _closes_at(payment: Row[*tuple[Any, ...]]) -> datetime:
    hold: datetime = payment.expires_at or payment.created_at
    moment: datetime = min(max(hold, payment.created_at + ROOM), payment.created_at + LONGEST)
    return moment


def _too_old(payment: Row[*tuple[Any, ...]]) -> bool:
    return _closes_at(payment) - clock.now() < SHORTEST + timedelta(minutes=1)


def _checkout(payment: Row[*tuple[Any, ...]]) -> gateway.Checkout:
    items = _items(payment.order_id)
    if (
        len(items) > gateway.MAX_ITEMS
        or sum(item.unit_fen * item.count for item in items) != payment.amount_fen
    ):
        items = [gateway.CheckoutItem(_("订单 %(number)s", number=payment.number), payment.amount_fen, 1)]
    base = http.settings().public_url
    return gateway.Checkout(
        number=payment.number,
        payment_id=payment.id,
        items=items,
        closes_at=_closes_at(payment),
        success_url=f"{base}/pay/return/{payment.number}",
        cancel_url=f"{base}/orders/{payment.number}",
    )


def _items(order_id: int) -> list[gateway.CheckoutItem]:
    """One for each line, then the freight of each cooperative."""
    lines: Sequence[Row[*tuple[Any, ...]]] = (
        session()
        .execute(
            select(
                OrderLine.product_name,
                OrderLine.spec,
                OrderLine.unit_price_fen,
                OrderLine.count.label("units"),
                OrderLine.discount_fen,
                OrderLine.town_borne_fen,
                OrderLine.net_fen,
                Suborder.id.label("suborder_id"),
                Suborder.freight_fen,
                Cooperative.name.label("cooperative"),
            )
            .join(Suborder, Suborder.id == OrderLine.suborder_id)
            .join(Cooperative, Cooperative.id == Suborder.cooperative_id)
            .where(Suborder.order_id == order_id)
            .order_by(Suborder.id, OrderLine.seq)
        )
        .all()
    )
    items = []
    for line in lines:
        name = f"{line.product_name} {line.spec}"
        if line.discount_fen == 0 and line.town_borne_fen == 0:
            items.append(gateway.CheckoutItem(name, line.unit_price_fen, line.units))
        else:
            items.append(gateway.CheckoutItem(f"{name} ×{line.units}", line.net_fen - line.town_borne_fen, 1))
    freight = {line.suborder_id: (line.cooperative, line.freight_fen) for line in lines}
    items += [gateway.CheckoutItem(f"运费 · {name}", fen, 1) for name, fen in freight.values() if fen]
    return items


def _keep(payment_id: int, made: gateway.Session) -> str:
    """Store what the provider answered; when the order was closed meanwhile, close the new session too."""
    with transaction():
        kept = (
            session()
            .execute(
                update(Payment)
                .where(Payment.id == payment_id, Payment.state == "created")
                .values(state="pending", session_ref=made.ref, checkout_url=made.url)
                .returning(Payment.checkout_url)
                .execution_options(synchronize_session=False)
            )
            .one_or_none()
        )
        now = (
            kept
            or session()
            .execute(
                select(Payment.checkout_url).where(
                    Payment.id == payment_id, Payment.session_ref == made.ref, Payment.state == "pending"
                )
            )
            .one_or_none()
        )
    if now is not None and now.checkout_url:
        return str(now.checkout_url)
    try:
        gateway.expire_session(made.ref)
    except (gateway.ProviderDown, gateway.ProviderRefused) as error:
        log.warning("session_left_open", session=made.ref, error=type(error).__name__)
    raise Conflict(_("这张订单刚刚已付款或关闭，请回到订单页查看"))


def _give_up(payment_id: int, state: str, failure: str) -> None:
    session().execute(
        update(Payment)
        .where(Payment.id == payment_id, Payment.state == "created")
        .values(state=state, failure=failure[:500])
        .execution_options(synchronize_session=False)
    )
