"""What was brought in, by whom, and the lots it was pooled into."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base

MODES = "'buyout','consign_fixed','consign_commission'"


class Supplier(Base):
    """A named outside supplier: never a member, never spread over members."""

    __tablename__ = "supplier"
    __table_args__ = (UniqueConstraint("id", "cooperative_id"), UniqueConstraint("cooperative_id", "name"))

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    name: Mapped[str]


class Produce(Base):
    """What a cooperative takes in and stocks; counted in grams or in pieces."""

    __tablename__ = "produce"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        UniqueConstraint("cooperative_id", "name"),
        CheckConstraint("unit_kind in ('g','piece')", name="unit_kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    name: Mapped[str]
    pinyin: Mapped[str]
    unit_kind: Mapped[str] = mapped_column(server_default="g")
    count_word: Mapped[str] = mapped_column(server_default="件")
    shelf_life_days: Mapped[int] = mapped_column(server_default=text("365"))


class Lot(Base):
    """A pool of goods in ONE mode. Only closed lots sell; counters are grams or pieces and never negative.

    on hand = received + returned − shipped − written_off − transformed; available = on hand − reserved.
    """

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        UniqueConstraint("cooperative_id", "code"),
        ForeignKeyConstraint(["produce_id", "cooperative_id"], ["produce.id", "produce.cooperative_id"]),
        CheckConstraint(f"mode in ({MODES})", name="mode"),
        CheckConstraint(
            "received >= 0 and reserved >= 0 and shipped >= 0 and returned >= 0", name="counters"
        ),
        CheckConstraint("written_off >= 0 and transformed >= 0", name="losses"),
        CheckConstraint(
            "reserved <= received + returned - shipped - written_off - transformed", name="reserved_on_hand"
        ),
        CheckConstraint("closed_at is not null or reserved + shipped = 0", name="only_closed_sells"),
        CheckConstraint("attributed_fen >= 0 and attributed_quantity >= 0", name="attributed"),
        Index(
            "uq_lot_one_open",
            "cooperative_id",
            "produce_id",
            "mode",
            unique=True,
            postgresql_where=text("closed_at is null"),
        ),
        Index(
            "ix_lot_sellable",
            "produce_id",
            "best_before",
            "id",
            postgresql_where=text("closed_at is not null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    produce_id: Mapped[int]
    code: Mapped[str]
    trace_code: Mapped[str] = mapped_column(unique=True)
    mode: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_at: Mapped[datetime | None]
    best_before: Mapped[date | None]
    recalled_at: Mapped[
        datetime | None
    ]  # off sale while it is set: the recall that stands (loss_models.LotRecall)
    received: Mapped[int] = mapped_column(server_default=text("0"))
    reserved: Mapped[int] = mapped_column(server_default=text("0"))
    shipped: Mapped[int] = mapped_column(server_default=text("0"))
    returned: Mapped[int] = mapped_column(server_default=text("0"))
    written_off: Mapped[int] = mapped_column(server_default=text("0"))
    transformed: Mapped[int] = mapped_column(server_default=text("0"))
    # gross sale rows so far: the state of the running split (shares.advance)
    attributed_quantity: Mapped[int] = mapped_column(server_default=text("0"))
    attributed_fen: Mapped[int] = mapped_column(server_default=text("0"))


class IntakeReceipt(Base):
    """A household or outside supplier brought goods in; every term frozen. Corrected only by a reversing receipt
    (negative quantity and value, UNIQUE reverses_id)."""

    __tablename__ = "intake_receipt"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        UniqueConstraint("cooperative_id", "number"),
        ForeignKeyConstraint(["produce_id", "cooperative_id"], ["produce.id", "produce.cooperative_id"]),
        ForeignKeyConstraint(["lot_id", "cooperative_id"], ["lot.id", "lot.cooperative_id"]),
        ForeignKeyConstraint(["member_id", "cooperative_id"], ["member.id", "member.cooperative_id"]),
        ForeignKeyConstraint(["supplier_id", "cooperative_id"], ["supplier.id", "supplier.cooperative_id"]),
        ForeignKeyConstraint(
            ["intake_price_id", "cooperative_id"], ["intake_price.id", "intake_price.cooperative_id"]
        ),
        CheckConstraint("(household_id is null) <> (supplier_id is null)", name="one_party"),
        CheckConstraint("member_id is null or household_id is not null", name="member_has_household"),
        CheckConstraint(f"mode in ({MODES})", name="mode"),
        CheckConstraint("grade_factor > 0 and price_fen >= 0", name="terms"),
        CheckConstraint(
            "(reverses_id is null and quantity > 0 and value_fen >= 0)"
            " or (reverses_id is not null and quantity < 0 and value_fen <= 0)",
            name="sign",
        ),
        Index(None, "lot_id"),
        Index(None, "cooperative_id", "received_on"),
        Index(None, "household_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    number: Mapped[str]
    lot_id: Mapped[int]
    produce_id: Mapped[int]
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    member_id: Mapped[int | None]  # membership on that day, frozen; none = not a member
    supplier_id: Mapped[int | None]
    grade: Mapped[str] = mapped_column(server_default="统货")
    grade_factor: Mapped[int] = mapped_column(server_default=text("100"))
    quantity: Mapped[int]  # grams or pieces
    mode: Mapped[str]
    price_fen: Mapped[int]  # per kilogram or per piece; agreed price, or 0 in commission mode
    commission_rate: Mapped[str | None]  # decimal string, commission mode only
    value_fen: Mapped[int]  # price × quantity, rounded half up once
    intake_price_id: Mapped[int | None]  # the list's row in force that day; none where nothing was listed
    off_list: Mapped[bool] = mapped_column(server_default=text("false"))  # other terms than the list's
    certificate_no: Mapped[str] = mapped_column(server_default="")
    received_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime | None]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("intake_receipt.id"), unique=True)
    reason: Mapped[str | None]
    request_key: Mapped[str | None] = mapped_column(unique=True)  # a repeated POST gets the first answer


class LotPart(Base):
    """Whose share of a closed lot, frozen at closing, numbered by `seq`: one part per unreversed receipt, or, where the lot was
    made of others, per part that went into it."""

    __tablename__ = "lot_part"
    __table_args__ = (
        UniqueConstraint("lot_id", "seq"),
        UniqueConstraint("id", "cooperative_id"),
        ForeignKeyConstraint(["lot_id", "cooperative_id"], ["lot.id", "lot.cooperative_id"]),
        ForeignKeyConstraint(
            ["receipt_id", "cooperative_id"], ["intake_receipt.id", "intake_receipt.cooperative_id"]
        ),
        ForeignKeyConstraint(
            ["parent_part_id", "cooperative_id"], ["lot_part.id", "lot_part.cooperative_id"]
        ),
        ForeignKeyConstraint(["member_id", "cooperative_id"], ["member.id", "member.cooperative_id"]),
        ForeignKeyConstraint(["supplier_id", "cooperative_id"], ["supplier.id", "supplier.cooperative_id"]),
        CheckConstraint("(household_id is null) <> (supplier_id is null)", name="one_party"),
        CheckConstraint("(receipt_id is null) <> (parent_part_id is null)", name="one_origin"),
        CheckConstraint("quantity > 0 and value_fen >= 0", name="amounts"),
        CheckConstraint(
            "restored_quantity between 0 and transformed_quantity"
            " and transformed_quantity - restored_quantity <= quantity",
            name="transformed",
        ),
        CheckConstraint("attributed_quantity >= 0 and attributed_fen >= 0", name="attributed"),
        CheckConstraint(
            "returned_quantity between 0 and attributed_quantity and returned_fen between 0 and attributed_fen"
            " and lost_quantity between 0 and quantity",
            name="returned",
        ),
        Index(None, "household_id"),
        Index(None, "receipt_id"),
        Index(None, "parent_part_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    lot_id: Mapped[int]
    seq: Mapped[int]
    receipt_id: Mapped[int | None]
    parent_part_id: Mapped[
        int | None
    ]  # of a lot that was made of others: the part whose goods went into this one
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    member_id: Mapped[int | None]
    supplier_id: Mapped[int | None]
    quantity: Mapped[int]
    value_fen: Mapped[int]
    commission_rate: Mapped[str | None]
    attributed_quantity: Mapped[int] = mapped_column(server_default=text("0"))
    attributed_fen: Mapped[int] = mapped_column(server_default=text("0"))
    # sales of this part that refunds took back; what was lost of it then or in the store: out = attributed − returned + lost
    returned_quantity: Mapped[int] = mapped_column(server_default=text("0"))
    returned_fen: Mapped[int] = mapped_column(server_default=text("0"))
    lost_quantity: Mapped[int] = mapped_column(server_default=text("0"))
    # what was made into other goods, and what of it came back when that was undone; both only grow
    transformed_quantity: Mapped[int] = mapped_column(server_default=text("0"))
    restored_quantity: Mapped[int] = mapped_column(server_default=text("0"))


class StockMove(Base):
    """Physical movement of a lot, append-only; quantity positive, `kind` says which counter it raised (unreceived and found
    lower received and written_off)."""

    __tablename__ = "stock_move"
    __table_args__ = (
        ForeignKeyConstraint(["lot_id", "cooperative_id"], ["lot.id", "lot.cooperative_id"]),
        CheckConstraint(
            "kind in ('received','unreceived','shipped','returned','written_off','found','transformed')",
            name="kind",
        ),
        CheckConstraint("quantity > 0", name="quantity"),
        UniqueConstraint("kind", "source_type", "source_id", "lot_id"),
        Index(None, "lot_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    lot_id: Mapped[int]
    kind: Mapped[str]
    quantity: Mapped[int]
    source_type: Mapped[
        str
    ]  # intake_receipt | shipment_line (lot_allocation until 2026) | refund_line | stock_loss | transformation
    source_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
