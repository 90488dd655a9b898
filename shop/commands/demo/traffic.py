"""Real orders through the shop's own deeds and the payment stand-in: paid, refused, expired, shipped, received, refunded."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from shop.accounts.models import RoleGrant, User
from shop.catalog.models import Product, Sku
from shop.commands.demo import arriving, by_bank, money_back, returning, stand_in
from shop.commands.demo.coupons import choose_coupons
from shop.commands.demo.dice import Dice
from shop.commands.demo.restocking import restock
from shop.cooperatives.produce import stock
from shop.core import clock
from shop.core.background import ring
from shop.core.db import session, transaction
from shop.core.errors import Refused
from shop.orders import attributing, basket, fulfilment
from shop.orders.attempts import retried
from shop.orders.models import Address, Basket, Order
from shop.orders.placing import place
from shop.orders.recording import HOLD_ONLINE, Placed
from shop.orders.tasks import attribute
from shop.payments import charging, closing, effects, fees, gateway, refunding, webhooks
from shop.payments.models import Payment, Refund
from shop.payments.provider import sync as provider_sync
from shop.payments.tasks import send_refund, sync_provider

COURSES = (
    "received", "shipped", "paid", "refused", "retried", "expired", "cancelled", "returned", "called_back", "compensated",
    "sent_back", "arbitrated", "transferred",
)  # fmt: skip
WEIGHTS = (17, 17, 15, 8, 6, 7, 5, 4, 4, 3, 4, 2, 8)
COURSE_NAMES = {
    "received": "已签收", "shipped": "已发货", "paid": "已付款待发货", "refused": "付款被拒，待付款", "retried": "换卡后付款",
    "expired": "超时关闭", "cancelled": "买家取消", "sold_out": "货不够，没有下成", "returned": "签收后退货",
    "called_back": "发货前全退", "compensated": "签收后补偿",
    "sent_back": "申请退货，寄回后退款", "arbitrated": "镇里仲裁退款", "transferred": "对公转账后发货",
}  # fmt: skip
SENT = {"received", "shipped", "transferred", "returned", "compensated", "sent_back", "arbitrated"}
GOT = {"received", "returned", "compensated", "sent_back", "arbitrated"}
PATIENCE_SECONDS = 60
CLOCKS_APART = timedelta(seconds=5)


class TrafficStopped(Exception):
    """Nothing can be driven here; the message says why."""


class Shopper(NamedTuple):
    """An invented buyer with an address."""

    user_id: int
    address_id: int


class Offered(NamedTuple):
    """A spec that is on sale."""

    sku_id: int
    produce_id: int
    unit_quantity: int


class Traffic:
    """`wait`: web and worker run and do their part; else events are fetched and processed, and orders attributed, here."""

    def __init__(self, seed: int, base: str, *, wait: bool = False) -> None:
        self.dice = Dice(seed, "traffic")
        self.coupon_dice = Dice(seed, "traffic coupons")
        self.parcel_dice = Dice(seed, "traffic parcels")
        self.review_dice = Dice(seed, "traffic reviews")
        self.stock_dice = Dice(seed, "traffic stock")
        self.known_events: set[str] = set()
        self.base = base
        self.wait = wait
        with transaction():
            self.shoppers = _shoppers()
            self.managers = _managers()
            self.offered = _offered()
        if not (self.shoppers and self.managers and self.offered):
            raise TrafficStopped("还没有演示数据。先运行：flask demo load")

    def run(self, orders: int) -> Counter[str]:
        """Drive so many orders; returns how many took which course. Raises stand_in.StandInSilent, TrafficStopped."""
        courses: Counter[str] = Counter()
        for done in range(orders):
            courses[self._one(self.dice.weighted(COURSES, WEIGHTS))] += 1
            if done == orders // 2:
                stand_in.pay_out(self.base)  # so that some money is on its way and some still at the provider
        if self.wait:
            ring(sync_provider)
        else:
            provider_sync.sync()
            for _ in range(orders // fees.BATCH + 1):
                fees.collect_all()
        return courses

    def _one(self, course: str) -> str:
        shopper = self.dice.pick(self.shoppers)
        hold = timedelta() if course == "expired" else HOLD_ONLINE
        placed = self._place(shopper, hold, one_seller=course == "transferred")
        if placed is None:
            return "sold_out"
        if course == "expired":
            self._expire(placed)
        elif course == "cancelled":
            closing.cancel(placed.number, shopper.user_id)
        elif course == "transferred":
            self._transfer(placed, shopper)
        else:
            self._pay(placed, shopper, course)
        if course in SENT:
            arriving.send(placed.order_id, self.managers, self.dice, self.parcel_dice)
        if course in GOT:
            with transaction():
                fulfilment.receive(placed.number, shopper.user_id)
        if course in {"received", "compensated"}:
            arriving.review(placed.order_id, shopper.user_id, self.review_dice)
        if course in money_back.COURSES or course in returning.COURSES:
            self._refund(placed, course)
        return course

    def _refund(self, placed: Placed, course: str) -> None:
        """Decided by the cooperatives, sent by the provider, settled by its event."""
        since = clock.now() - CLOCKS_APART
        decide = returning.decide if course in returning.COURSES else money_back.decide
        made = decide(placed.order_id, course, self.dice, self.managers)
        for refund_id in made:
            if self.wait:
                ring(send_refund, refund_id)
            else:
                refunding.send(refund_id)
        if not self.wait:
            self._process(since)
        open_ones = select(Refund.id).where(Refund.id.in_(made), Refund.state != "succeeded")
        self._until(placed, ~open_ones.exists())

    def _place(self, shopper: Shopper, hold: timedelta, *, one_seller: bool) -> Placed | None:
        """Fill a basket and order it; None when somebody else was faster."""
        owner = basket.buyer(shopper.user_id)
        chosen = self._choose()[: 1 if one_seller else None]
        if not chosen:
            return None
        with transaction():
            for sku_id, count in chosen:
                basket.add(owner, sku_id, count)
            basket_id = session().execute(select(Basket.id).where(owner.condition)).scalar_one()
        key = f"traffic-{secrets.token_hex(12)}"
        try:
            coupon_ids = choose_coupons(shopper.user_id, self.coupon_dice)
            return retried(
                lambda: place(
                    shopper.user_id, basket_id, shopper.address_id, key, hold=hold, coupon_ids=coupon_ids
                )
            )
        except Refused:
            with transaction():
                for sku_id, _ in chosen:
                    basket.remove(owner, sku_id)
            return None

    def _choose(self) -> list[tuple[int, int]]:
        """One to three specs of which there is plenty: (sku, count)."""
        with transaction():
            left = stock.on_sale({offered.produce_id for offered in self.offered}, clock.today())
        plenty = [each for each in self.offered if left[each.produce_id] >= 4 * each.unit_quantity]
        if 2 * len(plenty) < len(self.offered):
            short = {each.produce_id for each in self.offered} - {each.produce_id for each in plenty}
            restock(sorted(short), self.stock_dice)
        lines: dict[int, tuple[int, int]] = {}
        for each in self.dice.shuffled(plenty)[: self.dice.weighted((1, 2, 3), (55, 32, 13))]:
            lines.setdefault(each.produce_id, (each.sku_id, self.dice.weighted((1, 2), (75, 25))))
        return list(lines.values())

    def _expire(self, placed: Placed) -> None:
        """Its hold is over at once; the sweep closes it (its own when it runs)."""
        if not self.wait:
            closing.expire_holds()
        self._until(placed, Order.state == "closed")

    def _pay(self, placed: Placed, shopper: Shopper, course: str) -> None:
        since = clock.now() - CLOCKS_APART
        charging.pay_url(placed.number, shopper.user_id)
        ref = self._checkout(placed)
        if course in {"refused", "retried"}:
            stand_in.pay(self.base, ref, stand_in.REFUSED_CARD)
        if course != "refused":
            stand_in.pay(self.base, ref, stand_in.GOOD_CARD)
        if not self.wait:
            self._process(since)
        if course != "refused":
            self._until(placed, Order.attributed_at.is_not(None))

    def _transfer(self, placed: Placed, shopper: Shopper) -> None:
        paid = by_bank.pay(placed.order_id, placed.number, shopper.user_id, self.parcel_dice, self.managers)
        if self.wait:
            ring(attribute, list(paid))
        else:
            retried(partial(attributing.attribute_orders, list(paid)))
        self._until(placed, Order.attributed_at.is_not(None))

    def _checkout(self, placed: Placed) -> str:
        """The provider's session for the order's open payment."""
        with transaction():
            ref = session().scalar(
                select(Payment.session_ref).where(
                    Payment.order_id == placed.order_id, Payment.state == "pending"
                )
            )
        if ref is None:
            raise TrafficStopped(f"订单 {placed.number} 没有打开付款页面")
        return ref

    def _process(self, since: datetime) -> None:
        """What web and worker do with the provider's events: keep, process, attribute."""
        for payload in gateway.events_since(since, list(effects.EFFECTS)):
            if payload["id"] in self.known_events:
                continue
            self.known_events.add(payload["id"])
            kept = webhooks.keep(payload)
            effect = webhooks.process(kept.event_id) if kept.fresh else None
            if effect is not None and effect.paid_order_id is not None:
                retried(partial(attributing.attribute_orders, [effect.paid_order_id]))

    def _until(self, placed: Placed, condition: ColumnElement[bool]) -> None:
        """Wait for what another process does; at once true where this one did it. Raises TrafficStopped."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with transaction():
                if (
                    session().scalar(select(Order.id).where(Order.id == placed.order_id, condition))
                    is not None
                ):
                    return
            time.sleep(0.2)
        hint = "网站和后台任务进程在运行吗？" if self.wait else "请看日志"
        raise TrafficStopped(f"订单 {placed.number} 在 {PATIENCE_SECONDS} 秒内没有处理完。{hint}")


def _shoppers() -> list[Shopper]:
    """Invented persons (they have no password) with their default address."""
    rows = session().execute(
        select(User.id, Address.id)
        .join(Address, Address.user_id == User.id)
        .where(User.password_hash.is_(None), User.unit_name.is_(None), User.active, Address.is_default)
        .order_by(User.id)
    )
    return [Shopper(*row) for row in rows]


def _managers() -> dict[int, int]:
    """Cooperative id → who sends its parcels."""
    rows = session().execute(
        select(RoleGrant.cooperative_id, func.min(RoleGrant.user_id))
        .where(RoleGrant.role == "manager", RoleGrant.duty == "manager", RoleGrant.valid_to.is_(None))
        .group_by(RoleGrant.cooperative_id)
    )
    return {cooperative_id: user_id for cooperative_id, user_id in rows if cooperative_id is not None}


def _offered() -> list[Offered]:
    rows = session().execute(
        select(Sku.id, Product.produce_id, Sku.unit_quantity)
        .join(Product, Product.id == Sku.product_id)
        .where(Sku.published, Product.published_at.is_not(None))
        .order_by(Sku.id)
    )
    return [Offered(sku_id, produce_id, unit) for sku_id, produce_id, unit in rows]
