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
from shop.orders import facts_pieces, facts_sql
from shop.orders.facts_windows import Windows

RANGES = ("now", "before", "so_far", "so_far_before")
# range → the condition on a day; 'now' and 'before' are the months that the days asked for end in
WITHIN = {
    "now": "day between :month and :last",
    "before": "day between :month_before and :last_before",
    "so_far": "day between :so_far and :last",
    "so_far_before": "day between :so_far_before and :last_before",
}
# the region below the asked one is found once for each region that has villages, not for each cooperative
PLACE = """
    child as materialized (
      select v.region_code, coalesce(r.code, '') as child
        from (select distinct region_code from village where region_code like :prefix) v
        left join region r on r.parent_code = :region and starts_with(v.region_code, r.code)),
    place as materialized (
      select c.id, c.village_id, k.child
        from cooperative c join village v on v.id = c.village_id and v.region_code like :prefix
        join child k on k.region_code = v.region_code)
"""
TOUCHED = """
    touched as materialized (
      select distinct f.cooperative_id, f.day from fact_touched f join place p on p.id = f.cooperative_id
       where f.day between :so_far_before and (:so_far_before + interval '2 years')::date),
    touched_month as materialized (
      select distinct cooperative_id, date_trunc('month', day::timestamp)::date as month from touched),
    touched_year as materialized (
      select distinct cooperative_id, date_trunc('year', month::timestamp)::date as year from touched_month)
"""
ASKED = "(day between :so_far and :last or day between :so_far_before and :last_before)"
WHOLE = "(day >= :so_far and day < :month or day >= :so_far_before and day < :month_before)"
PART = "(day between :month and :last or day between :month_before and :last_before)"
NOT_TOUCHED = "not exists (select from touched t where t.cooperative_id = s.cooperative_id and t.day = s.day)"
MONTH_NOT_TOUCHED = (
    "not exists (select from touched_month t where t.cooperative_id = s.cooperative_id and t.month = s.day)"
)
OF_TOUCHED_YEAR = (
    "join touched_year y on y.cooperative_id = s.cooperative_id"
    " and s.day between y.year and (y.year + interval '1 year - 1 day')::date"
)
OF_TOUCHED_MONTH = (
    "join touched_month m on m.cooperative_id = s.cooperative_id"
    " and s.day between m.month and (m.month + interval '1 month - 1 day')::date"
)
WEIGHTS = ", ".join(f"p.{name}" for name in RANGES)
WEIGHED = ", ".join(f"({WITHIN[name]})::int as {name}" for name in RANGES)
PIECES = {facts_pieces.YEAR: "sales_year", facts_pieces.MONTH: "sales_month", facts_pieces.DAY: "sales_day"}
_CELL = "s.cooperative_id, s.produce_id, s.channel, s.buyer_kind, s.certified, s.fen, s.lines, s.parts"
_PIECES = " union all ".join(
    f"""
      select {_CELL}, {WEIGHTS} from piece p join {table} s on s.day between p.first and p.last
        join place c on c.id = s.cooperative_id
       where p.kind = '{kind}' and not exists (
             select from touched_year t where t.cooperative_id = s.cooperative_id and t.year = p.year)"""
    for kind, table in PIECES.items()
)
# `again`: the years of a cooperative of which a day was touched, from months, days and rows, each as long as nobody touched it
_SOLD = f"""
    asked as materialized (select cooperative_id, day from touched where {ASKED}),
    again as materialized (
      select {_CELL}, s.day from sales_month s {OF_TOUCHED_YEAR} where {WHOLE} and {MONTH_NOT_TOUCHED}
      union all
      select {_CELL}, s.day from sales_day s {OF_TOUCHED_YEAR} where {PART} and {NOT_TOUCHED}
      union all
      select {_CELL}, s.day from sales_day s {OF_TOUCHED_MONTH} where {WHOLE} and {NOT_TOUCHED}
      union all
      select {_CELL}, s.day from ({facts_sql.sales("asked")}) as s),
    sold as materialized ({_PIECES} union all select {_CELL}, {WEIGHED} from again s),
    month_by_month as (
      select s.assisted, s.day, s.fen, s.lines, s.parts from takings_month s join place p on p.id = s.cooperative_id
       where {WHOLE} and not exists (select from touched_year t where t.cooperative_id = s.cooperative_id
             and t.year = date_trunc('year', s.day::timestamp)::date)
      union all
      select channel = 'assisted', date_trunc('month', day::timestamp)::date, fen, lines, parts from again where {WHOLE})
"""
_SUMS = ", ".join(
    f"coalesce(sum({what} * {name}), 0)::bigint as {what}_{name}"
    for name in RANGES
    for what in ("fen", "lines", "parts")
)
_AGAIN = ", ".join(
    f"sum({what}_{name})::bigint as {what}_{name}" for name in RANGES for what in ("fen", "lines", "parts")
)
_SALES = f"""
    with {PLACE}, {TOUCHED}, {facts_pieces.LISTED}, {_SOLD},
    cells as materialized (
      select cooperative_id, produce_id, channel, buyer_kind, certified, {_SUMS} from sold s
       group by cooperative_id, produce_id, channel, buyer_kind, certified),
    named as (
      select c.*, c.channel = 'assisted' as assisted, p.village_id, p.child, g.name as product
        from cells c join place p on p.id = c.cooperative_id join produce g on g.id = c.produce_id)
    select grouping({{levels}}) as level, assisted, {{levels}}, null::date as month, {_AGAIN} from named
     group by grouping sets ((assisted), {{sets}})
    union all
    select -1, assisted, {{nulls}}, day, sum(fen)::bigint, sum(lines)::bigint,
           sum(parts)::bigint, 0, 0, 0, 0, 0, 0, 0, 0, 0
      from month_by_month group by assisted, day
"""
OF_TOWN = ("cooperative_id", "village_id", "child", "product", "channel", "buyer_kind", "certified")
OF_COUNTY = ("child", "product", "channel", "buyer_kind", "certified")


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


