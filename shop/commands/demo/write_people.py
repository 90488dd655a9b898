"""Households, persons, members and the registry's facts."""

from __future__ import annotations

from datetime import date

from shop.commands.demo.figures import MARK
from shop.commands.demo.written import Written
from shop.cooperatives.people.models import (
    Household,
    HouseholdCategory,
    HouseholdConsent,
    IndustryLink,
    Member,
    Microloan,
    Person,
    PersonExclusion,
)
from shop.core.db import insert_rows

REGISTERED_FROM = date(2014, 4, 1)
ABLE_ON = date(2019, 12, 31)


def write_people(written: Written) -> None:
    """Everybody of a town, in the order of People.homes."""
    homes = written.people.homes
    written.households = insert_rows(
        Household,
        [
            {
                "code": home.code, "village_id": written.villages[home.place.key], "head_name": home.persons[0].name,
                "phone": home.phone, "agricultural": home.kind != "other",
                "industry_able_on": ABLE_ON if home.industry else None,
            }
            for home in homes
        ],
        "id",
    )  # fmt: skip
    _persons(written)
    _members(written)
    _registry(written)


def _persons(written: Written) -> None:
    persons = [
        (household_id, person, place == 0)
        for household_id, home in zip(written.households, written.people.homes, strict=True)
        for place, person in enumerate(home.persons)
    ]
    rows = [
        {"household_id": household_id, "name": person.name, "is_head": head}
        for household_id, person, head in persons
    ]
    ids = insert_rows(Person, rows, "id")
    insert_rows(
        PersonExclusion,
        [
            {"person_id": person_id, "reason": person.reason, "valid_from": REGISTERED_FROM}
            for person_id, (_, person, _) in zip(ids, persons, strict=True)
            if person.reason
        ],
    )


def _members(written: Written) -> None:
    """By cooperative and number."""
    homes = written.people.homes
    order = sorted(
        (place for place, home in enumerate(homes) if home.number),
        key=lambda place: (written.cooperatives[homes[place].place.key], homes[place].number),
    )
    ids = insert_rows(
        Member,
        [
            {
                "cooperative_id": written.cooperatives[homes[place].place.key], "household_id": written.households[place],
                "number": homes[place].number, "joined_on": homes[place].joined_on,
            }
            for place in order
        ],
        "id",
    )  # fmt: skip
    written.members = [None] * len(homes)
    for place, member_id in zip(order, ids, strict=True):
        written.members[place] = member_id


def _registry(written: Written) -> None:
    pairs = list(zip(written.households, written.people.homes, strict=True))
    insert_rows(
        HouseholdCategory,
        [
            {"household_id": household_id, "category": "registered_household", "valid_from": REGISTERED_FROM}
            for household_id, home in pairs
            if home.registered
        ],
    )
    insert_rows(
        IndustryLink,
        [
            {
                "household_id": household_id,
                "kind": home.industry,
                "valid_from": home.linked_on,
                "evidence": f"镇台账（{MARK}）",
            }
            for household_id, home in pairs
            if home.industry
        ],
    )
    insert_rows(
        Microloan,
        [
            {"household_id": household_id, "amount_fen": home.loan_fen, "lent_on": home.lent_on}
            for household_id, home in pairs
            if home.loan_fen
        ],
    )
    insert_rows(
        HouseholdConsent,
        [
            {"household_id": household_id, "purpose": "public_name", "given_on": home.consent_on}
            for household_id, home in pairs
            if home.consent_on
        ],
    )
