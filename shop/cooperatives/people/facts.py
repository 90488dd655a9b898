"""What the register says of each household on a day: one row a household, from which every count, rate and list is made.

So a figure and the list behind it cannot differ: both ask the same rows the same condition.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import TextClause, text


def in_force(alias: str) -> str:
    """SQL: these dated rows hold on :day; `valid_to` is the last day."""
    return f"{alias}.valid_from <= :day and ({alias}.valid_to is null or {alias}.valid_to >= :day)"


def present(alias: str, first: str = "joined_on", last: str = "left_on") -> str:
    """SQL: the person or household is there on :day; no first day means since ever, no last day still."""
    return (
        f"({alias}.{first} is null or {alias}.{first} <= :day)"
        f" and ({alias}.{last} is null or {alias}.{last} >= :day)"
    )


EXCLUDED: Final = f"exists (select from person_exclusion x where x.person_id = p.id and {in_force('x')})"

# {narrow} keeps a part of the households, before anything is counted.
_FACTS = f"""
    with home as (select h.id, h.code, h.head_name, h.phone, h.village_id, v.name as village, h.agricultural,
                         coalesce(h.industry_able_on <= :day, false) as able
                    from household h join village v on v.id = h.village_id
                   where v.region_code like :prefix and {present("h", "entered_on")} {{narrow}}),
         people as (select p.household_id, count(*) as persons, count(*) filter (where not {EXCLUDED}) as able_persons
                      from person p join home on home.id = p.household_id where {present("p")} group by 1),
         kinds as (select c.household_id, array_agg(distinct c.category) as categories
                     from household_category c join home on home.id = c.household_id where {in_force("c")} group by 1),
         joined as (select m.household_id, m.id as member_id, m.number, m.cooperative_id from member m
                      join home on home.id = m.household_id
                     where m.joined_on <= :day and (m.left_on is null or m.left_on >= :day)),
         led as (select distinct k.household_id from industry_link k join home on home.id = k.household_id
                  where {in_force("k")}),
         lent as (select l.household_id, sum(l.amount_fen)::bigint as fen from microloan l
                    join home on home.id = l.household_id
                   where l.lent_on <= :day and (l.withdrawn_on is null or l.withdrawn_on > :day) group by 1),
         facts as (
           select home.*, coalesce(people.persons, 0) as persons, coalesce(people.able_persons, 0) as eligible_persons,
                  coalesce(kinds.categories, '{{{{}}}}') as categories,
                  coalesce('registered_household' = any(kinds.categories), false) as registered,
                  joined.member_id, joined.number as member_number, joined.cooperative_id,
                  led.household_id is not null as led, lent.fen as loan_fen
             from home left join people on people.household_id = home.id
             left join kinds on kinds.household_id = home.id left join joined on joined.household_id = home.id
             left join led on led.household_id = home.id left join lent on lent.household_id = home.id)
"""  # noqa: S608 (our own SQL)

# list → which households are on it; every figure below names its list
LISTS: Final = {
    "all": "true",
    "agricultural": "agricultural",
    "registered": "registered",
    "eligible": "registered and eligible_persons > 0",
    "not_eligible": "registered and eligible_persons = 0",
    "member": "member_id is not null",
    "eligible_member": "registered and eligible_persons > 0 and member_id is not null",
    "able": "able",
    "led": "able and led",
    "loan": "loan_fen is not null",
}


def count(which: str) -> str:
    """SQL: how many households are on a list."""
    return f"count(*) filter (where {LISTS[which]})"


def persons(which: str, column: str = "persons") -> str:
    """SQL: how many persons (or eligible_persons) the households of a list have."""
    return f"coalesce(sum({column}) filter (where {LISTS[which]}), 0)::bigint"


def statement(ending: str, narrow: str = "") -> TextClause:
    """The facts with what is asked of them behind; `ending` and `narrow` are our own SQL, values come as parameters."""
    return text(_FACTS.format(narrow=narrow) + ending)


def scope(region_code: str, day: date, **more: Any) -> dict[str, Any]:
    """The parameters of every statement."""
    return {"prefix": region_code + "%", "day": day} | more
