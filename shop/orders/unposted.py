"""What of a period has been paid and does not stand in the books yet: whoever closes the period asks first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from shop.core.db import session
from shop.core.errors import Refused

_UNATTRIBUTED = text(
    """
    select count(distinct o.id) as orders, coalesce(sum(s.goods_fen + s.freight_fen), 0)::bigint as fen
      from customer_order o join suborder s on s.order_id = o.id and s.cooperative_id = :cooperative
     where o.state = 'paid' and o.attributed_at is null and o.paid_on between :first and :last
    """
)


@dataclass(frozen=True, slots=True)
class Unposted:
    """Paid orders whose sale is not booked: how many, and what they come to."""

    orders: int
    fen: int


def unposted(cooperative_id: int, first: date, last: date) -> Unposted:
    """What of [first, last] still waits for attribution. One statement."""
    row = (
        session().execute(_UNATTRIBUTED, {"cooperative": cooperative_id, "first": first, "last": last}).one()
    )
    return Unposted(int(row.orders), int(row.fen))


def refuse_unposted(cooperative_id: int, first: date, last: date) -> None:
    """Raises Refused while a paid order of these days is not booked."""
    waiting = unposted(cooperative_id, first, last)
    if waiting.orders:
        raise Refused(
            "还有 %(orders)s 单已付款但没有归属入账，不能结账；一般几分钟内自动完成，过一会儿再试",
            orders=waiting.orders,
        )