def sales(region_code: str, windows: Windows, levels: tuple[str, ...] = OF_TOWN) -> Sales:
    """Sales of a region in total, by these levels and by month. One statement."""
    found = Sales()
    statement = _SALES.format(
        levels=", ".join(levels),
        sets=", ".join(f"(assisted, {level})" for level in levels),
        nulls=", ".join("null" for _ in levels),
    )
    every = 2 ** len(levels) - 1
    names = {every: "total", -1: "month"} | {
        every - 2 ** (len(levels) - 1 - place): name for place, name in enumerate(levels)
    }
    for row in session().execute(text(statement), scope(region_code, windows)):
        level = names[row.level]
        target = found.assisted if row.assisted else found.by
        if level == "month":
            target[level][row.month] = _of_month(row, windows)
            continue
        values = row._mapping
        four = {
            name: Sum(values[f"fen_{name}"], values[f"lines_{name}"], values[f"parts_{name}"])
            for name in RANGES
        }
        if level == "total":
            _end_months(target["month"], four, windows)
        if not windows.monthly:
            four |= {"now": four["so_far"], "before": four["so_far_before"]}
        target[level][None if level == "total" else values[level]] = four
    return found


def _of_month(row: Any, windows: Windows) -> Four:
    """A month before the last: it counts in the year so far of its year, and in 'now' or 'before' where a year is asked for."""
    return _in_year(Sum(row.fen_now, row.lines_now, row.parts_now), row.month, windows)


def _end_months(months: dict[Any, Four], four: Four, windows: Windows) -> None:
    """The months that the days asked for end in: 'now' and 'before' of the total."""
    for name, last in (("now", windows.last), ("before", windows.last_before)):
        if four[name] != Sum():
            months[last.replace(day=1)] = _in_year(four[name], last, windows) | {name: four[name]}


def _in_year(sum_: Sum, day: date, windows: Windows) -> Four:
    so_far, now = ("so_far", "now") if day.year == windows.last.year else ("so_far_before", "before")
    return NOTHING | {so_far: sum_} | ({} if windows.monthly else {now: sum_})


def scope(region_code: str, windows: Windows) -> dict[str, Any]:
    return (
        {"prefix": region_code + "%", "region": region_code}
        | windows.scope()
        | facts_pieces.scope(windows, RANGES, years=True)
    )
