"""Money credited to households (figure b) and distinct households, of four ranges of days: from the facts, exact like
`facts_reading`. Neither is ever added to sales; households of a year are not the sum of its months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from shop.core.db import session
from shop.orders import facts_sql
from shop.orders.facts_reading import ASKED, NOT_TOUCHED, PLACE, RANGES, TOUCHED, WITHIN, scope
from shop.orders.facts_windows import Windows

_FEN = ", ".join(f"coalesce(sum(fen) filter (where {WITHIN[name]}), 0)::bigint" for name in RANGES)
_CREDITED = f"""
    asked as materialized (select cooperative_id, day from touched where {ASKED}),
    credited as (
      select s.cooperative_id, s.day, s.fen from money_day s join place p on p.id = s.cooperative_id
       where {ASKED} and {NOT_TOUCHED}
      union all
      select s.cooperative_id, s.day, s.fen from ({facts_sql.money("asked")}) as s)
"""
_MONEY_MONTHS = text(
    f"with {PLACE}, {TOUCHED}, {_CREDITED}"
    " select date_trunc('month', day::timestamp)::date as month, sum(fen)::bigint as fen from credited group by 1"
)
# a household's first day in each range, one row a cooperative and household; months only where a month is asked for
_FIRST = ", ".join(
    f"min({figure}_from) filter (where kind = '{kind}' and month = :{start}{suffix} and {figure}_from <= :last{suffix})"
    f" as {figure}_{name}"
    for name, kind, start, suffix in (
        ("now", "m", "first", ""),
        ("before", "m", "first", "_before"),
        ("so_far", "y", "so_far", ""),
        ("so_far_before", "y", "so_far", "_before"),
    )
    for figure in ("sold", "money")
)
_NAMES = [f"{figure}_{name}" for name in RANGES for figure in ("sold", "money")]
_EARLIEST = ", ".join(f"min({name}) as {name}" for name in _NAMES)
_COUNTS = ", ".join(f"count({name})" for name in _NAMES)
_MONEY = "money"  # level of the rows that carry fen by cooperative instead of counts
_YEARS = "month in (cast(:so_far as date), cast(:so_far_before as date))"
_ANEW = facts_sql.YEARS.format(
    months="""(
        select h.* from touched_year y join household_month h on h.cooperative_id = y.cooperative_id
               and h.month between y.year and (y.year + interval '11 months')::date
         where not exists (select from touched_month t where t.cooperative_id = h.cooperative_id and t.month = h.month)
        union all select * from live) as anew"""
)
_HOUSEHOLDS = f"""
    with {PLACE}, {TOUCHED},
    touched_year as materialized (
      select distinct cooperative_id, date_trunc('year', month::timestamp)::date as year from touched_month),
    live as materialized ({facts_sql.households("touched_month")}),
    months as (
      select h.* from household_month h join place p on p.id = h.cooperative_id
       where :monthly and h.month in (cast(:first as date), cast(:first_before as date)) and not exists (
             select from touched_month t where t.cooperative_id = h.cooperative_id and t.month = h.month)
      union all
      select * from live where :monthly and month in (cast(:first as date), cast(:first_before as date))),
    years as (
      select h.* from household_year h join place p on p.id = h.cooperative_id
       where {_YEARS} and not exists (
             select from touched_year t where t.cooperative_id = h.cooperative_id and t.year = h.month)
      union all
      {_ANEW}),
    each_one as materialized (
      select cooperative_id, household_id, {_FIRST}
        from (select 'm' as kind, m.* from months m union all select 'y', y.* from years y) as s
       group by cooperative_id, household_id),
    {_CREDITED}
    {{levels}} union all select '{_MONEY}', cooperative_id::text, {_FEN}, 0, 0, 0, 0 from credited group by 2
"""
# a household of two cooperatives is one row of the level before it is counted: cheaper than counting distinct ones
_LEVEL = (
    f"select '{{level}}', key, {_COUNTS} from (select {{key}}::text as key, household_id, {_EARLIEST}"
    " from each_one e {join} group by 1, 2) as reached group by key"
)
_PLACED = "join place p on p.id = e.cooperative_id"
_KEYS = {
    "total": ("''", ""),
    "cooperative_id": ("e.cooperative_id", ""),
    "village_id": ("p.village_id", _PLACED),
    "child": ("p.child", _PLACED),
}
OF_TOWN = ("total", "cooperative_id", "village_id")
OF_COUNTY = ("total", "child")


@dataclass(frozen=True, slots=True)
class Reached:
    """Distinct households: something sold of theirs, money credited to them."""

    sold: int = 0
    money: int = 0


@dataclass(frozen=True)
class Paid:
    """Fen credited by cooperative and range; distinct households by level, key as text ('' of the total) and range."""

    fen: dict[int, dict[str, int]]
    households: dict[str, dict[str, dict[str, Reached]]]

    def total(self) -> dict[str, int]:
        return {name: sum(sums[name] for sums in self.fen.values()) for name in RANGES}

    def reached(self, level: str = "total", key: object = "") -> dict[str, Reached]:
        return self.households.get(level, {}).get(str(key)) or dict.fromkeys(RANGES, Reached())


def money_months(region_code: str, windows: Windows) -> dict[date, int]:
    """Month → money to households, of both years as far as the windows go. One statement."""
    rows = session().execute(_MONEY_MONTHS, scope(region_code, windows))
    return {row.month: row.fen for row in rows}


def read(region_code: str, windows: Windows, levels: tuple[str, ...] = OF_TOWN) -> Paid:
    """Money and distinct households. One statement. `now` of a year is its `so_far`."""
    parts = (_LEVEL.format(level=level, key=_KEYS[level][0], join=_KEYS[level][1]) for level in levels)
    statement = text(_HOUSEHOLDS.format(levels=" union all ".join(parts)))
    found = Paid({}, {level: {} for level in levels})
    for level, key, *values in session().execute(
        statement, scope(region_code, windows) | {"monthly": windows.monthly}
    ):
        if level == _MONEY:
            found.fen[int(key)] = dict(zip(RANGES, values, strict=False))
            continue
        ranges = {
            name: Reached(sold, credited)
            for name, sold, credited in zip(RANGES, values[::2], values[1::2], strict=True)
        }
        if not windows.monthly:
            ranges |= {"now": ranges["so_far"], "before": ranges["so_far_before"]}
        found.households[level][key] = ranges
    return found
