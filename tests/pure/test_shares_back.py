"""Shares that go back: costs, reversals, discounts, goods given out again."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.cooperatives.shares import (
    SplitRefused,
    advance,
    cost_leaving,
    cumulative_part,
    level,
    mirror,
    split_discount,
)
from tests.pure.test_shares import exact_shares, huge, small


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
