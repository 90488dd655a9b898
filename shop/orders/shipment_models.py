"""Parcels of suborders, what is in each of them, and the waybills under which they travel; append-only, all three."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class Shipment(Base):
    """A parcel of a suborder; `seq` counts them from 1. A gift's parcels are its recipients: there it stands for them all."""

    __tablename__ = "shipment"
    __table_args__ = (
        ForeignKeyConstraint(["suborder_id", "cooperative_id"], ["suborder.id", "suborder.cooperative_id"]),
        UniqueConstraint("suborder_id", "seq"),
        UniqueConstraint("id", "cooperative_id"),
        CheckConstraint("seq > 0", name="seq"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    suborder_id: Mapped[int]
    cooperative_id: Mapped[int]
    seq: Mapped[int]
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class ShipmentLine(Base):
    """Grams or pieces of one allocation that went with a parcel. Their sum over the parcels is `lot_allocation.sent`."""

    __tablename__ = "shipment_line"
    __table_args__ = (
        ForeignKeyConstraint(["shipment_id", "cooperative_id"], ["shipment.id", "shipment.cooperative_id"]),
        ForeignKeyConstraint(["line_id", "cooperative_id"], ["order_line.id", "order_line.cooperative_id"]),
        ForeignKeyConstraint(
            ["allocation_id", "cooperative_id"], ["lot_allocation.id", "lot_allocation.cooperative_id"]
        ),
        UniqueConstraint("shipment_id", "allocation_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index(None, "allocation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shipment_id: Mapped[int]
    cooperative_id: Mapped[int]
    line_id: Mapped[int]
    allocation_id: Mapped[int]
    quantity: Mapped[int]


class Waybill(Base):
    """Company and number of a parcel; a correction is a row with the next `seq`, and the last one counts. `number` is empty
    where the cooperative brings it itself."""

    __tablename__ = "waybill"
    __table_args__ = (
        UniqueConstraint("shipment_id", "seq"),
        CheckConstraint("seq > 0", name="seq"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipment.id"))
    seq: Mapped[int]
    company: Mapped[str]
    number: Mapped[str]
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
