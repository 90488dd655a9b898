"""Everything the shop holds of one person, read table by table: as many statements for one order as for a thousand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Executable, select

from shop.accounts import consents, devices
from shop.accounts.models import User, UserSession
from shop.aftersale.models import ReturnRequest
from shop.catalog.favourites import Favourite
from shop.catalog.models import Product
from shop.cooperatives.people.models import Cooperative
from shop.core.db import session
from shop.orders import addresses, invoices
from shop.orders.buying_models import GiftRecipient, InvoiceIssued
from shop.orders.coupons.models import Coupon, CouponTaken
from shop.orders.models import Basket, BasketLine, Order, OrderEvent, OrderLine, Suborder
from shop.orders.reminders.models import ReminderEmail
from shop.orders.reviews.models import Review, ReviewAddition
from shop.orders.shipment_models import Shipment, Waybill
from shop.payments.models import Payment, Refund

Rows = list[dict[str, Any]]

PROFILE = (User.name, User.phone, User.unit_name, User.unit_tax_code, User.created_at)
ORDER = (
    Order.number, Order.state, Order.close_reason, Order.pay_method, Order.recipient, Order.phone, Order.region_text,
    Order.address, Order.goods_fen, Order.freight_fen, Order.discount_fen, Order.town_borne_fen, Order.total_fen, Order.note,
    Order.greeting, Order.invoice_kind, Order.invoice_title, Order.invoice_tax_code, Order.placed_at, Order.paid_at,
    Order.closed_at,
)  # fmt: skip
PART = (
    Suborder.number, Cooperative.name.label("seller"), Suborder.state, Suborder.delivery, Suborder.goods_fen,
    Suborder.freight_fen, Suborder.discount_fen, Suborder.note, Suborder.shipped_at, Suborder.received_at,
)  # fmt: skip
LINE = (
    Suborder.number.label("part"), OrderLine.product_name, OrderLine.spec, OrderLine.unit_price_fen, OrderLine.count,
    OrderLine.discount_fen, OrderLine.net_fen,
)  # fmt: skip
GIFT = (
    Suborder.number.label("part"), GiftRecipient.count, GiftRecipient.recipient, GiftRecipient.phone,
    GiftRecipient.region_text, GiftRecipient.address, GiftRecipient.freight_fen, GiftRecipient.express_company,
    GiftRecipient.express_number, GiftRecipient.shipped_at,
)  # fmt: skip


def of_person(user_id: int) -> dict[str, Rows]:
    """Table → rows with plain values; money in fen, instants in UTC. Twenty statements."""
    mine = Order.buyer_id == user_id
    parts = select(Suborder.id).join(Order, Order.id == Suborder.order_id)
    invoiced = (Suborder.number.label("part"), InvoiceIssued.number, InvoiceIssued.issued_on)
    payment = (Order.number.label("order"), Payment.method, Payment.amount_fen, Payment.state, Payment.created_at,
               Payment.succeeded_at)  # fmt: skip
    refund = (Order.number.label("order"), Refund.kind, Refund.amount_fen, Refund.state, Refund.reason, Refund.created_at,
              Refund.succeeded_at)  # fmt: skip
    event = (Order.number.label("order"), OrderEvent.event, OrderEvent.note, OrderEvent.at)
    return {
        "profile": _rows(select(*PROFILE).where(User.id == user_id)),
        "addresses": [dict(row._mapping) for row in addresses.of_buyer(user_id)],
        "invoice_headings": [dict(row._mapping) for row in invoices.of_buyer(user_id)],
        "orders": _rows(select(*ORDER).where(mine).order_by(Order.id)),
        "parts": _rows(
            parts.with_only_columns(*PART)
            .join(Cooperative, Cooperative.id == Suborder.cooperative_id)
            .where(mine)
            .order_by(Suborder.id)
        ),
        "lines": _rows(
            parts.with_only_columns(*LINE)
            .join(OrderLine, OrderLine.suborder_id == Suborder.id)
            .where(mine)
            .order_by(OrderLine.id)
        ),
        "parcels": _rows(
            parts.with_only_columns(
                Suborder.number.label("part"),
                Waybill.company.label("express_company"),
                Waybill.number.label("express_number"),
                Waybill.at,
            )
            .join(Shipment, Shipment.suborder_id == Suborder.id)
            .join(Waybill, Waybill.shipment_id == Shipment.id)
            .where(mine)
            .order_by(Waybill.id)
        ),
        "gift_recipients": _rows(
            parts.with_only_columns(*GIFT)
            .join(OrderLine, OrderLine.suborder_id == Suborder.id)
            .join(GiftRecipient, GiftRecipient.line_id == OrderLine.id)
            .where(mine)
            .order_by(GiftRecipient.id)
        ),
        "invoices": _rows(
            parts.with_only_columns(*invoiced)
            .join(InvoiceIssued, InvoiceIssued.suborder_id == Suborder.id)
            .where(mine)
            .order_by(InvoiceIssued.id)
        ),
        "payments": _rows(
            select(*payment).join(Order, Order.id == Payment.order_id).where(mine).order_by(Payment.id)
        ),
        "refunds": _rows(
            select(*refund).join(Order, Order.id == Refund.order_id).where(mine).order_by(Refund.id)
        ),
        "events": _rows(
            select(*event).join(Order, Order.id == OrderEvent.order_id).where(mine).order_by(OrderEvent.id)
        ),
        **_said_and_kept(user_id, mine),
        "basket": _rows(
            select(BasketLine.sku_id, BasketLine.count, BasketLine.added_at)
            .join(Basket, Basket.id == BasketLine.basket_id)
            .where(Basket.user_id == user_id)
            .order_by(BasketLine.id)
        ),
        "consents": [dict(row._mapping) for row in consents.history(user_id)],
        "devices": [_device(row) for row in _rows(_sessions(user_id))],
    }


def _said_and_kept(user_id: int, mine: ColumnElement[bool]) -> dict[str, Rows]:
    """Requests for money back, reviews, coupons, favourites, and where messages go."""
    asked = (
        Order.number.label("order"), ReturnRequest.kind, ReturnRequest.reason, ReturnRequest.words, ReturnRequest.asked_fen,
        ReturnRequest.granted_fen, ReturnRequest.state, ReturnRequest.express_company, ReturnRequest.express_number,
        ReturnRequest.asked_at,
    )  # fmt: skip
    review = (Product.name.label("product_name"), Review.signed, Review.stars, Review.words, Review.at,
              ReviewAddition.words.label("added"), ReviewAddition.at.label("added_at"))  # fmt: skip
    return {
        "returns": _rows(
            select(*asked)
            .join(Order, Order.id == ReturnRequest.order_id)
            .where(mine)
            .order_by(ReturnRequest.id)
        ),
        "reviews": _rows(
            select(*review)
            .join(Product, Product.id == Review.product_id)
            .outerjoin(ReviewAddition, ReviewAddition.review_id == Review.id)
            .where(Review.by == user_id)
            .order_by(Review.id)
        ),
        "coupons": _rows(
            select(Coupon.name, CouponTaken.taken_at, Coupon.ends_on)
            .join(CouponTaken, CouponTaken.coupon_id == Coupon.id)
            .where(CouponTaken.user_id == user_id)
            .order_by(CouponTaken.id)
        ),
        "favourites": _rows(
            select(Product.name.label("product_name"), Favourite.at)
            .join(Product, Product.id == Favourite.product_id)
            .where(Favourite.user_id == user_id)
            .order_by(Favourite.at)
        ),
        "emails": _rows(
            select(ReminderEmail.email, ReminderEmail.set_at).where(ReminderEmail.user_id == user_id)
        ),
    }


def _sessions(user_id: int) -> Executable:
    columns = (
        UserSession.created_at,
        UserSession.seen_at,
        UserSession.revoked_at,
        UserSession.ip,
        UserSession.agent,
    )
    return select(*columns).where(UserSession.user_id == user_id).order_by(UserSession.id.desc()).limit(500)


def _device(row: dict[str, Any]) -> dict[str, Any]:
    browser, system = devices.described(row["agent"])
    return row | {"browser": browser, "system": system}


def _rows(statement: Executable) -> Rows:
    return [dict(row._mapping) for row in session().execute(statement)]
