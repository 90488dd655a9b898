"""Money credited to households (figure b) and distinct households, of four ranges of days: from the facts, exact like
`facts_reading`. Neither is ever added to sales; households of a year are not the sum of its months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import text

from shop.core.db import session
from shop.orders import facts_pieces, facts_sql
from shop.orders.facts_reading import (
    ASKED,
    MONTH_NOT_TOUCHED,
    NOT_TOUCHED,
    OF_TOUCHED_MONTH,
    PLACE,
    RANGES,
    TOUCHED,
    WEIGHED,
    WEIGHTS,
    scope,
)  # fmt: skip
from shop.orders.facts_windows import Windows

T = TypeVar("T")
_ASKED = f"asked as materialized (select cooperative_id, day from touched where {ASKED})"
_MONEY_MONTHS = text(
    f"""
    with {PLACE}, {TOUCHED}, {_ASKED},
    credited as (
      select s.cooperative_id, s.day, s.fen from money_day s join place p on p.id = s.cooperative_id
       where {ASKED} and {NOT_TOUCHED}
      union all
      select s.cooperative_id, s.day, s.fen from ({facts_sql.money("asked")}) as s)
    select date_trunc('month', day::timestamp)::date as month, sum(fen)::bigint as fen from credited group by 1
    """
)
_CREDITED = f"""
    credited as (
      select s.cooperative_id, s.fen, {WEIGHTS} from piece p join money_month s on s.day between p.first and p.last
        join place c on c.id = s.cooperative_id where p.kind = '{facts_pieces.MONTH}' and {MONTH_NOT_TOUCHED}
      union all
      select s.cooperative_id, s.fen, {WEIGHTS} from piece p join money_day s on s.day between p.first and p.last
        join place c on c.id = s.cooperative_id where p.kind = '{facts_pieces.DAY}' and not exists (
             select from touched_month t where t.cooperative_id = s.cooperative_id
                and t.month = date_trunc('month', s.day::timestamp)::date)
      union all
      select s.cooperative_id, s.fen, {WEIGHED} from money_day s {OF_TOUCHED_MONTH} where {ASKED} and {NOT_TOUCHED}
      union all
      select s.cooperative_id, s.fen, {WEIGHED} from ({facts_sql.money("asked")}) as s)
