"""What goods carry over when they are made into others: whole grams, whole fen. No statement.

A part's weight is what it gave times its grade factor. The quantity of every new lot is split by weight first over the
parties, then over the parts of each party, so that thirty small receipts count as much as one; value goes with the part it
came from and is split over several new lots by their graded quantity. Every split is a largest remainder: sums are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shop.cooperatives.income.taking import Part, Party
from shop.cooperatives.shares import largest_remainder


class TooLittle(ValueError):
    """A party would get nothing of a new lot, though its goods went in."""


@dataclass(frozen=True, slots=True)
class Given:
    """What one part gave: grams or pieces, what they cost, and how its quantity counts."""

    part: Part
    quantity: int
    value_fen: int
    grade_factor: int

    @property
    def weight(self) -> int:
        return self.quantity * self.grade_factor


@dataclass(frozen=True, slots=True)
class Carried:
    """A part of a new lot: of which part it is made, how much of the lot, at which value."""

    parent: Part
    quantity: int
    value_fen: int


def carry(given: Sequence[Given], outputs: Sequence[tuple[int, int]]) -> list[list[Carried]]:
    """The parts of each new lot; `outputs` are (quantity, grade factor), `given` in the order of lots and part numbers.

    Quantities of a lot sum to it, values of all lots to what went in. A party that gave gets some of every lot, or TooLittle
    is raised; a part of it may round down to nothing, then its value goes with the party's first part that did not.
    """
    graded = [quantity * factor for quantity, factor in outputs]
    values = [largest_remainder(piece.value_fen, graded) for piece in given]
    parties: dict[Party, list[int]] = {}
    for place, piece in enumerate(given):
        parties.setdefault(piece.part.party, []).append(place)
    return [
        _lot(given, list(parties.values()), quantity, [value[number] for value in values])
        for number, (quantity, _factor) in enumerate(outputs)
    ]


def _lot(
    given: Sequence[Given], parties: Sequence[Sequence[int]], quantity: int, values: Sequence[int]
) -> list[Carried]:
    found: dict[int, Carried] = {}
    shares = largest_remainder(quantity, [sum(given[place].weight for place in places) for places in parties])
    for places, share in zip(parties, shares, strict=True):
        if not share:
            raise TooLittle
        pieces = largest_remainder(share, [given[place].weight for place in places])
        first = next(number for number, piece in enumerate(pieces) if piece)
        rest = sum(values[place] for place, piece in zip(places, pieces, strict=True) if not piece)
        for number, (place, piece) in enumerate(zip(places, pieces, strict=True)):
            if piece:
                value = values[place] + (rest if number == first else 0)
                found[place] = Carried(given[place].part, piece, value)
    return [found[place] for place in sorted(found)]
