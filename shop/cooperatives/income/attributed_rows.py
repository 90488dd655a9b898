"""Rows of attribution as they are written: a sale's slice of a part, and what takes some of such a row back."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row

from shop.cooperatives.income.taking import Pool, Slice


def sale_row(
    line_id: int, cooperative_id: int, allocation_id: int, pool: Pool, piece: Slice, on_date: date
) -> dict[str, Any]:
    """What a sale took of a part."""
    part = piece.part
    return {
        "cooperative_id": cooperative_id, "line_id": line_id, "allocation_id": allocation_id, "lot_id": pool.id,
        "lot_part_id": part.id, "household_id": part.household_id, "member_id": part.member_id,
        "supplier_id": part.supplier_id, "kind": "sale", "quantity": piece.quantity, "fen": piece.fen,
        "reverses_id": None, "refund_line_id": None, "on_date": on_date,
    }  # fmt: skip


def reversal_row(
    sold: Row[*tuple[Any, ...]], quantity: int, fen: int, on_date: date, refund_line_id: int | None = None
) -> dict[str, Any]:
    """What of a sale's row goes back, in positive numbers: by a refund's line, or to another lot."""
    return {
        "cooperative_id": sold.cooperative_id, "line_id": sold.line_id, "allocation_id": sold.allocation_id,
        "lot_id": sold.lot_id, "lot_part_id": sold.lot_part_id, "household_id": sold.household_id,
        "member_id": sold.member_id, "supplier_id": sold.supplier_id, "kind": "reversal", "quantity": -quantity,
        "fen": -fen, "reverses_id": sold.id, "refund_line_id": refund_line_id, "on_date": on_date,
    }  # fmt: skip
