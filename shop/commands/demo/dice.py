"""Chance that repeats: the same words give the same whole numbers, on every machine."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """One instance a topic, named by words, so that a change in one topic leaves the others as they were."""

    def __init__(self, *words: str | int) -> None:
        self._random = random.Random("/".join(str(word) for word in words))  # noqa: S311 - invented data, no secret

    def below(self, limit: int) -> int:
        """0 <= result < limit."""
        return self._random.randrange(limit)

    def between(self, low: int, high: int) -> int:
        """low <= result <= high."""
        return low + self._random.randrange(high - low + 1)

    def percent(self, chance: int) -> bool:
        """True in `chance` of 100 throws."""
        return self.below(100) < chance

    def pick(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[T], weights: Sequence[int]) -> T:
        """One item, in proportion to whole weights of which at least one is positive."""
        point = self.below(sum(weights))
        for item, weight in zip(items, weights, strict=True):
            point -= weight
            if point < 0:
                return item
        raise ValueError("weights must be positive")

    def shuffled(self, items: Sequence[T]) -> list[T]:
        rest = list(items)
        for last in range(len(rest) - 1, 0, -1):
            other = self.below(last + 1)
            rest[last], rest[other] = rest[other], rest[last]
        return rest

    def chosen(self, items: Sequence[T], count: int) -> list[T]:
        """`count` different items in the order of `items`."""
        places = sorted(self.shuffled(range(len(items)))[:count])
        return [items[place] for place in places]

    def parts(self, total: int, count: int, low: int, high: int) -> list[int]:
        """`count` numbers from low to high that sum to `total`; ValueError when there are none."""
        if not count * low <= total <= count * high:
            raise ValueError(f"{total} cannot be {count} numbers from {low} to {high}")
        found = [low] * count
        open_places = list(range(count)) if high > low else []
        for _ in range(total - count * low):
            spot = self.below(len(open_places))
            place = open_places[spot]
            found[place] += 1
            if found[place] == high:
                open_places[spot] = open_places[-1]
                open_places.pop()
        return found
