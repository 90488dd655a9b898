"""A buyer's orders: the list with its tabs and the page of one; plain rows, as many statements for 1 as for 100."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, select

from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.pages import Page
from shop.core.text import N_
from shop.orders import states
from shop.orders.models import Order, Suborder
from shop.orders.parts import Line, Part, Step, parts_of, steps_of

PAGE_SIZE = 10
TABS = {
    "all": N_("全部"),
    "to_pay": N_("待付款"),
    "to_ship": N_("待发货"),
    "shipped": N_("待收货"),
    "done": N_("已完成"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """An order in the list; `state` is a code of the state macro."""

    id: int
    number: str
    state: str
    goods_fen: int
    freight_fen: int
    discount_fen: int
    town_borne_fen: int
    total_fen: int
    placed_at: datetime
    expires_at: datetime | None
    parts: tuple[Part, ...]
    at_door: bool = False  # its cash is still to be paid when the goods are brought

    @property
    def lines(self) -> list[Line]:
        """The lines of all parts."""
        return [line for part in self.parts for line in part.lines]

    @property
    def payable(self) -> bool:
        """It still waits for its payment."""
        return self.state == "awaiting_payment"

    @property
    def done(self) -> bool:
        """Nothing of it is under way: received, or closed."""
        return self.state in ("received", *states.CLOSE_REASONS, "closed_unpaid")

    @property
    def confirms_at(self) -> datetime | None:
        """When the first part on its way is confirmed by itself."""
        return min(filter(None, (part.confirms_at for part in self.parts)), default=None)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Everything the buyer's page of one order tells, but payment (payments.queries) and impact (orders.impact)."""

    card: Card
    pay_method: str
    recipient: str
    phone: str
    region_text: str
    address: str
    invoice_title: str | None
    invoice_tax_code: str | None
    greeting: str
    note: str
    paid_at: datetime | None
    attributed_at: datetime | None
    steps: tuple[Step, ...]


def tab_counts(buyer_id: int) -> dict[str, int]:
    """How many orders each tab has. One statement."""
    counts = [func.count().filter(_in_tab(tab)).label(tab) for tab in TABS if tab != "all"]
    row = (
        session().execute(select(func.count().label("all"), *counts).where(Order.buyer_id == buyer_id)).one()
    )
    return {tab: int(getattr(row, tab)) for tab in TABS}


def orders_of(
    buyer_id: int, tab: str = "all", page: int = 1, size: int = PAGE_SIZE
) -> tuple[Page[Card], dict[str, int]]:
    """A page of the buyer's orders, newest first, and the tabs' counts; an unknown tab is 'all'. Four statements."""
    tab = tab if tab in TABS else "all"
    counts = tab_counts(buyer_id)
    orders = (
        session()
        .execute(
            _order_columns()
            .where(Order.buyer_id == buyer_id, *([] if tab == "all" else [_in_tab(tab)]))
            .order_by(Order.placed_at.desc(), Order.id.desc())
            .limit(size)
            .offset((page - 1) * size)
        )
        .all()
    )
    parts = parts_of([order.id for order in orders])
    cards = [_card(order, parts.get(order.id, ())) for order in orders]
    return Page(cards, number=page, size=size, total=counts[tab]), counts


def order_page(number: str, buyer_id: int) -> OrderPage:
    """One of the buyer's orders. Four statements. Raises NotFound, also for anybody else's."""
    order = (
        session()
        .execute(
            _order_columns(
                Order.recipient,
                Order.phone,
                Order.address,
                Order.invoice_title,
                Order.invoice_tax_code,
                Order.greeting,
            ).where(Order.number == number, Order.buyer_id == buyer_id)
        )
        .one_or_none()
    )
    if order is None:
        raise NotFound(_("没有找到这张订单"))
    parts = parts_of([order.id]).get(order.id, ())
    return OrderPage(
        card=_card(order, parts),
        pay_method=order.pay_method,
        recipient=order.recipient,
        phone=order.phone,
        region_text=order.region_text,
        address=order.address,
        invoice_title=order.invoice_title,
        invoice_tax_code=order.invoice_tax_code,
        greeting=order.greeting,
        note=order.note,
        paid_at=order.paid_at,
        attributed_at=order.attributed_at,
        steps=tuple(steps_of(order.id)),
    )


def id_of(number: str, buyer_id: int) -> int:
    """The buyer's order by its number. Raises NotFound, also for anybody else's."""
    order_id = session().scalar(select(Order.id).where(Order.number == number, Order.buyer_id == buyer_id))
    if order_id is None:
        raise NotFound(_("没有找到这张订单"))
    return order_id


def state_of(number: str, buyer_id: int) -> str:
    """The state macro's code of one order, for the page that waits for the payment. One statement. Raises NotFound."""
    row = (
        session()
        .execute(
            select(Order.state, Order.close_reason, func.array_agg(Suborder.state).label("parts"))
            .join(Suborder, Suborder.order_id == Order.id)
            .where(Order.number == number, Order.buyer_id == buyer_id)
            .group_by(Order.id)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound(_("没有找到这张订单"))
    return states.buyer_state(row.state, row.close_reason, row.parts)


def _in_tab(tab: str) -> ColumnElement[bool]:
    if tab == "to_pay":
        return (Order.state == states.PENDING) & (Order.pay_method != "cash")
    has = select(Suborder.id).where(Suborder.order_id == Order.id)
    on_delivery = (Order.state == states.PENDING) & (Order.pay_method == "cash")
    paid: ColumnElement[bool] = (Order.state == states.PAID) | on_delivery
    if tab == "to_ship":
        return paid & has.where(Suborder.state.in_((states.PENDING, states.TO_SHIP))).exists()
    if tab == "shipped":
        return paid & has.where(Suborder.state == states.SHIPPED).exists()
    return paid & ~has.where(Suborder.state.not_in((states.RECEIVED, states.CLOSED))).exists()


def _order_columns(*more: Any) -> Any:
    return select(
        Order.id,
        Order.number,
        Order.state,
        Order.close_reason,
        Order.pay_method,
        Order.goods_fen,
        Order.freight_fen,
        Order.discount_fen,
        Order.town_borne_fen,
        Order.total_fen,
        Order.note,
        Order.region_text,
        Order.placed_at,
        Order.expires_at,
        Order.paid_at,
        Order.attributed_at,
        *more,
    )


def _card(order: Any, parts: tuple[Part, ...]) -> Card:
    state = states.buyer_state(order.state, order.close_reason, [part.state for part in parts])
    if state == states.TO_SHIP and any(part.parcels for part in parts):
        state = "partly_shipped"
    fields: Any = order._mapping
    shared = (
        "id", "number", "goods_fen", "freight_fen", "discount_fen", "town_borne_fen", "total_fen", "placed_at", "expires_at",
    )  # fmt: skip
    at_door = order.state == states.PENDING and order.pay_method == "cash"
    return Card(state=state, parts=parts, at_door=at_door, **{name: fields[name] for name in shared})
