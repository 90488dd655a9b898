"""Around a receipt: the price list it was priced by, the household's confirmation, the codes and messages sent for it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.cooperatives.produce.models import MODES
from shop.core.db import Base

OF_RECEIPT = (["receipt_id", "cooperative_id"], ["intake_receipt.id", "intake_receipt.cooperative_id"])


class IntakePrice(Base):
    """What the cooperative pays for a grade in a mode from a day on. Append-only: in force on a day is the row with the
    newest `valid_from` up to it, of several the one entered last."""

    __tablename__ = "intake_price"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        ForeignKeyConstraint(["produce_id", "cooperative_id"], ["produce.id", "produce.cooperative_id"]),
        CheckConstraint(f"mode in ({MODES})", name="mode"),
        CheckConstraint(
            "(mode = 'consign_commission' and price_fen = 0 and commission_rate is not null)"
            " or (mode <> 'consign_commission' and price_fen > 0 and commission_rate is null)",
            name="terms",
        ),
        CheckConstraint("grade_factor between 1 and 1000", name="grade_factor"),
        CheckConstraint("length(notice) between 1 and 200", name="notice"),
        Index(None, "cooperative_id", "produce_id", "grade", "mode", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    produce_id: Mapped[int]
    grade: Mapped[str]
    mode: Mapped[str]
    price_fen: Mapped[int]  # per kilogram or per piece; 0 in commission mode
    commission_rate: Mapped[str | None]  # decimal string, commission mode only
    grade_factor: Mapped[int] = mapped_column(server_default=text("100"))  # hundredths
    valid_from: Mapped[date]
    notice: Mapped[str]  # the resolution or notice that it rests on
    set_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())
    request_key: Mapped[str | None] = mapped_column(unique=True)  # a repeated POST sets no second price


class ReceiptConfirmation(Base):
    """The deliverer said that a receipt is right: by a code told to the manager, a signature on the phone, a signed printed
    slip, or on the household's own page. Append-only, one for each receipt."""

    __tablename__ = "receipt_confirmation"
    __table_args__ = (
        ForeignKeyConstraint(*OF_RECEIPT),
        CheckConstraint("how in ('code','signature','slip','page')", name="how"),
        CheckConstraint("(how in ('signature','slip')) = (attachment_id is not null)", name="paper"),
        CheckConstraint("(how = 'page') = (\"by\" is null)", name="by"),
        UniqueConstraint("receipt_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_id: Mapped[int]
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    how: Mapped[str]
    # the manager who took it; none: the household itself
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    attachment_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id"))


class ReceiptCode(Base):
    """A one-time code that the household's phone got for a receipt; its hash only."""

    __tablename__ = "receipt_code"
    __table_args__ = (
        ForeignKeyConstraint(*OF_RECEIPT),
        CheckConstraint("tries >= 0", name="tries"),
        Index(None, "receipt_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_id: Mapped[int]
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    code_hash: Mapped[str]
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    used_at: Mapped[datetime | None]


class ReceiptMessage(Base):
    """The delivery slip by text message: one for each receipt. `sent_at` is empty while the gateway has it; a row that stays
    so was cut off there and is not sent again."""

    __tablename__ = "receipt_message"
    __table_args__ = (ForeignKeyConstraint(*OF_RECEIPT), UniqueConstraint("receipt_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_id: Mapped[int]
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
