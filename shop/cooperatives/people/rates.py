"""The registry's figures and rates as of a day: each with numerator, denominator and definition, and the lists behind both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shop.cooperatives.people.facts import count, persons, scope, statement
from shop.core.db import session
from shop.core.text import N_

_SUMS = f"""
    {count("all")} as households, {persons("all")} as persons,
    {count("agricultural")} as agricultural_households, {persons("agricultural")} as agricultural_persons,
    {count("registered")} as registered_households, {persons("registered")} as registered_persons,
    {count("eligible")} as eligible_households, {persons("eligible", "eligible_persons")} as eligible_persons,
    {count("member")} as member_households,
    {count("eligible_member")} as eligible_joined, {persons("eligible_member", "eligible_persons")} as member_persons,
    {count("able")} as able_households, {count("led")} as led_households,
    {count("loan")} as loan_households, {persons("loan", "loan_fen")} as loan_fen
"""
_COUNTS = statement(
    f"""
    select {_SUMS},
           (select count(*) from village where region_code like :prefix) as villages,
           (select count(*) from village where region_code like :prefix and key_poor) as key_villages,
           (select count(*) from village where region_code like :prefix and deep_poor) as deep_villages,
           (select count(*) from cooperative c join village v on v.id = c.village_id and v.region_code like :prefix
             where c.founded_on is null or c.founded_on <= :day) as cooperatives,
           (select count(*) from pv_station s join village v on v.id = s.village_id and v.region_code like :prefix
             where s.in_service_on <= :day) as pv_stations,
           (select count(*) from pv_station s join village v on v.id = s.village_id and v.region_code like :prefix
             where s.in_service_on <= :day and s.running) as pv_running
      from facts
    """  # noqa: S608 (our own SQL)
)
_BY_VILLAGE = statement(
    f"""
    , sums as (select village_id, {_SUMS} from facts group by 1)
    select v.id, v.code, v.name, v.key_poor, v.deep_poor, sums.* from village v
      left join sums on sums.village_id = v.id where v.region_code like :prefix order by v.id
    """  # noqa: S608 (our own SQL)
)


@dataclass(frozen=True)
class Rate:
    """A ratio nobody has to guess at: what is counted over what, and the lists that prove both."""

    name: str
    numerator: int
    denominator: int
    definition: str
    rows: str  # which list of households proves the numerator
    of: str  # … and which the denominator
    counts_persons: bool = False  # then the lists' eligible persons are the figures, not their households

    @property
    def percent(self) -> str:
        """One decimal, rounded half up, whole numbers without it; '—' over nothing."""
        if self.denominator == 0:
            return "—"
        tenths = (self.numerator * 2000 + self.denominator) // (2 * self.denominator)
        return f"{tenths // 10}.{tenths % 10}%" if tenths % 10 else f"{tenths // 10}%"


@dataclass(frozen=True)
class Registry:
    """Counts (attributes named as in the statement) and rates of a region on a day."""

    counts: Any
    day: date
    rates: tuple[Rate, ...]


@dataclass(frozen=True)
class VillageRates:
    """A village with its counts and rates; `counts` are None where nobody is registered there."""

    village: Any
    rates: tuple[Rate, ...]


def registry(region_code: str, day: date) -> Registry:
    """Read the registry of a region subtree as of a day, in one statement."""
    counts = session().execute(_COUNTS, scope(region_code, day)).one()
    return Registry(counts=counts, day=day, rates=_rates(counts))


def by_village(region_code: str, day: date) -> Sequence[VillageRates]:
    """Counts and rates of every village of the region, in one statement; the counts of `registry` are their sums."""
    rows = session().execute(_BY_VILLAGE, scope(region_code, day)).all()
    return [VillageRates(row, _rates(row)) for row in rows]


def _rates(counts: Any) -> tuple[Rate, ...]:
    return (
        Rate(
            N_("入社率（户）"),
            counts.eligible_joined or 0,
            counts.eligible_households or 0,
            N_("已入社的符合条件建档立卡户 ÷ 符合条件的建档立卡户（五保、兜底和 18 岁以下不计）"),
            "eligible_member",
            "eligible",
        ),
        Rate(
            N_("入社率（人）"),
            counts.member_persons or 0,
            counts.eligible_persons or 0,
            N_("成员户中符合条件的人 ÷ 建档立卡户中符合条件的人"),
            "eligible_member",
            "eligible",
            counts_persons=True,
        ),
        Rate(
            N_("产业带动率"),
            counts.led_households or 0,
            counts.able_households or 0,
            N_("登记了产业带动关系的户 ÷ 经认定有条件发展产业的户；不按收入推算"),
            "led",
            "able",
        ),
        Rate(
            N_("户贷率"),
            counts.loan_households or 0,
            counts.registered_households or 0,
            N_("累计获得过扶贫小额信贷的户（一户只计一次）÷ 建档立卡户"),
            "loan",
            "registered",
        ),
    )
