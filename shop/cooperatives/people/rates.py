"""The registry's figures and rates as of a day: each with numerator, denominator and definition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text

from shop.core.db import session
from shop.core.text import N_

_COUNTS = text(
    """
    with town as (select h.id, h.village_id, h.agricultural, h.industry_able_on
                    from household h join village v on v.id = h.village_id where v.region_code like :prefix),
         registered as (select distinct c.household_id as id from household_category c join town on town.id = c.household_id
                         where c.category = 'registered_household' and c.valid_from <= :day
                           and (c.valid_to is null or c.valid_to >= :day)),
         people as (select p.id, p.household_id,
                           exists (select 1 from person_exclusion x where x.person_id = p.id and x.valid_from <= :day
                                      and (x.valid_to is null or x.valid_to >= :day)) as excluded
                      from person p join town on town.id = p.household_id),
         eligible as (select p.household_id as id, count(*) as persons from people p join registered r on r.id = p.household_id
                       where not p.excluded group by 1),
         joined as (select distinct m.household_id as id from member m join town on town.id = m.household_id
                     where m.joined_on <= :day and (m.left_on is null or m.left_on >= :day)),
         loans as (select l.household_id, l.amount_fen from microloan l join town on town.id = l.household_id
                    where l.lent_on <= :day)
    select (select count(*) from village where region_code like :prefix) as villages,
           (select count(*) from village where region_code like :prefix and key_poor) as key_villages,
           (select count(*) from village where region_code like :prefix and deep_poor) as deep_villages,
           (select count(*) from town) as households,
           (select count(*) from people) as persons,
           (select count(*) from town where agricultural) as agricultural_households,
           (select count(*) from people p join town t on t.id = p.household_id and t.agricultural) as agricultural_persons,
           (select count(*) from registered) as registered_households,
           (select count(*) from people p join registered r on r.id = p.household_id) as registered_persons,
           (select count(*) from eligible) as eligible_households,
           (select coalesce(sum(persons), 0)::bigint from eligible) as eligible_persons,
           (select count(*) from cooperative c join village v on v.id = c.village_id and v.region_code like :prefix
             where c.founded_on is null or c.founded_on <= :day) as cooperatives,
           (select count(*) from joined) as member_households,
           (select coalesce(sum(e.persons), 0)::bigint from joined j join eligible e on e.id = j.id) as member_persons,
           (select count(*) from joined j join eligible e on e.id = j.id) as eligible_joined,
           (select count(*) from town where industry_able_on <= :day) as able_households,
           (select count(distinct k.household_id) from industry_link k join town t on t.id = k.household_id
             where t.industry_able_on <= :day and k.valid_from <= :day and (k.valid_to is null or k.valid_to >= :day))
             as led_households,
           (select count(distinct household_id) from loans) as loan_households,
           (select coalesce(sum(amount_fen), 0)::bigint from loans) as loan_fen,
           (select count(*) from pv_station s join village v on v.id = s.village_id and v.region_code like :prefix
             where s.in_service_on <= :day) as pv_stations,
           (select count(*) from pv_station s join village v on v.id = s.village_id and v.region_code like :prefix
             where s.in_service_on <= :day and s.running) as pv_running
    """
)


@dataclass(frozen=True)
class Rate:
    """A ratio nobody has to guess at: what is counted over what, and the rows behind the numerator."""

    name: str
    numerator: int
    denominator: int
    definition: str
    rows: str  # which list of households proves it

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


def registry(region_code: str, day: date) -> Registry:
    """Read the registry of a region subtree as of a day, in one statement."""
    counts = session().execute(_COUNTS, {"prefix": region_code + "%", "day": day}).one()
    rates = (
        Rate(
            N_("入社率（户）"),
            counts.eligible_joined,
            counts.eligible_households,
            N_("已入社的符合条件建档立卡户 ÷ 符合条件的建档立卡户（五保、兜底和 18 岁以下不计）"),
            "member",
        ),
        Rate(
            N_("入社率（人）"),
            counts.member_persons,
            counts.eligible_persons,
            N_("成员户中符合条件的人 ÷ 建档立卡户中符合条件的人"),
            "member",
        ),
        Rate(
            N_("产业带动率"),
            counts.led_households,
            counts.able_households,
            N_("登记了产业带动关系的户 ÷ 经认定有条件发展产业的户；不按收入推算"),
            "led",
        ),
        Rate(
            N_("户贷率"),
            counts.loan_households,
            counts.registered_households,
            N_("累计获得过扶贫小额信贷的户（一户只计一次）÷ 建档立卡户"),
            "loan",
        ),
    )
    return Registry(counts=counts, day=day, rates=rates)


LISTS = {
    "all": "true",
    "agricultural": "h.agricultural",
    "registered": "r.id is not null",
    "not_eligible": "r.id is not null and coalesce(e.persons, 0) = 0",
    "eligible": "coalesce(e.persons, 0) > 0 and r.id is not null",
    "member": "m.number is not null",
    "able": "h.industry_able_on <= :day",
    "led": "k.household_id is not null",
    "loan": "l.household_id is not null",
}
_LIST = """
    select h.id, h.code, h.head_name, v.name as village, p.persons, coalesce(e.persons, 0) as eligible_persons,
           m.number as member_number, m.cooperative, l.fen as loan_fen, count(*) over () as total
      from household h join village v on v.id = h.village_id and v.region_code like :prefix
      join lateral (select count(*) as persons from person where household_id = h.id) p on true
      left join lateral (select 1 as id from household_category c where c.household_id = h.id
                          and c.category = 'registered_household' and c.valid_from <= :day
                          and (c.valid_to is null or c.valid_to >= :day) limit 1) r on true
      left join lateral (select count(*) as persons from person q where q.household_id = h.id and not exists
                          (select 1 from person_exclusion x where x.person_id = q.id and x.valid_from <= :day
                              and (x.valid_to is null or x.valid_to >= :day))) e on true
      left join lateral (select mm.number, c.name as cooperative from member mm join cooperative c on c.id = mm.cooperative_id
                          where mm.household_id = h.id and mm.joined_on <= :day
                            and (mm.left_on is null or mm.left_on >= :day) limit 1) m on true
      left join lateral (select kk.household_id from industry_link kk where kk.household_id = h.id
                          and h.industry_able_on <= :day and kk.valid_from <= :day
                          and (kk.valid_to is null or kk.valid_to >= :day) limit 1) k on true
      left join lateral (select ll.household_id, sum(ll.amount_fen)::bigint as fen from microloan ll
                          where ll.household_id = h.id and ll.lent_on <= :day group by 1) l on true
     where {condition}
     order by v.id, h.code limit :limit offset :offset
"""


def households(region_code: str, day: date, which: str, limit: int, offset: int) -> list[Any]:
    """The rows behind a figure: `which` is a key of LISTS; head_name comes encrypted (bytes), total on every row."""
    statement = text(_LIST.format(condition=LISTS[which]))
    scope = {"prefix": region_code + "%", "day": day, "limit": limit, "offset": offset}
    return list(session().execute(statement, scope))
