"""Whether a purchase still stands: all that was paid for a part may have gone back without its goods."""

from __future__ import annotations

from sqlalchemy import select, text

from shop.core.db import session
from shop.orders.models import Suborder

_PAID_BACK = text("""
    goods_fen > discount_fen + town_borne_fen
    and coalesce((select sum(amount_fen) from refund where suborder_id = suborder.id), 0)
        >= goods_fen - discount_fen - town_borne_fen
""")


def wholly(suborder_id: int) -> bool:
    """Refunds of the part come to all of its goods. One statement."""
    found = session().execute(select(Suborder.id).where(Suborder.id == suborder_id, _PAID_BACK))
    return found.scalar() is not None
