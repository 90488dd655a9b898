"""Who lives in a town: households, persons and what the township's registry says of them. Pure; nobody is meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from shop.commands.demo import figures
from shop.commands.demo.codes import household_phone
from shop.commands.demo.dice import Dice
from shop.commands.demo.names import full_name, surname
from shop.commands.demo.places import FOUNDED_ON, Place, Town

MEMBER, EXCLUDED, FARMING, OTHER = "member", "excluded", "farming", "other"
LOAN_STEP_FEN = 100_000


@dataclass(slots=True)
class Person:
    """`reason` is why this person may not join, or None."""

    name: str
    reason: str | None = None


@dataclass(slots=True)
class Home:
    """A household; the head is the first person. `number` is its member number, 0 for all but members."""

    place: Place
    kind: str
    persons: list[Person]
    code: str = ""
    phone: str | None = None
    number: int = 0
    joined_on: date | None = None
    industry: str | None = None
    linked_on: date | None = None
    loan_fen: int = 0
    lent_on: date | None = None
    consent_on: date | None = None

    @property
    def registered(self) -> bool:
        return self.kind in {MEMBER, EXCLUDED}


@dataclass(slots=True)
class People:
    """All households of a town in the order in which they are stored."""

    homes: list[Home] = field(default_factory=list)

    def of(self, village: str, kind: str) -> list[int]:
        """Places in `homes` of a village's households of one kind."""
        return [i for i, home in enumerate(self.homes) if home.kind == kind and home.place.key == village]


def people(seed: int, town: Town) -> People:
    """Everybody, with the seed's totals whatever the seed number is."""
    dice = Dice(seed, town.number, "people")
    by_kind = {kind: iter(homes) for kind, homes in _families(dice).items()}
    found = People()
    for place in town.places:
        figure = place.figures
        counts = {
            MEMBER: figure.members, EXCLUDED: figure.excluded, FARMING: figure.other_farming, OTHER: figure.not_farming,
        }  # fmt: skip
        kinds = dice.shuffled([kind for kind, count in counts.items() for _ in range(count)])
        homes = [Home(place, kind, next(by_kind[kind])) for kind in kinds]
        for order, home in enumerate(homes, start=1):
            home.code = f"{place.village_code}-{order:04d}"
        found.homes += homes
    for running, home in enumerate(found.homes, start=1):
        home.phone = household_phone(town.number * 2_000 + running) if dice.percent(85) else None
    _memberships(dice, found)
    _registry(dice, found)
    return found


def _families(dice: Dice) -> dict[str, list[list[Person]]]:
    """Persons of every household by kind; the sums are the seed's."""
    minors = figures.EXCLUDED_PERSONS - figures.PERSONS_IN_EXCLUDED_HOUSEHOLDS
    adults = dice.parts(figures.MEMBER_PERSONS, figures.MEMBER_HOUSEHOLDS, 1, 6)
    children = dice.parts(minors, figures.MEMBER_HOUSEHOLDS, 0, 3)
    alone = dice.parts(figures.PERSONS_IN_EXCLUDED_HOUSEHOLDS, figures.EXCLUDED_HOUSEHOLDS, 1, 4)
    farming = dice.parts(
        figures.FARMING_PERSONS - figures.REGISTERED_PERSONS,
        figures.FARMING_HOUSEHOLDS - figures.REGISTERED_HOUSEHOLDS,
        1,
        8,
    )
    other = dice.parts(
        figures.PERSONS - figures.FARMING_PERSONS, figures.HOUSEHOLDS - figures.FARMING_HOUSEHOLDS, 1, 5
    )
    return {
        MEMBER: [_family(dice, old, young) for old, young in zip(adults, children, strict=True)],
        EXCLUDED: [_family(dice, n, 0, "extreme_hardship" if n == 1 else "safety_net") for n in alone],
        FARMING: [_family(dice, n, 0) for n in farming],
        OTHER: [_family(dice, n, 0) for n in other],
    }


def _family(dice: Dice, adults: int, children: int, reason: str | None = None) -> list[Person]:
    """Half of the others carry the head's surname."""
    family = surname(dice)
    grown = [
        Person(full_name(dice, family if i == 0 or dice.percent(50) else None), reason) for i in range(adults)
    ]
    return grown + [Person(full_name(dice, family), "under_18") for _ in range(children)]


def _memberships(dice: Dice, found: People) -> None:
    """Numbers by the day of joining; a third of the members let their name be shown."""
    for village in {home.place.key: None for home in found.homes}:
        members = dice.shuffled(found.of(village, MEMBER))
        days = sorted(dice.between(0, 540) for _ in members)
        for number, (place, days_after) in enumerate(zip(members, days, strict=True), start=1):
            home = found.homes[place]
            home.number = number
            home.joined_on = FOUNDED_ON + timedelta(days=days_after)
            if dice.percent(33):
                home.consent_on = date(2020, 1, 1) + timedelta(days=dice.below(200))


def _registry(dice: Dice, found: People) -> None:
    """Industry links of 315 households and loans of 215, all of them members."""
    members = [home for home in found.homes if home.kind == MEMBER]
    for home in dice.chosen(members, figures.LED_HOUSEHOLDS):
        home.industry = dice.weighted(("planting", "husbandry", "tourism"), (68, 26, 6))
        home.linked_on = date(2016, 1, 1) + timedelta(days=dice.below(1_400))
    most = figures.LOAN_LIMIT_FEN // LOAN_STEP_FEN
    amounts = dice.parts(figures.LOAN_FEN // LOAN_STEP_FEN, figures.LOAN_HOUSEHOLDS, 20, most)
    for home, steps in zip(dice.chosen(members, figures.LOAN_HOUSEHOLDS), amounts, strict=True):
        home.loan_fen = steps * LOAN_STEP_FEN
        home.lent_on = date(2016, 3, 1) + timedelta(days=dice.below(1_680))
