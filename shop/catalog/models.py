"""What is for sale: products of a cooperative, their specs and prices."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class Category(Base):
    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    sort: Mapped[int] = mapped_column(server_default=text("0"))


class Product(Base):
    """A product page; draws on the sellable lots of its `produce`. `search_text` holds hanzi, pinyin and initials."""

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        ForeignKeyConstraint(["produce_id", "cooperative_id"], ["produce.id", "produce.cooperative_id"]),
        CheckConstraint(
            "regulatory_class in ('edible_agri','prepackaged','bulk','workshop')", name="regulatory_class"
        ),
        Index(
            "ix_product_search",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        Index("ix_product_listed", "published_at", "id", postgresql_where=text("published_at is not null")),
        Index(
            "ix_product_listed_category",
            "category_id",
            "published_at",
            "id",
            postgresql_where=text("published_at is not null"),
        ),
        Index(None, "cooperative_id"),
        Index(None, "category_id"),
        Index(None, "produce_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    produce_id: Mapped[int]
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(server_default="")
    subtitle: Mapped[str] = mapped_column(server_default="")
    pinyin: Mapped[str]  # sort key
    search_text: Mapped[str]
    regulatory_class: Mapped[str] = mapped_column(server_default="edible_agri")
    origin: Mapped[str]
    grade: Mapped[str] = mapped_column(server_default="统货")
    storage: Mapped[str] = mapped_column(server_default="")
    shelf_life: Mapped[str] = mapped_column(server_default="")
    story: Mapped[str] = mapped_column(server_default="")
    certificate_no: Mapped[str] = mapped_column(server_default="")
    certified: Mapped[bool] = mapped_column(server_default=text("false"))  # 消费帮扶产品认定
    fresh: Mapped[bool] = mapped_column(
        server_default=text("false")
    )  # 鲜活易腐: no return without a reason, once confirmed
    picture: Mapped[str] = mapped_column(server_default="")  # name of an illustration in static/img/products
    ships_from: Mapped[date | None]  # 预售: sold before, sent from this day on
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Sku(Base):
    """A spec of a product: `unit_quantity` grams or pieces of the produce per unit sold; price in fen per unit."""

    __tablename__ = "sku"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        ForeignKeyConstraint(["product_id", "cooperative_id"], ["product.id", "product.cooperative_id"]),
        CheckConstraint("unit_quantity > 0", name="unit_quantity"),
        CheckConstraint("price_fen > 0", name="price"),
        Index(None, "product_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    product_id: Mapped[int]
    spec: Mapped[str]
    unit_quantity: Mapped[int]
    price_fen: Mapped[int]  # equals the latest sku_price row (audited)
    published: Mapped[bool] = mapped_column(server_default=text("true"))
    by_weight: Mapped[bool] = mapped_column(
        server_default=text("false")
    )  # 称重计价: weighed when packed, what is missing is refunded
    version: Mapped[int] = mapped_column(server_default=text("1"))


class SkuPrice(Base):
    """Prices by date, append-only."""

    __tablename__ = "sku_price"
    __table_args__ = (CheckConstraint("price_fen > 0", name="price"), Index(None, "sku_id", "valid_from"))

    id: Mapped[int] = mapped_column(primary_key=True)
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    price_fen: Mapped[int]
    valid_from: Mapped[date]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())
