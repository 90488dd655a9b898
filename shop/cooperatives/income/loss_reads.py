"""What was written off of a lot, for the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select

from shop.cooperatives.produce.loss_models import StockLoss
from shop.core.attachments import Attachment
from shop.core.db import session
from shop.core.errors import NotFound

PICTURE = "stock_loss"  # subject of the attachments
SHOWN = 100


def losses_of(lot_id: int, cooperative_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Newest first: id, quantity, value_fen, reason, borne_by, note, reverses_id, at, picture (whether). One statement."""
    picture = (
        select(Attachment.id)
        .where(
            Attachment.subject_type == PICTURE,
            Attachment.subject_id == StockLoss.id,
            Attachment.cooperative_id == cooperative_id,
        )
        .correlate(StockLoss)
        .exists()
    )
    return session().execute(
        select(
            StockLoss.id, StockLoss.quantity, StockLoss.value_fen, StockLoss.reason, StockLoss.borne_by, StockLoss.note,
            StockLoss.reverses_id, StockLoss.at, picture.label("picture"),
        )
        .where(StockLoss.lot_id == lot_id, StockLoss.cooperative_id == cooperative_id)
        .order_by(StockLoss.id.desc())
        .limit(SHOWN)
    ).all()  # fmt: skip


def picture_of(loss_id: int, cooperative_id: int) -> int:
    """The attachment that shows a loss. Raises NotFound."""
    found = session().scalar(
        select(func.max(Attachment.id)).where(
            Attachment.subject_type == PICTURE,
            Attachment.subject_id == loss_id,
            Attachment.cooperative_id == cooperative_id,
        )
    )
    if found is None:
        raise NotFound
    return int(found)
