"""The two shapes of every page about where money is: a place with a sum, and two sums that must be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where some money is, or how far somebody's is on its way: fen and how many rows it is the sum of.

    `account` leads to the entries behind it; empty where the rows are not entries.
    """

    code: str
    name: str
    note: str
    fen: int
    rows: int
    account: str = ""


@dataclass(frozen=True, slots=True)
class Tie:
    """Two ways to one sum; they differ only where something is wrong."""

    name: str
    left_fen: int
    right_fen: int

    @property
    def holds(self) -> bool:
        return self.left_fen == self.right_fen


def total(places: Sequence[Place]) -> int:
    """Fen of several places."""
    return sum(place.fen for place in places)
