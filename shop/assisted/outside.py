"""Lines of orders made elsewhere, many at a time: which are here already, which look like a sale of ours, which money is
used. One statement each, whatever the number of lines."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, select, text

from shop.assisted.alike import NEAR
from shop.assisted.selling import External
from shop.core.db import session
from shop.payments.models import Payment
from shop.payments.transfers import key_of

_KNOWN = text(
    """
    select a.platform, a.platform_number, a.platform_line, o.number, l.cooperative_id, l.produce_id, l.quantity, l.net_fen,
           (o.placed_at at time zone 'Asia/Shanghai')::date as day, o.state
      from unnest(cast(:platforms as text[]), cast(:numbers as text[]), cast(:lines as bigint[])) w (platform, number, line)
      join assisted_sale a on (a.platform, a.platform_number, a.platform_line) = (w.platform, w.number, w.line)
      join customer_order o on o.id = a.order_id
      join suborder s on s.order_id = o.id
      join order_line l on l.suborder_id = s.id
    """
)
_ALIKE = text(
    """
    with w as materialized (
      select * from unnest(cast(:coops as bigint[]), cast(:produces as bigint[]), cast(:fens as bigint[]),
                           cast(:days as date[]), cast(:platforms as text[]))
             with ordinality as w (cooperative_id, produce_id, fen, day, platform, place))
    select w.place - 1 as place, o.number
      from w join order_line l on (l.cooperative_id, l.produce_id, l.net_fen) = (w.cooperative_id, w.produce_id, w.fen)
      join suborder s on s.id = l.suborder_id
      join customer_order o on o.id = s.order_id
      left join assisted_sale a on a.order_id = o.id
     where o.state <> 'closed' and a.platform is distinct from w.platform
       and (o.placed_at at time zone 'Asia/Shanghai')::date between w.day - cast(:near as int) and w.day + cast(:near as int)
     group by 1, 2 order by 1, 2
    """
)


class Told(NamedTuple):
    """A line as far as likeness goes: money for a cooperative's goods on a day, told by a platform."""

    cooperative_id: int
    produce_id: int
    fen: int
    day: date
    platform: str


def known(wanted: Collection[External]) -> Mapping[External, Row[*tuple[Any, ...]]]:
    """What came in before: cooperative_id, produce_id, quantity, net_fen, day, the order's number and state."""
    values = {
        "platforms": [one.platform for one in wanted], "numbers": [one.number for one in wanted],
        "lines": [one.line for one in wanted],
    }  # fmt: skip
    rows = session().execute(_KNOWN, values)
    return {External(row.platform, row.platform_number, row.platform_line): row for row in rows}


def alike(wanted: Sequence[Told]) -> Mapping[int, list[str]]:
    """Place in `wanted` → numbers of orders that it may tell again, as `alike.refuse_alike` finds them."""
    values = {
        "coops": [one.cooperative_id for one in wanted], "produces": [one.produce_id for one in wanted],
        "fens": [one.fen for one in wanted], "days": [one.day for one in wanted],
        "platforms": [one.platform for one in wanted], "near": NEAR.days,
    }  # fmt: skip
    found: dict[int, list[str]] = {}
    for row in session().execute(_ALIKE, values):
        found.setdefault(row.place, []).append(row.number)
    return found


def used(wanted: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Of (cooperative, the bank's reference) those whose money is an order's already."""
    keys = {
        key_of(cooperative_id, reference): (cooperative_id, reference) for cooperative_id, reference in wanted
    }
    return {keys[key] for key in session().scalars(select(Payment.key).where(Payment.key.in_(keys)))}
