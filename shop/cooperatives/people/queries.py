"""Reads over cooperatives and their members. Names are decrypted here, for the cooperative's own people only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, and_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from shop.cooperatives.people.models import Charter, Cooperative, Household, Member, Region, Village
from shop.cooperatives.people.surnames import readings
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.pinyin import syllables


@dataclass(frozen=True, slots=True)
class CharterTerms:
    """Charter parameters in force on a day; rates are decimal strings."""

    reserve_rate: str
    patronage_ratio: str
    patronage_basis: str
    commission_rate: str
    resolution: str
    valid_from: date
    freight_bearer: str
    packaging_bearer: str
    fee_bearer: str
    minimum_payout_fen: int
    notice_days: int


_TERMS = (
    Charter.reserve_rate, Charter.patronage_ratio, Charter.patronage_basis, Charter.commission_rate, Charter.resolution,
    Charter.valid_from, Charter.freight_bearer, Charter.packaging_bearer, Charter.fee_bearer, Charter.minimum_payout_fen,
    Charter.notice_days,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member account with its household; `pinyin` and `initials` of the head's name are for search and sorting."""

    member_id: int
    number: int
    household_id: int
    household_code: str
    name: str
    village_name: str
    joined_on: date
    left_on: date | None
    pinyin: str
    initials: str


def cooperative_by_code(code: str) -> Row[*tuple[Any, ...]]:
    """id, code, name, uscc, address, phones, story, village and region of a cooperative. Raises NotFound."""
    row = session().execute(_cooperatives().where(Cooperative.code == code)).one_or_none()
    if row is None:
        raise NotFound("没有找到代码为“%(code)s”的合作社", code=code[:40])
    return row


def cooperatives_under(region_code: str) -> list[Row[*tuple[Any, ...]]]:
    """The same columns for every cooperative in a region's subtree, by name."""
    statement = _cooperatives().where(Village.region_code.startswith(region_code, autoescape=True))
    return list(session().execute(statement.order_by(Cooperative.pinyin, Cooperative.id)).all())


def members(cooperative_id: int, on: date) -> list[MemberRow]:
    """The member accounts of a day, by number. One statement; names decrypted in Python."""
    rows = session().execute(
        select(
            Member.id, Member.number, Member.household_id, Household.code, Household.head_name, Village.name,
            Member.joined_on, Member.left_on,
        )
        .join(Household, Household.id == Member.household_id)
        .join(Village, Village.id == Household.village_id)
        .where(Member.cooperative_id == cooperative_id, live_on(on))
        .order_by(Member.number)
    )  # fmt: skip
    return [MemberRow(*row, *spell(row.head_name)) for row in rows]


def find_members(cooperative_id: int, text: str, on: date) -> list[MemberRow]:
    """Members whose name holds the text, whose pinyin or initials begin with it, or whose number or code it is."""
    wanted = text.strip().lower().replace(" ", "")
    return [row for row in members(cooperative_id, on) if not wanted or _matches(row, wanted)]


def membership_on(household_id: int, cooperative_id: int, day: date) -> int | None:
    """The member id if the household was a member of this cooperative on that day, else None."""
    return session().scalar(
        select(Member.id).where(
            Member.household_id == household_id, Member.cooperative_id == cooperative_id, live_on(day)
        )
    )


def charter_on(cooperative_id: int, day: date) -> CharterTerms | None:
    """The charter parameters valid on a day; None where no assembly had decided any yet."""
    row = session().execute(
        _charters(cooperative_id).where(Charter.valid_from <= day).limit(1)
    ).one_or_none()  # fmt: skip
    return None if row is None else CharterTerms(*row)


def charters(cooperative_id: int) -> list[CharterTerms]:
    """Every version, newest first, also those that are not in force yet."""
    return [CharterTerms(*row) for row in session().execute(_charters(cooperative_id))]


def charters_under(region_code: str, day: date) -> list[tuple[str, str, CharterTerms]]:
    """(code, name, terms in force on a day) of a region's cooperatives, by name; one without terms is left out."""
    rows = session().execute(
        select(Cooperative.code, Cooperative.name, *_TERMS)
        .ext(distinct_on(Cooperative.pinyin, Cooperative.id))
        .join(Charter, Charter.cooperative_id == Cooperative.id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Village.region_code.startswith(region_code, autoescape=True), Charter.valid_from <= day)
        .order_by(Cooperative.pinyin, Cooperative.id, Charter.valid_from.desc())
    )
    return [(code, name, CharterTerms(*terms)) for code, name, *terms in rows]


def _charters(cooperative_id: int) -> Select[*tuple[Any, ...]]:
    return select(*_TERMS).where(Charter.cooperative_id == cooperative_id).order_by(Charter.valid_from.desc())


def live_on(day: date) -> Any:
    """SQL: the member account was open on that day; a member leaves at the end of `left_on` (art. 25)."""
    return and_(Member.joined_on <= day, or_(Member.left_on.is_(None), Member.left_on >= day))


def spell(name: str) -> tuple[str, str]:
    """Full pinyin and initials of a name, lower case without blanks: 王小华 is ('wangxiaohua', 'wxh'); ü is typed v."""
    surname = readings(name)
    spoken = [*surname, *syllables(name[len(surname) :])]
    return "".join(spoken).lower(), "".join(syllable[:1] for syllable in spoken).lower()


def _matches(row: MemberRow, wanted: str) -> bool:
    if wanted in (str(row.number), row.household_code.lower()):
        return True
    return wanted in row.name.lower() or row.pinyin.startswith(wanted) or row.initials.startswith(wanted)


def _cooperatives() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Cooperative.id, Cooperative.code, Cooperative.uscc, Cooperative.name, Cooperative.pinyin, Cooperative.address,
            Cooperative.phone, Cooperative.supervision_phone, Cooperative.founded_on, Cooperative.story,
            Cooperative.village_id,
            Village.code.label("village_code"), Village.name.label("village_name"), Village.region_code,
            Region.name.label("region_name"),
        )
        .join(Village, Village.id == Cooperative.village_id)
        .join(Region, Region.code == Village.region_code)
    )  # fmt: skip
