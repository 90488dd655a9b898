"""Pictures and papers that belong to a row: kept in the database, so that every host and every backup has them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class Attachment(Base):
    """One file, re-encoded (pictures) or checked (PDF) before it got here; never changed, only replaced by another row."""

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("octet_length(body) between 1 and 4194304", name="size"),
        CheckConstraint("media_type in ('image/webp','application/pdf')", name="media_type"),
        Index(None, "subject_type", "subject_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int | None] = mapped_column(ForeignKey("cooperative.id"))
    subject_type: Mapped[str]
    subject_id: Mapped[int]
    media_type: Mapped[str]
    sha256: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())
