"""The order lines behind a party's attributed sales, for the cooperative that sold them; what is not attributed yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from shop.core.db import session

_LINES = """
    select o.number, o.channel, l.id as line_id, l.product_name, l.spec, l.unit_kind, p.count_word, a.on_date, a.kind,
           t.name as supplier, sum(a.quantity)::bigint as quantity, sum(a.fen)::bigint as fen, count(*) over () as total,
           sum(sum(a.fen)) over ()::bigint as total_fen
      from attribution a
      join order_line l on l.id = a.line_id
      join produce p on p.id = l.produce_id
      join suborder s on s.id = l.suborder_id
      join customer_order o on o.id = s.order_id
      left join supplier t on t.id = a.supplier_id
     where a.cooperative_id = :cooperative and a.on_date between :first and :last and {party}
     group by o.id, l.id, p.id, t.id, a.on_date, a.kind
     order by a.on_date desc, l.id desc, t.id limit :limit offset :offset
"""
_OF_HOUSEHOLD = text(_LINES.format(party="a.household_id = :household"))
_OF_SUPPLIERS = text(_LINES.format(party="a.supplier_id is not null"))
_WAITING = text(
    """
    select count(*) as lines, count(distinct o.id) as orders, coalesce(sum(l.net_fen), 0)::bigint as fen,
           min(o.paid_at) as oldest_paid_at
      from customer_order o
      join suborder s on s.order_id = o.id and s.cooperative_id = :cooperative
      join order_line l on l.suborder_id = s.id
     where o.state = 'paid' and o.attributed_at is null
    """
)
_OWN = text(
    """
    select l.id, l.product_name, l.spec, l.unit_kind, p.count_word, l.quantity, l.net_fen, s.id as suborder_id,
           s.number as part, s.state, o.paid_on
      from customer_order o
      join suborder s on s.order_id = o.id and s.cooperative_id = :cooperative
      join order_line l on l.suborder_id = s.id
      join produce p on p.id = l.produce_id
     where o.number = :number order by l.seq
    """
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Paid lines that no household has been given yet: how many, of how many orders, their net, since when."""

    lines: int
    orders: int
    fen: int
    oldest_paid_at: datetime | None


def lines_of_household(
    cooperative_id: int, household_id: int, first: date, last: date, *, limit: int, offset: int
) -> list[Any]:
    """A household's share of order lines in [first, last], newest first; rows carry the `total` count and sum. One statement."""
    scope = {"household": household_id} | _scope(cooperative_id, first, last, limit, offset)
    return list(session().execute(_OF_HOUSEHOLD, scope))


def lines_of_suppliers(cooperative_id: int, first: date, last: date, *, limit: int, offset: int) -> list[Any]:
    """The same for all outside suppliers; each row names its supplier. One statement."""
    return list(session().execute(_OF_SUPPLIERS, _scope(cooperative_id, first, last, limit, offset)))


def waiting(cooperative_id: int) -> Waiting:
    """What is paid and not attributed yet; usually nothing after a minute. One statement."""
    return Waiting(*session().execute(_WAITING, {"cooperative": cooperative_id}).one())


def own_lines(number: str, cooperative_id: int) -> dict[int, Any]:
    """Line id → the lines of an order that this cooperative sold; empty where it sold none. One statement."""
    if not (number.isascii() and number.isprintable()):
        return {}
    rows = session().execute(_OWN, {"number": number[:40], "cooperative": cooperative_id})
    return {row.id: row for row in rows}


def _scope(cooperative_id: int, first: date, last: date, limit: int, offset: int) -> dict[str, Any]:
    return {"cooperative": cooperative_id, "first": first, "last": last, "limit": limit, "offset": offset}
