"""Reading sums of four ranges of days from the facts and, where a day was touched since, from the rows: exact at every moment.

Each function is one statement, therefore one moment: a mark and its rows, or the facts without the mark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import text

from shop.core.db import session
from shop.orders import facts_sql
from shop.orders.facts_windows import Windows

RANGES = ("now", "before", "so_far", "so_far_before")
# range → the condition on a day
WITHIN = {
    "now": "day between :first and :last",
    "before": "day between :first_before and :last_before",
    "so_far": "day between :so_far and :last",
    "so_far_before": "day between :so_far_before and :last_before",
}
PLACE = """
    place as materialized (
      select c.id, c.village_id, coalesce(r.code, '') as child
        from cooperative c join village v on v.id = c.village_id and v.region_code like :prefix
        left join region r on r.parent_code = :region and v.region_code like r.code || '%')
"""
TOUCHED = """
    touched as materialized (
      select distinct f.cooperative_id, f.day from fact_touched f join place p on p.id = f.cooperative_id
       where f.day between :so_far_before and (:so_far_before + interval '2 years')::date),
    touched_month as materialized (
      select distinct cooperative_id, date_trunc('month', day::timestamp)::date as month from touched)
"""
ASKED = "(day between :so_far and :last or day between :so_far_before and :last_before)"
_WHOLE = "(day >= :so_far and day < :part or day >= :so_far_before and day < :part_before)"
_PART = "(day between :part and :last or day between :part_before and :last_before)"
_CELL = "s.cooperative_id, s.day, s.produce_id, s.channel, s.buyer_kind, s.certified, s.fen, s.lines, s.parts"
NOT_TOUCHED = "not exists (select from touched t where t.cooperative_id = s.cooperative_id and t.day = s.day)"
_SOLD = f"""
    asked as materialized (select cooperative_id, day from touched where {ASKED}),
    sold as materialized (
      select {_CELL} from sales_month s join place p on p.id = s.cooperative_id
       where {_WHOLE} and not exists (
             select from touched_month t where t.cooperative_id = s.cooperative_id and t.month = s.day)
      union all
      select {_CELL} from sales_day s join place p on p.id = s.cooperative_id where {_PART} and {NOT_TOUCHED}
      union all
      select {_CELL} from touched_month m join sales_day s on s.cooperative_id = m.cooperative_id
             and s.day between m.month and (m.month + interval '1 month - 1 day')::date
       where {_WHOLE} and {NOT_TOUCHED}
      union all
      select {_CELL} from ({facts_sql.sales("asked")}) as s)
"""
_SUMS = ", ".join(
    f"coalesce(sum({what}) filter (where {WITHIN[name]}), 0)::bigint as {what}_{name}"
    for name in RANGES
    for what in ("fen", "lines", "parts")
)
_AGAIN = ", ".join(
    f"sum({what}_{name})::bigint as {what}_{name}" for name in RANGES for what in ("fen", "lines", "parts")
)
_KEYS = "cooperative_id, village_id, child, product, channel, buyer_kind, certified"
_SALES = text(
    f"""
    with {PLACE}, {TOUCHED}, {_SOLD},
    cells as materialized (
      select cooperative_id, produce_id, channel, buyer_kind, certified, {_SUMS} from sold s
       group by cooperative_id, produce_id, channel, buyer_kind, certified),
    named as (
      select c.*, c.channel = 'assisted' as assisted, p.village_id, p.child, g.name as product
        from cells c join place p on p.id = c.cooperative_id join produce g on g.id = c.produce_id)
    select grouping({_KEYS}) as level, assisted, {_KEYS}, null::date as month, {_AGAIN} from named
     group by grouping sets ((assisted), (assisted, cooperative_id), (assisted, village_id), (assisted, child),
                             (assisted, product), (assisted, channel), (assisted, buyer_kind), (assisted, certified))
    union all
    select 0, channel = 'assisted', null, null, null, null, null, null, null, date_trunc('month', day::timestamp)::date, {_SUMS}
      from sold s group by 2, 10
    """
)
_NAMES = ("cooperative_id", "village_id", "child", "product", "channel", "buyer_kind", "certified")
_EVERY = 2 ** len(_NAMES) - 1
LEVELS = {_EVERY: "total", 0: "month"} | {
    _EVERY - 2 ** (len(_NAMES) - 1 - place): name for place, name in enumerate(_NAMES)
}


@dataclass(frozen=True, slots=True)
class Sum:
    """Fen, order lines and suborders by the day of their first row; both counts may be added, households may not."""

    fen: int = 0
    lines: int = 0
    parts: int = 0


def added(sums: Iterable[Sum]) -> Sum:
    """Their sum."""
    some = list(sums)
    return Sum(sum(one.fen for one in some), sum(one.lines for one in some), sum(one.parts for one in some))


NOTHING = {name: Sum() for name in RANGES}
Four = dict[str, Sum]


@dataclass(frozen=True)
class Sales:
    """By level ('total', 'cooperative_id', …) and key the sums of the four ranges; `assisted` ones apart, never added in."""

    by: dict[str, dict[Any, Four]] = field(default_factory=lambda: defaultdict(dict))
    assisted: dict[str, dict[Any, Four]] = field(default_factory=lambda: defaultdict(dict))

    def total(self, *, assisted: bool = False) -> Four:
        return (self.assisted if assisted else self.by)["total"].get(None, NOTHING)

    def fen_of(self, months: Iterable[date]) -> list[tuple[date, int, int]]:
        """(month, fen of sales, fen of assisted sales) of months of the year so far."""
        plain, assisted = self.by["month"], self.assisted["month"]
        return [
            (month, plain.get(month, NOTHING)["so_far"].fen, assisted.get(month, NOTHING)["so_far"].fen)
            for month in months
        ]


def sales(region_code: str, windows: Windows) -> Sales:
    """Sales of a region by every level. One statement."""
    found = Sales()
    for row in session().execute(_SALES, scope(region_code, windows)):
        level = LEVELS[row.level]
        values = row._mapping
        four = {
            name: Sum(values[f"fen_{name}"], values[f"lines_{name}"], values[f"parts_{name}"])
            for name in RANGES
        }
        target = found.assisted if row.assisted else found.by
        target[level][None if level == "total" else values[level]] = four
    return found


def scope(region_code: str, windows: Windows) -> dict[str, Any]:
    return {"prefix": region_code + "%", "region": region_code, **windows.scope()}
