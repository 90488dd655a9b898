"""Closing a lot: whose share of it is frozen, and from then on it can be sold."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from shop.cooperatives.produce.models import IntakeReceipt, Lot, LotPart, Produce
from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.quantity import format_quantity


def close(
    lot_id: int,
    cooperative_id: int,
    best_before: date | None = None,
    by: int | None = None,
    seen: int | None = None,
) -> None:
    """Freeze one part per unreversed receipt, in the order they came in, and open the lot for sale.

    No `best_before` means the last delivery's day plus the produce's shelf life; `seen` is how much had come in (grams or
    pieces) when it was decided. Raises NotFound for another cooperative's lot; Conflict when it is closed, or when more or
    less came in than was seen; Refused when it is empty, or best before its own goods came in.
    """
    lot = _locked(lot_id, cooperative_id)
    if seen is not None and seen != lot.received:
        raise Conflict(
            "你看过以后又有收货或冲销：那时收进 %(then)s，现在是 %(now)s。请看过再封批",
            then=format_quantity(seen, lot.unit_kind, lot.count_word),
            now=format_quantity(lot.received, lot.unit_kind, lot.count_word),
        )
    deliveries = (IntakeReceipt.lot_id == lot_id, IntakeReceipt.reverses_id.is_(None))
    last = session().scalar(select(func.max(IntakeReceipt.received_on)).where(*deliveries))
    if lot.received == 0 or last is None:
        raise Refused("这个批次还没有货，不能封批")
    best_before = best_before or last + timedelta(days=lot.shelf_life_days)
    if best_before < last:
        raise Refused("保质期不能早于最后一次交货的日期", field="best_before")
    session().execute(_parts(lot_id))
    session().execute(
        update(Lot).where(Lot.id == lot_id).values(closed_at=clock.now(), best_before=best_before)
    )
    activity.record(
        "lot.closed", "lot", lot_id, cooperative_id=cooperative_id, actor_id=by,
        after={"received": lot.received, "best_before": best_before.isoformat()},
    )  # fmt: skip


def _locked(lot_id: int, cooperative_id: int) -> Row[*tuple[Any, ...]]:
    lot = session().execute(
        select(Lot.received, Lot.closed_at, Produce.shelf_life_days, Produce.unit_kind, Produce.count_word)
        .join(Produce, Produce.id == Lot.produce_id)
        .where(Lot.id == lot_id, Lot.cooperative_id == cooperative_id)
        .with_for_update(of=Lot, key_share=True)
    ).one_or_none()  # fmt: skip
    if lot is None:
        raise NotFound("没有找到这个批次")
    if lot.closed_at is not None:
        raise Conflict("这个批次已经封批")
    return lot


def _parts(lot_id: int) -> Any:
    """One statement: the receipts of the lot that no reversing receipt takes back become its parts."""
    reversing = aliased(IntakeReceipt)
    columns = (
        "cooperative_id", "lot_id", "seq", "receipt_id", "household_id", "member_id", "supplier_id", "quantity", "value_fen",
        "commission_rate",
    )  # fmt: skip
    rows = select(
        IntakeReceipt.cooperative_id, IntakeReceipt.lot_id, func.row_number().over(order_by=IntakeReceipt.id),
        IntakeReceipt.id, IntakeReceipt.household_id, IntakeReceipt.member_id, IntakeReceipt.supplier_id,
        IntakeReceipt.quantity, IntakeReceipt.value_fen, IntakeReceipt.commission_rate,
    ).where(
        IntakeReceipt.lot_id == lot_id,
        IntakeReceipt.reverses_id.is_(None),
        ~select(reversing.id).where(reversing.reverses_id == IntakeReceipt.id).exists(),
    )  # fmt: skip
    return insert(LotPart).from_select(columns, rows, include_defaults=False)
