"""What sending costs: a cooperative's rule, and what it says for a weight, a place and a way of delivery. Pure but for words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from shop.core.text import N_
from shop.orders.pricing import Freight

EXPRESS, TOWN, PICKUP = "express", "town", "pickup"
METHODS = {EXPRESS: N_("快递"), TOWN: N_("送货上门"), PICKUP: N_("自提")}
PIECE_G = 500  # what goods sold by the piece count for in a parcel, unless the rule says otherwise


class Place(NamedTuple):
    """Where it goes: province, the district with everything above it in one word, and the township or street."""

    province: str
    region: str = ""
    street: str = ""


HOME = Place("湖北省")  # what the basket reckons with before an address is known


@dataclass(frozen=True, slots=True)
class Band:
    """Provinces with one price: `first_fen` up to `first_g` grams, then `step_fen` for every begun `step_g` more (0: no more);
    free from `free_from_fen` of goods on (None: never)."""

    name: str
    provinces: tuple[str, ...]
    first_g: int
    first_fen: int
    step_g: int = 0
    step_fen: int = 0
    free_from_fen: int | None = None

    def fen(self, grams: int) -> int:
        """The price of a parcel of this weight."""
        over = max(0, grams - self.first_g)
        return self.first_fen + (-(-over // self.step_g) * self.step_fen if self.step_g else 0)


@dataclass(frozen=True, slots=True)
class Rule:
    """A version of a cooperative's rule. A band without provinces takes every province that no other one names.
    `town_fen` None: nobody brings it; `pickup` empty: it cannot be fetched; `cash_most_fen`: what a parcel brought in town may
    cost at most (goods and freight) to be paid in cash at the door, None: no cash at the door."""

    version: int
    bands: tuple[Band, ...]
    piece_g: int = PIECE_G
    town_fen: int | None = None
    town_free_from_fen: int | None = None
    town_district: str = ""
    town_streets: tuple[str, ...] = ()
    pickup: str = ""
    cash_most_fen: int | None = None

    def band(self, province: str) -> Band | None:
        """The band of a province; None where nothing is sent to."""
        named = next((band for band in self.bands if province in band.provinces), None)
        return named or next((band for band in self.bands if not band.provinces), None)

    def grams(self, unit_kind: str, quantity: int) -> int:
        """What goods weigh in a parcel: grams as they are, pieces by the rule."""
        return quantity if unit_kind == "g" else quantity * self.piece_g

    def methods(self, to: Place) -> tuple[str, ...]:
        """The ways of delivery to a place, the usual one first."""
        near = (
            self.town_fen is not None and to.region == self.town_district and to.street in self.town_streets
        )
        ways = ((EXPRESS, self.band(to.province) is not None), (TOWN, near), (PICKUP, bool(self.pickup)))
        return tuple(way for way, possible in ways if possible)

    def terms(self, method: str, to: Place, grams: int) -> Freight | None:
        """What this parcel costs, with the words kept on the order; None where this way does not lead there."""
        if method not in self.methods(to):
            return None
        basis: dict[str, int | str | None] = {"version": self.version, "method": method, "grams": grams}
        if method == PICKUP:
            return Freight(0, None, method, basis | {"fen": 0, "pickup": self.pickup})
        band = self.band(to.province)
        if method == TOWN or band is None:
            fen, free, name = self.town_fen or 0, self.town_free_from_fen, to.street
        else:
            fen, free, name = band.fen(grams), band.free_from_fen, band.name
        return Freight(fen, free, method, basis | {"fen": fen, "free_from_fen": free, "band": name})


class Parcel(NamedTuple):
    """What one cooperative would send: its rule in force, and the weight of its goods."""

    rule: Rule
    grams: int


def parcels(rows: Sequence[Any]) -> dict[int, Parcel]:
    """Cooperative id → parcel, of basket rows with the rule in force (freight_book.IN_FORCE); only what is on sale."""
    found: dict[int, Parcel] = {}
    for row in rows:
        key = row.cooperative_id
        rule = (
            found[key].rule
            if key in found
            else of_row(row.rule_version, row.rule_body, row.freight_fen, row.freight_free_from_fen)
        )
        grams = rule.grams(row.unit_kind, row.units * row.unit_quantity) if row.on_sale else 0
        found[key] = Parcel(rule, grams + (found[key].grams if key in found else 0))
    return found


def plain(fen: int, free_from_fen: int | None) -> Rule:
    """The rule of a cooperative that never wrote one: one price for the whole country, whatever it weighs."""
    return Rule(0, (Band("全国", (), 1000, fen, free_from_fen=free_from_fen),))


def of_row(version: int | None, body: Mapping[str, Any] | None, fen: int, free_from_fen: int | None) -> Rule:
    """The rule in force, as a statement brings it beside the cooperative's first terms."""
    return plain(fen, free_from_fen) if version is None or body is None else read(version, body)


def read(version: int, body: Mapping[str, Any]) -> Rule:
    """A stored version."""
    rest = {name: value for name, value in body.items() if name not in {"bands", "town_streets"}}
    bands = tuple(Band(**(band | {"provinces": tuple(band["provinces"])})) for band in body["bands"])
    return Rule(version, bands, town_streets=tuple(body.get("town_streets", ())), **rest)


def write(rule: Rule) -> dict[str, Any]:
    """A version as it is stored; `read` makes the same rule of it."""
    names = ("piece_g", "town_fen", "town_free_from_fen", "town_district", "pickup", "cash_most_fen")
    body: dict[str, Any] = {name: getattr(rule, name) for name in names}
    body["town_streets"] = list(rule.town_streets)
    body["bands"] = [
        {name: getattr(band, name) for name in Band.__slots__} | {"provinces": list(band.provinces)}
        for band in rule.bands
    ]
    return body


def as_version(rule: Rule, version: int) -> Rule:
    """The same rule under another number."""
    return replace(rule, version=version)
