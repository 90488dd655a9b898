"""A region's year of household income: by village, class and month, and household by household.

Households belong to the region by their own village. A household counts where its income of that class, month or year, taken
back or not, comes to more than nothing; it counts once a year, however many months it earned in, so the months' households
do not add up to the year's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import text

from shop.cooperatives.income.income_words import CLASSES, EXPENSE
from shop.cooperatives.income.movements import ROWS
from shop.core.db import session
from shop.core.numbers import half_up

_OF_REGION = f"""
    m as materialized (
      select m.household_id, h.village_id, extract(month from m.on_date)::int as month, m.income_class, m.figure,
             s.by_hand, sum(m.fen) as fen
        from ({ROWS}) m join income_source s on s.code = m.source_code
        join household h on h.id = m.household_id
        join village v on v.id = h.village_id and v.region_code like :prefix
       where m.on_date between :first and :last group by 1, 2, 3, 4, 5, 6)
"""  # noqa: S608
_SUMS = text(
    f"""
    with {_OF_REGION},
    of_year as (select household_id, village_id, sum(fen) filter (where income_class <> '{EXPENSE}') as income,
                       bool_or(by_hand and income_class = '{EXPENSE}' and fen <> 0) as costed,
                       bool_or(figure in ('credited', 'distributed') and fen <> 0) as traded,
                       coalesce(sum(fen) filter (where figure = 'cost'), 0) as cost
                  from m group by 1, 2),
    of_month as (select household_id, month, sum(fen) filter (where income_class <> '{EXPENSE}') as income from m group by 1, 2),
    of_class as (select household_id, village_id, income_class, sum(fen) as fen from m group by 1, 2, 3),
    crowd as (select y.village_id, count(*) as households, coalesce(sum(p.persons), 0)::bigint as persons
                from of_year y
                left join lateral (select count(*) as persons from person where household_id = y.household_id) p on true
               where y.income > 0 group by rollup (y.village_id))
    select 'village' as what, village_id, null::int as month, null as word, null::bigint as fen, households, persons from crowd
    union all
    select 'village_class', village_id, null, income_class, sum(fen)::bigint, count(*) filter (where fen > 0), null
      from of_class group by rollup (village_id), income_class
    union all
    select 'month', null, month, null, null, count(*) filter (where income > 0), null from of_month group by month
    union all
    select 'month_class', null, month, income_class, sum(fen)::bigint, null, null from m group by month, income_class
    union all
    select 'figure', null, null, figure, sum(fen)::bigint, count(distinct household_id), null from m group by figure
    union all
    select 'traders', null, null, null, coalesce(sum(cost) filter (where traded), 0)::bigint,
           count(*) filter (where traded and not costed), null
      from of_year
    """  # noqa: S608
)
_HOUSEHOLDS = text(
    f"""
    with {_OF_REGION},
    summed as (
      select household_id,
             {", ".join(f"coalesce(sum(fen) filter (where income_class = '{name}'), 0)::bigint as {name}" for name in CLASSES)}
        from m group by household_id)
    select h.id, h.code, h.head_name, v.name as village, s.*, count(*) over () as total
      from household h join village v on v.id = h.village_id and v.region_code like :prefix
      left join summed s on s.household_id = h.id
     where (:everybody or s.household_id is not null) and (:village = '' or v.code = :village)
       and starts_with(h.code, :code)
     order by v.pinyin, v.id, h.code limit :limit offset :offset
    """  # noqa: S608
)


@dataclass
class Sums:
    """Money by class, in fen, with the households that earned and the persons who live in them."""

    classes: dict[str, int] = field(default_factory=dict)
    households: int = 0
    persons: int = 0

    @property
    def income_fen(self) -> int:
        return sum(fen for name, fen in self.classes.items() if name != EXPENSE)

    @property
    def net_fen(self) -> int:
        return self.income_fen - self.classes.get(EXPENSE, 0)

    @property
    def per_household_fen(self) -> int | None:
        """Net income ÷ distinct households, rounded half up; None where there is none."""
        return half_up(self.net_fen, self.households) if self.households else None

    @property
    def per_person_fen(self) -> int | None:
        return half_up(self.net_fen, self.persons) if self.persons else None


@dataclass
class RegionYear:
    """A region's year. `class_households`: distinct households by class. Of the households with (b) or (c): `traders_cost_fen`
    what they spent, `gross_households` those for whom nobody entered a production cost."""

    year: int
    total: Sums = field(default_factory=Sums)
    villages: dict[int, Sums] = field(default_factory=lambda: defaultdict(Sums))
    months: dict[int, Sums] = field(default_factory=lambda: defaultdict(Sums))
    class_households: dict[str, int] = field(default_factory=dict)
    figures: dict[str, int] = field(default_factory=dict)
    traders_cost_fen: int = 0
    gross_households: int = 0

    @property
    def gained_fen(self) -> int:
        """(b) + (c) less the costs on record of the households that had either: Σ of what each of them gained."""
        return self.figures.get("credited", 0) + self.figures.get("distributed", 0) - self.traders_cost_fen

    @property
    def months_of_households(self) -> int:
        """Σ of the months' households: more than the year's where one earned in several months."""
        return sum(sums.households for sums in self.months.values())


def region_year(region_code: str, year: int) -> RegionYear:
    """All sums of a region's year, in one statement."""
    found = RegionYear(year)
    for row in session().execute(_SUMS, _scope(region_code, year)):
        _add(found, row)
    return found


def _add(found: RegionYear, row: Any) -> None:
    if row.what.startswith("village"):
        sums = found.total if row.village_id is None else found.villages[row.village_id]
        if row.what == "village":
            sums.households, sums.persons = row.households, row.persons
        else:
            sums.classes[row.word] = row.fen
            if row.village_id is None:
                found.class_households[row.word] = row.households
    elif row.what == "month":
        found.months[row.month].households = row.households
    elif row.what == "month_class":
        found.months[row.month].classes[row.word] = row.fen
    elif row.what == "figure":
        found.figures[row.word] = row.fen
    else:
        found.gross_households, found.traders_cost_fen = row.households, row.fen


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which households of a region: of one village (its code), whose code begins so, also those without a movement."""

    village: str = ""
    code: str = ""
    everybody: bool = False


def households(region_code: str, year: int, wanted: Wanted, limit: int, offset: int = 0) -> Sequence[Any]:
    """Households with their year by class, by village and code; head_name is encrypted, `total` counts all. One statement."""
    scope = _scope(region_code, year) | {
        "village": wanted.village, "code": wanted.code, "everybody": wanted.everybody, "limit": limit, "offset": offset,
    }  # fmt: skip
    return session().execute(_HOUSEHOLDS, scope).all()


def years(region_code: str) -> list[int]:
    """Years with a movement of one of the region's households, newest first."""
    statement = text(
        f"""
        select distinct extract(year from m.on_date)::int as year from ({ROWS}) m
          join household h on h.id = m.household_id
          join village v on v.id = h.village_id and v.region_code like :prefix order by 1 desc
        """  # noqa: S608
    )
    return list(session().execute(statement, {"prefix": region_code + "%"}).scalars())


def _scope(region_code: str, year: int) -> dict[str, Any]:
    return {"prefix": region_code + "%", "first": date(year, 1, 1), "last": date(year, 12, 31)}
