"""Fresh and perishable goods: the buyer confirms at each purchase that they cannot be sent back without a reason.

Consumer Rights Law art. 25, rules for seven-day returns (SAMR order 31) art. 20: what was not confirmed can be sent back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ForeignKey, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base, session
from shop.core.errors import Refused
from shop.orders.models import OrderLine

_KEEP = text("""
insert into fresh_confirmation (line_id)
select l.id from order_line l join suborder s on s.id = l.suborder_id join product p on p.id = l.product_id
 where s.order_id = :order and p.fresh and l.sku_id = any(:skus)
""")


class FreshConfirmation(Base):
    """The buyer confirmed, when ordering, that this line has no seven-day right of return. Append-only."""

    __tablename__ = "fresh_confirmation"

    line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


def require(items: Iterable[tuple[int, str, bool]], confirmed: Collection[int]) -> None:
    """Raises Refused beside the first fresh line (sku, name, fresh?) that was not confirmed."""
    for sku_id, name, is_fresh in items:
        if is_fresh and sku_id not in confirmed:
            raise Refused(_("“%(name)s”是鲜活易腐商品，请先勾选确认", name=name), field=f"fresh-{sku_id}")


def keep(order_id: int, confirmed: Collection[int]) -> None:
    """Write the confirmations of an order just placed. One statement."""
    if confirmed:
        session().execute(_KEEP, {"order": order_id, "skus": sorted(confirmed)})


def confirmed_lines(suborder_id: int) -> set[int]:
    """Lines of a suborder without the right to return for no reason. One statement."""
    lines = select(OrderLine.id).where(OrderLine.suborder_id == suborder_id)
    found = session().execute(select(FreshConfirmation.line_id).where(FreshConfirmation.line_id.in_(lines)))
    return set(found.scalars())
