"""Splits against exact fractions: shares are Fractions here, and the states of small lots are walked in full."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, target
from hypothesis import strategies as st

from shop.cooperatives.shares import (
    SplitRefused,
    advance,
    largest_remainder,
    split_by_parts,
)

small = st.integers(0, 12)
huge = st.integers(0, 10**15)
weight_lists = st.lists(small | huge | st.sampled_from([0, 1]), min_size=1, max_size=40).filter(any)
steps = st.lists(st.sampled_from([0, 1, 1, 2, 3]) | st.integers(0, 1000) | huge, max_size=60)


def exact_shares(total: int, weights: Sequence[int]) -> list[Fraction]:
    return [Fraction(total * weight, sum(weights)) for weight in weights]


def walk(amounts: Sequence[int], weights: Sequence[int]) -> list[int]:
    """Sell amount after amount, checking every promise of advance() at every step."""
    taken = [0] * len(weights)
    for amount in amounts:
        rows = advance(amount, weights, taken)
        assert all(row >= 0 for row in rows)
        assert sum(rows) == amount
        taken = [had + row for had, row in zip(taken, rows, strict=True)]
        for had, share in zip(taken, exact_shares(sum(taken), weights), strict=True):
            assert abs(had - share) < 1
    return taken


@given(huge | st.integers(0, 100), weight_lists)
def test_largest_remainder_is_exact_and_gives_the_largest_fractions_the_rest(
    total: int, weights: list[int]
) -> None:
    parts = largest_remainder(total, weights)
    shares = exact_shares(total, weights)
    assert sum(parts) == total
    assert all(abs(part - share) < 1 for part, share in zip(parts, shares, strict=True))
    raised = [(share - int(share), -i) for i, share in enumerate(shares) if parts[i] > share]
    kept = [
        (share - int(share), -i) for i, share in enumerate(shares) if parts[i] <= share and share > int(share)
    ]
    assert not raised or not kept or min(raised) > max(kept)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def test_largest_remainder_ties_go_to_the_smaller_index() -> None:
    assert largest_remainder(2, [1, 1, 1]) == [1, 1, 0]
    assert largest_remainder(100, [0, 3, 3, 3]) == [0, 34, 33, 33]
    assert largest_remainder(5, [1, 2]) == [2, 3]
    assert largest_remainder(0, [0, 0]) == [0, 0]
    assert largest_remainder(0, []) == []


@pytest.mark.parametrize("total,weights", [(1, [0, 0]), (1, []), (-1, [1]), (1, [1, -1]), (1, [2, -1])])
def test_largest_remainder_refuses(total: int, weights: list[int]) -> None:
    with pytest.raises(SplitRefused):
        largest_remainder(total, weights)


@given(weight_lists, steps)
def test_running_split_keeps_every_part_within_one_for_ever(weights: list[int], amounts: list[int]) -> None:
    taken = walk(amounts, weights)
    shares = exact_shares(sum(taken), weights)
    target(
        max(abs(had - share) for had, share in zip(taken, shares, strict=True))
        .limit_denominator(1000)
        .numerator
    )


def test_every_state_that_small_lots_can_reach() -> None:
    """All weights of up to four parts and Q <= 8, all sequences of steps: walked to the end, beyond selling out."""
    for count in (1, 2, 3, 4):
        for weights in product(range(9), repeat=count):
            if 0 < sum(weights) <= 8:
                _walk_all_states(weights)


@pytest.mark.parametrize("weights", [(1, 1, 1, 6, 6), (6, 6, 1, 1, 1), (1, 1, 1, 1, 7, 7), (1, 2, 3, 5, 7)])
def test_every_state_of_lots_that_defeat_plain_largest_remainders(weights: tuple[int, ...]) -> None:
    """At M = 9 the parts of (1, 1, 1, 6, 6) have equal fractions; served by index, M = 10 needs 11 units."""
    _walk_all_states(weights)


def _walk_all_states(weights: tuple[int, ...]) -> None:
    whole = sum(weights)
    states = {(0,) * len(weights)}
    for total in range(whole):
        for state in [state for state in states if sum(state) == total]:
            for amount in range(1, whole + 3 - total):
                rows = advance(amount, weights, state)
                after = tuple(had + row for had, row in zip(state, rows, strict=True))
                assert min(rows) >= 0
                assert sum(rows) == amount
                assert all(
                    abs(had - share) < 1
                    for had, share in zip(after, exact_shares(sum(after), weights), strict=True)
                )
                states.add(after)
    assert tuple(weights) in states


@pytest.mark.parametrize(
    "weights",
    [
        [1, 1, 1],
        [7, 11, 13, 17, 19, 23],
        [1, 10**9, 1, 0, 10**9 + 1],
        [10**14] + [1] * 30,
        [2**i for i in range(20)],
        list(range(40)),
        [1] * 83,
        [999_983, 3, 5, 999_979, 1],
    ],
)
def test_thousands_of_steps(weights: list[int]) -> None:
    dice = random.Random(20_201_231)  # noqa: S311 (a repeatable mix, not a secret)
    walk([1] * 400, weights)
    walk([dice.choice((0, 1, 1, 1, 2, 5, 6800, 10**7)) for _ in range(600)], weights)
    walk([10**12, *[1] * 100, 10**12 + 1, *[2] * 100, 3], weights)


def test_thousands_of_one_fen_sales_favour_nobody() -> None:
    assert walk([1] * 3000, [1, 1, 1]) == [1000, 1000, 1000]
    assert walk([1] * 2600, [6, 4, 3]) == [1200, 800, 600]


def test_the_earliest_deadline_is_served_first() -> None:
    """Part 3 is due at M = 2, the others at 8: neither the smallest index nor the order of rows may win."""
    assert advance(1, [1, 1, 1, 5], [0, 0, 0, 0]) == [0, 0, 0, 1]
    assert advance(3, [1, 5, 1, 1], [0, 0, 0, 0]) == [1, 2, 0, 0]
    assert advance(9, [1, 1, 1, 6, 6], [0] * 5) == [1, 0, 0, 4, 4]


def test_deadlines_are_whole_totals_and_ties_go_to_the_smaller_index() -> None:
    """Of (6, 7, 8) the second part is due at exactly 3, the first at 3.5, so at 4."""
    assert advance(1, [6, 7, 8], [0, 0, 1]) == [0, 1, 0]
    assert advance(1, [5, 5, 5], [0, 0, 0]) == [1, 0, 0]


@given(weight_lists, st.lists(st.integers(0, 10**6), min_size=1, max_size=40))
def test_one_bulk_sale_and_any_sequence_differ_by_at_most_one(weights: list[int], amounts: list[int]) -> None:
    one_by_one = walk(amounts, weights)
    at_once = advance(sum(amounts), weights, [0] * len(weights))
    assert max(abs(a - b) for a, b in zip(one_by_one, at_once, strict=True)) <= 1


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8).filter(any), st.data())
def test_a_lot_sold_out_gave_each_part_exactly_what_it_brought(
    weights: list[int], data: st.DataObject
) -> None:
    left, taken = sum(weights), [0] * len(weights)
    while left:
        amount = data.draw(st.integers(1, left))
        rows = split_by_parts(amount, weights, taken)
        taken = [had + row for had, row in zip(taken, rows, strict=True)]
        assert all(had <= weight for had, weight in zip(taken, weights, strict=True))
        left -= amount
    assert taken == weights


def test_the_same_state_gives_the_same_rows() -> None:
    assert advance(7, [3, 3, 3], [1, 1, 0]) == advance(7, (3, 3, 3), (1, 1, 0)) == [2, 2, 3]


@pytest.mark.parametrize(
    "amount,weights,taken",
    [
        (-1, [1, 1], [1, 1]),
        (1, [1, -1], [0, 0]),
        (1, [1, 1], [-1, 0]),
        (1, [1, 1], [2, 0]),
        (1, [2, 1, 1], [2, 0, 0]),
        (1, [2, 1, 1], [0, 1, 1]),
        (1, [1, 0], [0, 1]),
        (1, [0, 0], [0, 0]),
        (0, [0, 0], [1, 0]),
        (1, [], []),
        (1, [1, 1], [0]),
        # Each is its share rounded, yet at M = 4 the first three are due and only one unit is left.
        (1, [3, 3, 3, 1, 1, 1], [0, 0, 0, 1, 1, 1]),
    ],
)
def test_running_split_refuses_what_cannot_be(amount: int, weights: list[int], taken: list[int]) -> None:
    with pytest.raises(SplitRefused):
        advance(amount, weights, taken)
