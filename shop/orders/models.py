"""Baskets, addresses, orders, their per-cooperative suborders, lines and what lots they hold."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Sequence,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base
from shop.core.privacy import Encrypted

ORDER_NUMBER = Sequence("order_number_seq", start=1000, metadata=Base.metadata)


class Basket(Base):
    """A guest's (token) or a buyer's (user) basket."""

    __tablename__ = "basket"
    __table_args__ = (CheckConstraint("(token_hash is null) <> (user_id is null)", name="one_owner"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), unique=True)
    touched_at: Mapped[datetime] = mapped_column(server_default=func.now())


class BasketLine(Base):
    __tablename__ = "basket_line"
    __table_args__ = (
        UniqueConstraint("basket_id", "sku_id"),
        CheckConstraint("count between 1 and 9999", name="count"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    basket_id: Mapped[int] = mapped_column(ForeignKey("basket.id", ondelete="CASCADE"))
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    count: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Address(Base):
    """A buyer's delivery address; names of the divisions are kept as text."""

    __tablename__ = "address"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    recipient: Mapped[str] = mapped_column(Encrypted)
    phone: Mapped[str] = mapped_column(Encrypted)
    province: Mapped[str]
    city: Mapped[str]
    district: Mapped[str]
    street: Mapped[str] = mapped_column(server_default="")  # township or street, the fourth level
    detail: Mapped[str] = mapped_column(Encrypted)
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    deleted_at: Mapped[datetime | None]


class Order(Base):
    """What a buyer ordered at once; everything copied as sold. total = goods + freight − discount, in fen."""

    __tablename__ = "customer_order"
    __table_args__ = (
        CheckConstraint(
            "goods_fen >= 0 and freight_fen >= 0 and discount_fen >= 0 and town_borne_fen >= 0",
            name="amounts",
        ),
        CheckConstraint(
            "total_fen = goods_fen + freight_fen - discount_fen - town_borne_fen and total_fen >= 0",
            name="total",
        ),
        CheckConstraint(
            "invoice_kind in ('','person','unit') and (invoice_kind = '') = (invoice_title is null)"
            " and (invoice_kind = 'unit') = (invoice_tax_code is not null)",
            name="invoice",
        ),
        CheckConstraint("channel in ('online','assisted','institution','imported')", name="channel"),
        CheckConstraint("state in ('pending','paid','closed')", name="state"),
        CheckConstraint(
            "(paid_at is not null) = (state = 'paid' or (state = 'closed' and coalesce(close_reason, '') = 'refunded'))",
            name="paid",
        ),
        Index(None, "buyer_id", "placed_at"),
        Index("ix_order_expiring", "expires_at", postgresql_where=text("state = 'pending'")),
        Index(
            "ix_order_unattributed", "id", postgresql_where=text("state = 'paid' and attributed_at is null")
        ),
        Index(None, "paid_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    request_key: Mapped[str] = mapped_column(
        unique=True
    )  # of the confirmation form: a double click is one order
    buyer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    buyer_kind: Mapped[str] = mapped_column(
        server_default="person"
    )  # person | budget_unit | trade_union | merchant
    buyer_label: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="pending")
    pay_method: Mapped[str] = mapped_column(server_default="online")  # online | transfer | cash
    recipient: Mapped[str] = mapped_column(Encrypted)
    phone: Mapped[str] = mapped_column(Encrypted)
    region_text: Mapped[str]
    address: Mapped[str] = mapped_column(Encrypted)
    goods_fen: Mapped[int]
    freight_fen: Mapped[int]
    discount_fen: Mapped[int] = mapped_column(server_default=text("0"))  # borne by sellers
    town_borne_fen: Mapped[int] = mapped_column(server_default=text("0"))
    total_fen: Mapped[int]
    note: Mapped[str] = mapped_column(server_default="")
    placed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    paid_on: Mapped[date | None]  # Shanghai day of paid_at: the day of sale in every report
    attributed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]  # cancelled | expired | refunded | not_taken
    evidence: Mapped[str | None]  # assisted sales: what backs it; none = unproven
    invoice_kind: Mapped[str] = mapped_column(server_default="")  # '' none asked for | person | unit
    invoice_title: Mapped[str | None] = mapped_column(Encrypted)
    invoice_tax_code: Mapped[str | None]
    greeting: Mapped[str] = mapped_column(server_default="")  # of a gift, printed on every delivery note


