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
    cost_leaving,
    cumulative_part,
    largest_remainder,
    level,
    mirror,
    split_by_parts,
    split_discount,
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


@given(st.integers(0, 10**12), st.integers(1, 10**9), st.lists(st.integers(0, 10**9), max_size=30))
def test_cost_leaves_to_exactly_nothing(value: int, quantity: int, stops: list[int]) -> None:
    left, before = value, 0
    for after in [*sorted(stop % quantity for stop in stops), quantity]:
        leaving = cost_leaving(value, quantity, before, after)
        assert leaving >= 0
        left -= leaving
        assert abs(left - Fraction(value * (quantity - after), quantity)) < 1
        before = after
    assert left == 0


def test_cost_comes_back_with_returned_goods() -> None:
    assert cost_leaving(100, 3, 0, 2) == 66
    assert cost_leaving(100, 3, 2, 1) == -33
    assert cost_leaving(100, 3, 1, 3) == 67


@pytest.mark.parametrize("numbers", [(-1, 3, 0, 1), (1, 0, 0, 0), (1, 3, 0, 4), (1, 3, -1, 2), (1, 3, 4, 3)])
def test_cost_refuses_what_cannot_be(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(SplitRefused):
        cost_leaving(*numbers)


@given(st.lists(small | st.integers(0, 10**9), min_size=1, max_size=30), st.data())
def test_partial_reversals_never_exceed_a_row_and_end_exactly(rows: list[int], data: st.DataObject) -> None:
    whole = sum(rows)
    targets = sorted(data.draw(st.lists(st.integers(0, whole), max_size=20)))
    undone = [0] * len(rows)
    for goal in [*targets, whole]:
        step = mirror(rows, undone, goal)
        undone = [had + new for had, new in zip(undone, step, strict=True)]
        assert min(step) >= 0
        assert sum(undone) == goal
        assert all(had <= row for had, row in zip(undone, rows, strict=True))
        if whole:
            assert all(abs(had - s) < 1 for had, s in zip(undone, exact_shares(goal, rows), strict=True))
    assert undone == rows


def test_thirty_seven_refunds_of_an_odd_total_end_exactly() -> None:
    rows = [3334, 3333, 1, 0, 3333]
    undone = [0] * 5
    for count in range(1, 38):
        goal = cumulative_part(sum(rows), count, 37)
        undone = [had + new for had, new in zip(undone, mirror(rows, undone, goal), strict=True)]
    assert undone == rows


@given(st.lists(huge, min_size=1, max_size=10))
def test_a_full_reversal_returns_each_row(rows: list[int]) -> None:
    assert mirror(rows, [0] * len(rows), sum(rows)) == rows


@pytest.mark.parametrize(
    "rows,undone,goal",
    [([5, 5], [0, 0], 11), ([5, 5], [3, 2], 4), ([5, -5], [0, 0], 0), ([5, 5], [5, 0], 6), ([5], [0, 0], 1)],
)
def test_reversal_refuses_what_cannot_be(rows: list[int], undone: list[int], goal: int) -> None:
    with pytest.raises(SplitRefused):
        mirror(rows, undone, goal)


@given(st.lists(huge | small, min_size=1, max_size=30), st.data())
def test_a_discount_never_makes_a_line_negative(amounts: list[int], data: st.DataObject) -> None:
    discount = data.draw(st.integers(0, sum(amounts)))
    parts = split_discount(discount, amounts)
    assert sum(parts) == discount
    assert all(0 <= part <= amount for part, amount in zip(parts, amounts, strict=True))


def test_discount_of_everything_and_too_much() -> None:
    assert split_discount(300, [100, 0, 200]) == [100, 0, 200]
    assert split_discount(1, [100, 100]) == [1, 0]
    for discount, amounts in ((301, [100, 200]), (1, []), (-1, [5]), (1, [5, -2])):
        with pytest.raises(SplitRefused):
            split_discount(discount, amounts)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=8), st.data())
def test_goods_that_came_back_are_given_out_again_and_no_part_gives_more_than_it_holds(
    weights: list[int], data: st.DataObject
) -> None:
    """From any state: exact sums, never beyond a part, everything in the end; who was level stays within 1 of his share."""
    taken = [data.draw(st.integers(0, weight)) for weight in weights]
    while sum(taken) < sum(weights):
        amount = data.draw(st.integers(1, sum(weights) - sum(taken)))
        rows = level(amount, weights, taken)
        assert (sum(rows), min(rows) >= 0) == (amount, True)
        ahead = max(
            had * sum(weights) - sum(taken) * weight for had, weight in zip(taken, weights, strict=True)
        )
        taken = [had + row for had, row in zip(taken, rows, strict=True)]
        assert all(had <= weight for had, weight in zip(taken, weights, strict=True))
        now = max(
            had * sum(weights) - sum(taken) * weight for had, weight in zip(taken, weights, strict=True)
        )
        assert now < max(ahead, sum(weights))
    with pytest.raises(SplitRefused):
        level(1, weights, taken)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=8), st.data())
def test_level_is_advance_where_nothing_ever_came_back(weights: list[int], data: st.DataObject) -> None:
    taken = [0] * len(weights)
    while sum(taken) < sum(weights):
        amount = data.draw(st.integers(1, sum(weights) - sum(taken)))
        rows = advance(amount, weights, taken)
        assert level(amount, weights, taken) == rows
        taken = [had + row for had, row in zip(taken, rows, strict=True)]
