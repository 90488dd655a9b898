"""One sale told twice: by the platform, the cooperative and the town, or by two colleagues. What looks like it is shown, and
never added in silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, text

from shop.core.db import session
from shop.core.errors import Refused
from shop.core.text import N_

NEAR = timedelta(days=3)
_ALIKE = text(
    """
    select distinct o.id, o.number, o.channel, (o.placed_at at time zone 'Asia/Shanghai')::date as day, l.product_name, l.net_fen
      from order_line l
      join suborder s on s.id = l.suborder_id
      join customer_order o on o.id = s.order_id
     where l.cooperative_id = :cooperative and l.produce_id = :produce and l.net_fen = :fen and o.id <> :but
       and o.state <> 'closed'
       and not exists (select from assisted_sale a where a.order_id = o.id and a.platform = :platform)
       and (o.placed_at at time zone 'Asia/Shanghai')::date between :first and :last
     order by o.id limit 5
    """
)


class ProbablyKnown(Refused):
    """Sales of the same goods for the same money within days of it: `rows` are their orders (id, number, day, …)."""

    def __init__(self, rows: Sequence[Row[*tuple[Any, ...]]]) -> None:
        super().__init__(
            N_(
                "像是同一笔：%(numbers)s 同一家合作社、同一种货、同样的金额，前后不超过三天。确认不是重复再登记"
            ),
            "confirmed",
            numbers="、".join(row.number for row in rows),
        )
        self.rows = rows


def refuse_alike(
    order_id: int, cooperative_id: int, produce_id: int, fen: int, day: date, platform: str | None = None
) -> None:
    """Called when the goods are held, so that of two colleagues the second one sees the first one's. Raises ProbablyKnown.

    Orders of the same `platform` are told apart by its own numbers, so they are never taken for one another.
    """
    values = {
        "cooperative": cooperative_id, "produce": produce_id, "fen": fen, "but": order_id, "first": day - NEAR,
        "last": day + NEAR, "platform": platform,
    }  # fmt: skip
    rows = session().execute(_ALIKE, values).all()
    if rows:
        raise ProbablyKnown(rows)
