"""Pictures of a product, in the order in which buyers see them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base

MOST_PICTURES = 9


class ProductPicture(Base):
    """One of our illustrations, or a photograph that was sent (`large_id` 720 px and `small_id` 360 px, both drawn anew).

    `mark` is the illustration's name, or the SHA-256 of the large photograph: the same one never hangs twice on a product.
    `seq` counts 1, 2, 3 without gaps; a picture that was taken down has none, and can be put back.
    """

    __tablename__ = "product_picture"
    __table_args__ = (
        ForeignKeyConstraint(["product_id", "cooperative_id"], ["product.id", "product.cooperative_id"]),
        UniqueConstraint("product_id", "seq", deferrable=True, initially="DEFERRED"),
        CheckConstraint(f"seq between 1 and {MOST_PICTURES}", name="seq"),
        CheckConstraint("(seq is null) = (removed_at is not null)", name="removed"),
        CheckConstraint("(large_id is null) = (small_id is null)", name="sizes"),
        CheckConstraint(
            "case when large_id is null then sketch and mark ~ '^[a-z]+(-[a-z]+)*$' else length(mark) = 64 end",
            name="mark",
        ),
        CheckConstraint("length(alt) between 1 and 80", name="alt"),
        Index(
            "uq_product_picture_mark",
            "product_id",
            "mark",
            unique=True,
            postgresql_where=text("seq is not null"),
        ),
        Index(None, "cooperative_id"),
        Index(None, "large_id"),
        Index(None, "small_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int]
    product_id: Mapped[int]
    seq: Mapped[int | None]
    mark: Mapped[str]
    large_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id"))
    small_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id"))
    alt: Mapped[str]  # what a screen reader says
    sketch: Mapped[bool]  # 示意图: not the goods themselves
    added_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())
    removed_at: Mapped[datetime | None]
