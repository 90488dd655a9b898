"""The counters and moves of goods that were lost in the store, or found there again. The caller holds the lot's lock."""

from __future__ import annotations

from sqlalchemy import update

from shop.cooperatives.produce.models import Lot, StockMove
from shop.core.db import insert_rows, session


def note(loss_id: int, lot_id: int, cooperative_id: int, quantity: int, *, found: bool) -> None:
    """Grams or pieces leave the lot for good, or are there after all. Two statements; once for a loss."""
    more = -quantity if found else quantity
    session().execute(
        update(Lot)
        .where(Lot.id == lot_id)
        .values(written_off=Lot.written_off + more)
        .execution_options(synchronize_session=False)
    )
    move = {
        "cooperative_id": cooperative_id, "lot_id": lot_id, "kind": "found" if found else "written_off",
        "quantity": quantity, "source_type": "stock_loss", "source_id": loss_id,
    }  # fmt: skip
    insert_rows(StockMove, [move])
