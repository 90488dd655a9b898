"""A cooperative's work with orders: what must ship, what is on its way, and the numbers of its day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import case, func, select

from shop.core import clock
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.pages import Page
from shop.orders import states
from shop.orders.models import Order, Suborder
from shop.orders.parts import Part, Step, parts_of, steps_of
from shop.orders.pick_days import PickDay

PAGE_SIZE = 20
LISTED = (states.TO_SHIP, states.SHIPPED, states.RECEIVED)


@dataclass(frozen=True, slots=True)
class Job:
    """A suborder to pack: whose, where to, what. Names and addresses are for the cooperative's own people only."""

    id: int
    number: str
    order_number: str
    placed_at: datetime
    paid_at: datetime | None
    recipient: str
    phone: str
    region_text: str
    address: str
    cash_fen: int | None  # to be taken at the door; None: paid, or not to be paid so
    part: Part


class Day(NamedTuple):
    """今日: counts of suborders, and this month's paid goods without freight, in fen."""

    to_ship: int
    oldest_paid_at: datetime | None
    shipped_today: int
    awaiting_payment: int
    month_orders: int
    month_goods_fen: int


def jobs(
    cooperative_id: int,
    state: str = states.TO_SHIP,
    page: int = 1,
    size: int = PAGE_SIZE,
    *,
    delivery: Sequence[str] = (),
    day: PickDay | None = None,
) -> Page[Job]:
    """Suborders of one cooperative in a state, those paid first at the top (dispatched ones: the latest); `delivery`: only
    those that are delivered so; `day`: only those with a line of it. Four statements; a page behind the last one is empty, and
    so is its total."""
    state = state if state in LISTED else states.TO_SHIP
    where = [Suborder.cooperative_id == cooperative_id, Suborder.state == state]
    if delivery:
        where.append(Suborder.delivery.in_(delivery))
    if day is not None:
        where.append(day.where())
    order = [Suborder.id] if state == states.TO_SHIP else [Suborder.shipped_at.desc(), Suborder.id.desc()]
    rows = (
        session()
        .execute(
            _columns()
            .add_columns(func.count().over().label("total"))
            .where(*where)
            .order_by(*order)
            .limit(size)
            .offset((page - 1) * size)
        )
        .all()
    )
    total = rows[0].total if rows else 0
    parts = {part.id: part for own in parts_of([row.order_id for row in rows]).values() for part in own}
    return Page([_job(row, parts[row.id]) for row in rows], number=page, size=size, total=total)


def job(number: str, cooperative_id: int) -> tuple[Job, list[Step]]:
    """One suborder by its number with its history. Four statements. Raises NotFound, also for another cooperative's."""
    row = (
        session()
        .execute(_columns().where(Suborder.number == number, Suborder.cooperative_id == cooperative_id))
        .one_or_none()
    )
    if row is None:
        raise NotFound(_("没有找到这张订单"))
    part = next(part for part in parts_of([row.order_id])[row.order_id] if part.id == row.id)
    steps = [step for step in steps_of(row.order_id) if step.part in (None, number)]
    return _job(row, part), steps


def day(cooperative_id: int, today: date) -> Day:
    """The numbers of 今日. One statement."""
    month = clock.month_range(f"{today.year:04d}-{today.month:02d}")
    now = clock.day_range(today)
    paid_this_month = (
        (Order.state == states.PAID) & (Order.paid_at >= month.start) & (Order.paid_at < month.end)
    )
    waiting = Suborder.state == states.TO_SHIP
    row = (
        session()
        .execute(
            select(
                func.count().filter(waiting).label("to_ship"),
                func.min(Order.paid_at).filter(waiting).label("oldest_paid_at"),
                func.count()
                .filter(Suborder.shipped_at >= now.start, Suborder.shipped_at < now.end)
                .label("shipped_today"),
                func.count()
                .filter(Suborder.state == states.PENDING, Order.state == states.PENDING)
                .label("awaiting_payment"),
                func.count().filter(paid_this_month).label("month_orders"),
                func.coalesce(
                    func.sum(Suborder.goods_fen - Suborder.discount_fen).filter(paid_this_month), 0
                ).label("month_goods_fen"),
            )
            .select_from(Suborder)
            .join(Order, Order.id == Suborder.order_id)
            .where(
                Suborder.cooperative_id == cooperative_id,
                waiting
                | (Suborder.shipped_at >= now.start)
                | (Order.state == states.PENDING)
                | (Order.paid_at >= month.start),
            )
        )
        .one()
    )
    return Day(
        row.to_ship,
        row.oldest_paid_at,
        row.shipped_today,
        row.awaiting_payment,
        row.month_orders,
        int(row.month_goods_fen),
    )


def _columns() -> Any:
    return select(
        Suborder.id,
        Suborder.number,
        Suborder.order_id,
        Order.number.label("order_number"),
        Order.placed_at,
        Order.paid_at,
        Order.recipient,
        Order.phone,
        Order.region_text,
        Order.address,
        case(
            ((Order.state == states.PENDING) & (Order.pay_method == "cash"), Order.total_fen), else_=None
        ).label("cash_fen"),
    ).join(Order, Order.id == Suborder.order_id)


def _job(row: Any, part: Part) -> Job:
    return Job(
        id=row.id,
        number=row.number,
        order_number=row.order_number,
        placed_at=row.placed_at,
        paid_at=row.paid_at,
        recipient=row.recipient,
        phone=row.phone,
        region_text=row.region_text,
        address=row.address,
        cash_fen=row.cash_fen,
        part=part,
    )
