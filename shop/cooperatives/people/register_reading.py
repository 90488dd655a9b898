"""One household of the register, read: who lives there, what holds from when to when, who did what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text

from shop.cooperatives.people.models import Household, Person, Village
from shop.cooperatives.people.register_words import ACTS, ALSO
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.text import N_

_FACTS = text(
    """
    select 'category' as kind, id, category as code, valid_from, valid_to, null::bigint as person_id, '' as paper,
           null::bigint as fen from household_category where household_id = :h
    union all select 'link', id, kind, valid_from, valid_to, null, evidence, null from industry_link where household_id = :h
    union all select 'loan', id, '', lent_on, withdrawn_on - 1, null, '', amount_fen from microloan where household_id = :h
    union all select 'exclusion', x.id, x.reason, x.valid_from, x.valid_to, x.person_id, '', null
      from person_exclusion x join person p on p.id = x.person_id where p.household_id = :h
    order by 1, 4 desc, 2 desc
    """
)
_MEMBERS = text(
    """
    select m.id, m.number, m.cooperative_id, m.joined_on, m.left_on, c.name, c.code
      from member m join cooperative c on c.id = m.cooperative_id
     where m.household_id = :h order by m.joined_on desc
    """
)
_HISTORY = text(
    """
    select a.at, a.act, a.before, a.after, u.name as who from activity a left join user_account u on u.id = a.actor_id
     where a.subject_type = 'household' and a.subject_id = :h and a.act = any(:acts) order by a.id desc limit 200
    """
)
_VERDICTS = {
    "able": N_("可以入社"),
    "nobody_able": N_("没有可以入社的人"),
    "gone": N_("已不在册"),
}


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person with the reasons that keep him from joining on the day asked; empty: he may."""

    id: int
    name: str
    is_head: bool
    joined_on: date | None
    left_on: date | None
    present: bool
    reasons: tuple[str, ...]

    @property
    def never(self) -> bool:
        """A row that ends before it begins: a move that was undone."""
        return self.joined_on is not None and self.left_on is not None and self.left_on < self.joined_on


@dataclass(frozen=True, slots=True)
class Fact:
    """A dated row; `holds` on the day asked; one that never held was a mistake."""

    kind: str
    id: int
    code: str
    valid_from: date
    valid_to: date | None
    person_id: int | None
    paper: str
    fen: int | None

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or self.valid_to >= day)

    @property
    def never(self) -> bool:
        return self.valid_to is not None and self.valid_to < self.valid_from


def head(household_id: int, region: str) -> Any:
    """The household. Raises NotFound for another township's."""
    row = session().execute(
        select(
            Household.id, Household.code, Household.head_name, Household.phone, Household.agricultural,
            Household.industry_able_on, Household.entered_on, Household.left_on, Household.created_at,
            Village.name.label("village"), Village.code.label("village_code"), Village.region_code,
        )
        .join(Village, Village.id == Household.village_id)
        .where(Household.id == household_id, Village.region_code.startswith(region, autoescape=True))
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这一户"))
    return row


def facts(household_id: int) -> Mapping[str, list[Fact]]:
    """category, exclusion, link, loan → rows, the newest first. One statement."""
    found: dict[str, list[Fact]] = {"category": [], "exclusion": [], "link": [], "loan": []}
    for row in session().execute(_FACTS, {"h": household_id}):
        found[row.kind].append(Fact(*row))
    return found


def persons(household_id: int, exclusions: Sequence[Fact], day: date) -> list[PersonLine]:
    """Everybody who is or was there, the head first, those who left last. One statement."""
    rows = session().execute(
        select(Person.id, Person.name, Person.is_head, Person.joined_on, Person.left_on)
        .where(Person.household_id == household_id)
        .order_by(Person.left_on.is_not(None), Person.is_head.desc(), Person.id)
    )
    lines = []
    for row in rows:
        here = (row.joined_on is None or row.joined_on <= day) and (row.left_on is None or row.left_on >= day)
        why = [fact.code for fact in exclusions if fact.person_id == row.id and fact.holds(day)]
        lines.append(PersonLine(*row, here, tuple(dict.fromkeys(why))))
    return lines


def verdict(house: Any, lines: Sequence[PersonLine], day: date) -> str:
    """Whether anybody of the household may join a cooperative on that day, in a sentence of the catalogue."""
    if house.left_on is not None and house.left_on < day:
        return _VERDICTS["gone"]
    able = any(line.present and not line.reasons for line in lines)
    return _VERDICTS["able" if able else "nobody_able"]


def memberships(household_id: int) -> Sequence[Any]:
    """Every membership, newest first. One statement."""
    return session().execute(_MEMBERS, {"h": household_id}).all()


def history(household_id: int) -> Sequence[Any]:
    """at, act, before, after and who, newest first. One statement."""
    acts = [*ACTS, *ALSO]
    return session().execute(_HISTORY, {"h": str(household_id), "acts": acts}).all()
