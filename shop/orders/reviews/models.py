"""What buyers say of what they bought: written once, added to once, answered, hidden and shown again; nothing is ever deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class Review(Base):
    """One of a line that was received; append-only. `signed` is the writer's name, masked when it was written."""

    __tablename__ = "review"
    __table_args__ = (
        ForeignKeyConstraint(["line_id", "cooperative_id"], ["order_line.id", "order_line.cooperative_id"]),
        CheckConstraint("stars between 1 and 5", name="stars"),
        CheckConstraint("length(words) between 1 and 500", name="words"),
        CheckConstraint("pictures between 0 and 3", name="pictures"),
        Index(None, "product_id", "id"),
        Index(None, "cooperative_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(unique=True)
    cooperative_id: Mapped[int]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    signed: Mapped[str]
    stars: Mapped[int]
    words: Mapped[str]
    pictures: Mapped[int] = mapped_column(server_default=text("0"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReviewPicture(Base):
    """A picture of a review and its thumbnail, both drawn anew; append-only."""

    __tablename__ = "review_picture"
    __table_args__ = (
        UniqueConstraint("review_id", "seq"),
        CheckConstraint("seq between 1 and 3", name="seq"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    seq: Mapped[int]
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"))
    thumb_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"))


class ReviewAddition(Base):
    """追评: what the buyer adds later, once; append-only."""

    __tablename__ = "review_addition"
    __table_args__ = (CheckConstraint("length(words) between 1 and 500", name="words"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), unique=True)
    words: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReviewReply(Base):
    """The cooperative's answer, append-only: the last version is shown, the ones before it can be unfolded."""

    __tablename__ = "review_reply"
    __table_args__ = (
        UniqueConstraint("review_id", "seq"),
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint("length(words) between 1 and 500", name="words"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    seq: Mapped[int]
    words: Mapped[str]
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReviewHiding(Base):
    """Township staff hid a review (odd `seq`) or showed it again (even), always with a reason; append-only.

    `why` is one of hiding.WHY and stands in public; `note` is for the township.
    """

    __tablename__ = "review_hiding"
    __table_args__ = (
        UniqueConstraint("review_id", "seq"),
        CheckConstraint("seq > 0 and hidden = (seq % 2 = 1)", name="seq"),
        CheckConstraint("length(note) between 1 and 200", name="note"),
        CheckConstraint(
            "why in ('advert','abuse','privacy','unrelated','unlawful','shown')"
            " and hidden = (why <> 'shown')",
            name="why",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    seq: Mapped[int]
    hidden: Mapped[bool]
    why: Mapped[str]
    note: Mapped[str]
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class ProductRating(Base):
    """A product's reviews by stars, counted as they are written (audited); a hidden review still counts."""

    __tablename__ = "product_rating"
    __table_args__ = (
        CheckConstraint("least(one, two, three, four, five) >= 0", name="counts"),
        CheckConstraint("pictured between 0 and one + two + three + four + five", name="pictured"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    one: Mapped[int]
    two: Mapped[int]
    three: Mapped[int]
    four: Mapped[int]
    five: Mapped[int]
    pictured: Mapped[int]
