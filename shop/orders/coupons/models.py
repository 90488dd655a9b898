"""Coupons: what they promise, who took one, which order used it, and how that falls on the order's lines."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class Coupon(Base):
    """Issued by a cooperative, which bears it, or by a town. Its terms never change; counters and `stopped_at` do.

    `only_id`: good for this cooperative's goods only; a cooperative's coupon always is. `spent_fen`: what its live uses take,
    less what refunds gave back to the town; never above the budget.
    """

    __tablename__ = "coupon"
    __table_args__ = (
        CheckConstraint("(cooperative_id is null) <> (region_code is null)", name="one_issuer"),
        CheckConstraint("cooperative_id is null or only_id = cooperative_id", name="own_goods"),
        CheckConstraint(
            "(kind = 'amount' and off_fen > 0 and percent is null and cap_fen is null)"
            " or (kind = 'percent' and off_fen is null and percent between 1 and 99 and cap_fen > 0)",
            name="kind",
        ),
        CheckConstraint("threshold_fen >= 0 and starts_on <= ends_on", name="terms"),
        CheckConstraint("issued > 0 and taken between 0 and issued", name="issued"),
        CheckConstraint("spent_fen >= 0 and (budget_fen is null or spent_fen <= budget_fen)", name="budget"),
        CheckConstraint("cooperative_id is not null or budget_fen > 0", name="town_budget"),
        Index(None, "cooperative_id"),
        Index(None, "region_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_key: Mapped[str] = mapped_column(unique=True)  # of the form: a double click is one coupon
    cooperative_id: Mapped[int | None] = mapped_column(ForeignKey("cooperative.id"))
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    only_id: Mapped[int | None] = mapped_column(ForeignKey("cooperative.id"))
    name: Mapped[str]
    kind: Mapped[str]  # amount | percent
    off_fen: Mapped[int | None]
    percent: Mapped[int | None]  # 10: a tenth off
    cap_fen: Mapped[int | None]
    threshold_fen: Mapped[int] = mapped_column(server_default=text("0"))  # of goods before any coupon
    starts_on: Mapped[date]  # Shanghai days, both included
    ends_on: Mapped[date]
    issued: Mapped[int]
    taken: Mapped[int] = mapped_column(server_default=text("0"))
    budget_fen: Mapped[int | None]
    spent_fen: Mapped[int] = mapped_column(server_default=text("0"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    stopped_at: Mapped[datetime | None]  # no more are given out; those taken stay good


class CouponTaken(Base):
    """A buyer's one coupon of a kind."""

    __tablename__ = "coupon_taken"
    __table_args__ = (UniqueConstraint("coupon_id", "user_id"), Index(None, "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupon.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    taken_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CouponUse(Base):
    """A coupon in an order. Live until released: one live use a coupon, one live coupon an issuer and order.

    `fen` is what it took off; `back_fen` what refunds gave back to the town's budget of it.
    """

    __tablename__ = "coupon_use"
    __table_args__ = (
        UniqueConstraint("taken_id", "order_id"),
        Index(
            "uq_coupon_use_live", "taken_id", unique=True, postgresql_where=text("released_at is null")
        ),  # two tabs: one wins
        Index(
            "uq_coupon_use_issuer",
            "order_id",
            text("coalesce(seller_id, 0)"),
            unique=True,
        ),
        CheckConstraint("fen > 0 and back_fen between 0 and fen", name="amounts"),
        CheckConstraint("(released_at is null) = (release_reason is null)", name="released"),
        CheckConstraint("release_reason in ('cancelled','expired','refunded','not_taken')", name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    taken_id: Mapped[int] = mapped_column(ForeignKey("coupon_taken.id"))
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupon.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    seller_id: Mapped[int | None] = mapped_column(
        ForeignKey("cooperative.id")
    )  # who bears it; none: the town
    fen: Mapped[int]
    back_fen: Mapped[int] = mapped_column(server_default=text("0"))
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())
    released_at: Mapped[datetime | None]
    release_reason: Mapped[str | None]


class CouponShare(Base):
    """What of a use falls on an order line; append-only. They sum to the use."""

    __tablename__ = "coupon_share"
    __table_args__ = (
        UniqueConstraint("use_id", "line_id"),
        ForeignKeyConstraint(["line_id", "cooperative_id"], ["order_line.id", "order_line.cooperative_id"]),
        CheckConstraint("fen > 0", name="amount"),
        Index(None, "line_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    use_id: Mapped[int] = mapped_column(ForeignKey("coupon_use.id"))
    line_id: Mapped[int]
    cooperative_id: Mapped[int]
    fen: Mapped[int]