class Suborder(Base):
    """One cooperative's part: ships, is refunded and settled by itself."""

    __tablename__ = "suborder"
    __table_args__ = (
        UniqueConstraint("order_id", "cooperative_id"),
        UniqueConstraint("id", "cooperative_id"),
        CheckConstraint("state in ('pending','to_ship','shipped','received','closed')", name="state"),
        CheckConstraint("(state in ('shipped','received')) = (shipped_at is not null)", name="shipped"),
        CheckConstraint("delivery in ('express','town','pickup','gift')", name="delivery"),
        CheckConstraint("town_borne_fen between 0 and goods_fen - discount_fen", name="town_borne"),
        Index("ix_suborder_work", "cooperative_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    number: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(server_default="pending")
    goods_fen: Mapped[int]
    freight_fen: Mapped[int]
    discount_fen: Mapped[int] = mapped_column(server_default=text("0"))
    town_borne_fen: Mapped[int] = mapped_column(server_default=text("0"))
    note: Mapped[str] = mapped_column(server_default="")
    delivery: Mapped[str] = mapped_column(server_default="express")  # express | town | pickup | gift
    freight_basis: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB
    )  # what the rule said when it was ordered
    # the waybill as it was kept until parcels (orders.shipment_models) came; written and read no more
    express_company: Mapped[str | None]
    express_number: Mapped[str | None]
    shipped_at: Mapped[datetime | None]  # when the last parcel went
    received_at: Mapped[datetime | None]


class OrderLine(Base):
    """A line copied as sold. gross = price × count; net = gross − seller-borne discount; quantity = count × unit."""

    __tablename__ = "order_line"
    __table_args__ = (
        ForeignKeyConstraint(["suborder_id", "cooperative_id"], ["suborder.id", "suborder.cooperative_id"]),
        ForeignKeyConstraint(["sku_id", "cooperative_id"], ["sku.id", "sku.cooperative_id"]),
        UniqueConstraint("id", "cooperative_id"),
        UniqueConstraint("suborder_id", "seq"),
        CheckConstraint("count > 0 and unit_price_fen >= 0 and unit_quantity > 0", name="positive"),
        CheckConstraint("quantity = count * unit_quantity", name="quantity"),
        CheckConstraint("net_fen = unit_price_fen * count - discount_fen and net_fen >= 0", name="net"),
        CheckConstraint("town_borne_fen between 0 and net_fen", name="town_borne"),
        Index(None, "product_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    suborder_id: Mapped[int]
    cooperative_id: Mapped[int]
    seq: Mapped[int]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    sku_id: Mapped[int]
    produce_id: Mapped[int] = mapped_column(ForeignKey("produce.id"))
    product_name: Mapped[str]
    category_name: Mapped[str]
    spec: Mapped[str]
    picture: Mapped[str] = mapped_column(server_default="")
    certified: Mapped[bool] = mapped_column(server_default=text("false"))
    ships_from: Mapped[date | None]  # 预售, as promised when it was ordered
    unit_kind: Mapped[str]
    unit_quantity: Mapped[int]
    unit_price_fen: Mapped[int]
    count: Mapped[int]
    quantity: Mapped[int]
    discount_fen: Mapped[int] = mapped_column(server_default=text("0"))
    net_fen: Mapped[int]
    town_borne_fen: Mapped[int] = mapped_column(
        server_default=text("0")
    )  # of the net; the buyer pays the rest


class LotAllocation(Base):
    """Goods of a lot held for a line. state: reserved → released (back on sale) or shipped, when all of it is `sent`; parcels
    may take it bit by bit. `fen` is this allocation's share of the line's net, set when it is attributed."""

    __tablename__ = "lot_allocation"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        ForeignKeyConstraint(["line_id", "cooperative_id"], ["order_line.id", "order_line.cooperative_id"]),
        ForeignKeyConstraint(["lot_id", "cooperative_id"], ["lot.id", "lot.cooperative_id"]),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("state in ('reserved','released','shipped')", name="state"),
        CheckConstraint("sent >= 0 and sent <= quantity and (state <> 'released' or sent = 0)", name="sent"),
        CheckConstraint("(state = 'shipped') = (sent = quantity)", name="shipped"),
        Index(None, "line_id"),
        Index("ix_lot_allocation_held", "lot_id", postgresql_where=text("state = 'reserved'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int]
    cooperative_id: Mapped[int]
    lot_id: Mapped[int]
    quantity: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="reserved")
    sent: Mapped[int] = mapped_column(server_default=text("0"))
    fen: Mapped[int | None]
    attributed_at: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class OrderEvent(Base):
    """What happened to an order or suborder, append-only; the buyer's timeline is read from here."""

    __tablename__ = "order_event"
    __table_args__ = (Index(None, "order_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    suborder_id: Mapped[int | None] = mapped_column(ForeignKey("suborder.id"))
    event: Mapped[str]
    actor_id: Mapped[int | None]
    note: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime] = mapped_column(server_default=func.now())
