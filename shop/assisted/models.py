"""Whom the township brings the goods to, who has what and who wants what, and the sales that came of it with their proof."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base
from shop.core.privacy import Encrypted


class TradeContact(Base):
    """A merchant or institution that buys from the region; who answers there is sealed, its own name is not."""

    __tablename__ = "trade_contact"
    __table_args__ = (
        UniqueConstraint("region_code", "name"),
        CheckConstraint("kind in ('merchant','institution','canteen','fair')", name="kind"),
        CheckConstraint("name <> ''", name="name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    kind: Mapped[str]
    name: Mapped[str]
    search_text: Mapped[str]  # hanzi, pinyin and initials; also the sort key
    person: Mapped[str] = mapped_column(Encrypted)
    phone: Mapped[str] = mapped_column(Encrypted)
    note: Mapped[str] = mapped_column(server_default="")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TradeNotice(Base):
    """Something on offer (by a cooperative, or a village without one) or wanted (by a contact), until a day; price in fen per
    kilogram, or per piece."""

    __tablename__ = "trade_notice"
    __table_args__ = (
        UniqueConstraint("id", "side"),
        CheckConstraint("side in ('offer','demand')", name="side"),
        CheckConstraint(
            "case side when 'offer' then contact_id is null and village_id is not null"
            " else contact_id is not null and village_id is null and cooperative_id is null end",
            name="party",
        ),
        CheckConstraint("unit_kind in ('g','piece') and quantity > 0", name="quantity"),
        CheckConstraint("low_fen >= 0 and high_fen >= low_fen", name="price"),
        CheckConstraint("from_on <= to_on", name="days"),
        CheckConstraint("state in ('open','matched','closed')", name="state"),
        Index(None, "region_code", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_key: Mapped[str] = mapped_column(unique=True)
    side: Mapped[str]
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    village_id: Mapped[int | None] = mapped_column(ForeignKey("village.id"))
    cooperative_id: Mapped[int | None] = mapped_column(ForeignKey("cooperative.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("trade_contact.id"), index=True)
    goods: Mapped[str]  # the produce's name, or any other
    unit_kind: Mapped[str] = mapped_column(server_default="g")
    quantity: Mapped[int]
    low_fen: Mapped[int]
    high_fen: Mapped[int]
    from_on: Mapped[date]
    to_on: Mapped[date]
    note: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="open")
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TradeMatch(Base):
    """An offer brought together with a demand, each once; append-only."""

    __tablename__ = "trade_match"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id", "offer_side"], ["trade_notice.id", "trade_notice.side"]),
        ForeignKeyConstraint(["demand_id", "demand_side"], ["trade_notice.id", "trade_notice.side"]),
        CheckConstraint("offer_side = 'offer' and demand_side = 'demand'", name="sides"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(unique=True)
    offer_side: Mapped[str] = mapped_column(server_default="offer")
    demand_id: Mapped[int] = mapped_column(unique=True)
    demand_side: Mapped[str] = mapped_column(server_default="demand")
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class AssistedSale(Base):
    """What an order of channel assisted or imported has besides: to whom, entered by whom, which order elsewhere. Append-only."""

    __tablename__ = "assisted_sale"
    __table_args__ = (
        UniqueConstraint("order_id", "entered_by"),
        UniqueConstraint("platform", "platform_number", "platform_line"),
        CheckConstraint(
            "(platform is null) = (platform_number is null) and (platform is null) = (platform_line is null)",
            name="platform",
        ),
        CheckConstraint("platform <> '' and platform_number <> '' and platform_line > 0", name="number"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("trade_contact.id"), index=True)
    match_id: Mapped[int | None] = mapped_column(ForeignKey("trade_match.id"), unique=True)
    platform: Mapped[str | None]
    platform_number: Mapped[str | None]
    platform_line: Mapped[int | None]
    entered_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AssistedProof(Base):
    """Somebody else than who entered it has seen what backs a sale, or takes that back; the last row counts. Append-only."""

    __tablename__ = "assisted_proof"
    __table_args__ = (
        ForeignKeyConstraint(
            ["order_id", "entered_by"], ["assisted_sale.order_id", "assisted_sale.entered_by"]
        ),
        UniqueConstraint("order_id", "seq"),
        CheckConstraint("state in ('proven','unproven')", name="state"),
        CheckConstraint("note <> '' or (state = 'proven' and attachment_id is not null)", name="backed"),
        CheckConstraint("by <> entered_by", name="another"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int]
    seq: Mapped[int]
    state: Mapped[str]
    attachment_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id"))
    note: Mapped[str] = mapped_column(server_default="")
    entered_by: Mapped[int]
    by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