"""
_FEN = ", ".join(f"coalesce(sum(fen * {name}), 0)::bigint" for name in RANGES)
# how many households of a relation of facts have their first day in each range; months only where a month is asked for
_RANGES = (
    ("now", "m", "first", ""),
    ("before", "m", "first", "_before"),
    ("so_far", "y", "so_far", ""),
    ("so_far_before", "y", "so_far", "_before"),
)
_COUNTED = ", ".join(
    f"count(*) filter (where kind = '{kind}' and month = :{start}{suffix} and {figure}_from <= :last{suffix})"
    f" as {figure}_{name}"
    for name, kind, start, suffix in _RANGES
    for figure in ("sold", "money")
)
_KEPT = ", ".join(
    f"coalesce({name}.{figure}, 0) as {figure}_{name}"
    for name, _kind, _start, _suffix in _RANGES
    for figure in ("sold", "money")
)
_UP_TO = " ".join(
    f"""
        left join lateral (
          select k.sold, k.money from household_{"month" if kind == "m" else "year"}_count k
           where {":monthly and" if kind == "m" else ""} k.cooperative_id = p.id and k.month = :{start}{suffix}
             and k.day <= :last{suffix} and not exists (select from touched_{"month" if kind == "m" else "year"} t
                 where t.cooperative_id = p.id and t.{"month" if kind == "m" else "year"} = k.month)
           order by k.day desc limit 1) {name} on true"""
    for name, kind, start, suffix in _RANGES
)
_NAMES = [f"{figure}_{name}" for name in RANGES for figure in ("sold", "money")]
_MONEY = "money"  # level of the rows that carry fen by cooperative instead of counts
_MONTHS = ":monthly and h.month in (cast(:first as date), cast(:first_before as date))"
_YEARS = "h.month in (cast(:so_far as date), cast(:so_far_before as date))"
_MONTH_KEPT = (
    "not exists (select from touched_month t where t.cooperative_id = h.cooperative_id and t.month = h.month)"
)
_YEAR_KEPT = (
    "not exists (select from touched_year t where t.cooperative_id = h.cooperative_id and t.year = h.month)"
)
_ANEW = facts_sql.YEARS.format(
    months=f"""(
        select h.* from touched_year y join household_month h on h.cooperative_id = y.cooperative_id
               and h.month between y.year and (y.year + interval '11 months')::date
         where {_MONTH_KEPT}
        union all select * from live) as anew"""
)
_HOUSEHOLD = "h.cooperative_id, h.month, h.household_id, h.sold_from, h.money_from"
# `anew`: what touched months and years are made of again. A household that came to a second cooperative is `household_guest`
# there: all that may stand in two cooperatives are these, those just read anew, and the same in their first one (`pair`).
_HOUSEHOLDS = f"""
    with {PLACE}, {TOUCHED}, {facts_pieces.LISTED},
    live as materialized ({facts_sql.households("touched_month")}),
    anew as materialized (
      select 'm' as kind, {_HOUSEHOLD} from live h where {_MONTHS}
      union all select 'y', {_HOUSEHOLD} from ({_ANEW}) h where {_YEARS}),
    counted as materialized (
      select p.id as cooperative_id, {_KEPT} from place p {_UP_TO}
      union all select cooperative_id, {_COUNTED} from anew group by cooperative_id),
    moved as materialized (
      select g.household_id, g.cooperative_id from household_guest g join place p on p.id = g.cooperative_id
      union select household_id, cooperative_id from anew),
    pair as materialized (
      select * from moved
      union select o.household_id, o.cooperative_id from household_home o join moved m on m.household_id = o.household_id
        join place p on p.id = o.cooperative_id),
    kept as (
      select 'm' as kind, {_HOUSEHOLD} from pair r
        join household_month h on h.cooperative_id = r.cooperative_id and h.household_id = r.household_id
       where {_MONTHS} and {_MONTH_KEPT}
      union all
      select 'y', {_HOUSEHOLD} from pair r
        join household_year h on h.cooperative_id = r.cooperative_id and h.household_id = r.household_id
       where {_YEARS} and {_YEAR_KEPT}
      union all select * from anew),
    twice as materialized (select cooperative_id, household_id, {_COUNTED} from kept group by 1, 2),
    {_ASKED}, {_CREDITED}
    {{levels}} union all select '{_MONEY}', cooperative_id::text, {_FEN}, 0, 0, 0, 0 from credited group by 2
"""
# households of every cooperative, less those that were counted there more than once
_LEVEL = (
    "select '{level}', {key}::text, "
    + ", ".join(f"sum({name})::bigint" for name in _NAMES)
    + " from counted e {join} group by 2 union all select '{level}', key, "
    + ", ".join(f"-sum(greatest({name} - 1, 0))::bigint" for name in _NAMES)
    + " from (select {key}::text as key, household_id, "
    + ", ".join(f"sum({name})::bigint as {name}" for name in _NAMES)
    + " from twice e {join} group by 1, 2) as e group by key"
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
    values = (
        scope(region_code, windows)
        | facts_pieces.scope(windows, RANGES, years=False)
        | {"monthly": windows.monthly}
    )
    counts: dict[tuple[str, str], list[int]] = {}
    for level, key, *row in session().execute(statement, values):
        if level == _MONEY:
            found.fen[int(key)] = _asked_for(dict(zip(RANGES, row, strict=False)), windows)
        else:
            known = counts.setdefault((level, key), [0] * len(row))
            counts[level, key] = [one + other for one, other in zip(known, row, strict=True)]
    for (level, key), sums in counts.items():
        ranges = {
            name: Reached(sold, credited)
            for name, sold, credited in zip(RANGES, sums[::2], sums[1::2], strict=True)
        }
        found.households[level][key] = _asked_for(ranges, windows)
    return found


def _asked_for(ranges: dict[str, T], windows: Windows) -> dict[str, T]:
    """`now` of a year is its `so_far`."""
    if windows.monthly:
        return ranges
    return ranges | {"now": ranges["so_far"], "before": ranges["so_far_before"]}
