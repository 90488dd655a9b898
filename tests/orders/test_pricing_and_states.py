"""The pure rules: sums to the fen, and the table of moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.orders import express, states
from shop.orders.pricing import Freight, Line, part, quote

lines = st.lists(
    st.builds(Line, st.integers(1, 4), st.integers(0, 10**9), st.integers(1, 9999), st.just(0)),
    min_size=1,
    max_size=30,
)
rules = st.builds(Freight, st.integers(0, 10**5), st.none() | st.integers(0, 10**8))


@given(lines, st.tuples(rules, rules, rules, rules))
def test_parts_add_up(wanted: list[Line], four: tuple[Freight, ...]) -> None:
    by_cooperative = dict(enumerate(four, start=1))
    priced = quote(wanted, by_cooperative)
    assert priced.goods_fen == sum(line.unit_price_fen * line.units for line in wanted)
    assert priced.total_fen == priced.goods_fen + priced.freight_fen
    assert sum(each.goods_fen for each in priced.parts) == priced.goods_fen
    assert sum(each.freight_fen for each in priced.parts) == priced.freight_fen
    assert {each.cooperative_id for each in priced.parts} == {line.cooperative_id for line in wanted}
    for each in priced.parts:
        rule = by_cooperative[each.cooperative_id]
        assert each.freight_fen in (0, rule.fen)
        assert (each.to_free_fen > 0) <= (each.freight_fen > 0)


@pytest.mark.parametrize(
    "goods, rule, freight, missing",
    [
        (9_899, Freight(1000, 9_900), 1000, 1),
        (9_900, Freight(1000, 9_900), 0, 0),
        (1, Freight(0, 9_900), 0, 0),
        (10**9, Freight(1000, None), 1000, 0),
    ],
)
def test_free_from_exactly_the_amount(goods: int, rule: Freight, freight: int, missing: int) -> None:
    assert part(1, goods, rule)[2:] == (freight, missing)


def test_discounts_count_before_free_freight() -> None:
    assert quote([Line(1, 5000, 2, 101)], {1: Freight(800, 9_900)}).freight_fen == 800


@pytest.mark.parametrize("line", [Line(1, 100, 0), Line(1, -1, 1), Line(1, 100, 1, 101), Line(1, 100, 1, -1)])
def test_impossible_lines(line: Line) -> None:
    with pytest.raises(ValueError, match="positive count"):
        quote([line], {1: Freight(0)})


def test_nothing_leaves_paid_but_by_a_refund() -> None:
    assert [move for move in states.ORDER_MOVES if states.PAID in move.sources] == [states.REFUND]


@pytest.mark.parametrize(
    "moves, source, target, by, allowed",
    [
        (states.ORDER_MOVES, "pending", "paid", "provider", True),
        (states.ORDER_MOVES, "pending", "paid", "buyer", False),
        (states.ORDER_MOVES, "closed", "paid", "provider", True),
        (states.ORDER_MOVES, "paid", "closed", "buyer", False),
        (states.ORDER_MOVES, "paid", "closed", "manager", True),
        (states.SUBORDER_MOVES, "to_ship", "closed", "manager", True),
        (states.SUBORDER_MOVES, "shipped", "closed", "staff", False),
        (states.SUBORDER_MOVES, "pending", "shipped", "manager", False),
        (states.SUBORDER_MOVES, "to_ship", "shipped", "manager", True),
        (states.SUBORDER_MOVES, "to_ship", "shipped", "buyer", False),
        (states.SUBORDER_MOVES, "shipped", "to_ship", "manager", False),
        (states.SUBORDER_MOVES, "shipped", "received", "clock", True),
    ],
)
def test_moves(moves: tuple[states.Move, ...], source: str, target: str, by: str, allowed: bool) -> None:
    assert states.legal(moves, source, target, by) is allowed


def test_every_state_and_event_has_a_name() -> None:
    for move in (*states.ORDER_MOVES, *states.SUBORDER_MOVES):
        assert {*move.sources, move.target} <= {*states.ORDER_STATES, *states.SUBORDER_STATES}
        assert states.EVENT_NAMES[move.event]


@pytest.mark.parametrize(
    "order, reason, parts, word",
    [
        ("pending", None, ["pending"], "awaiting_payment"),
        ("closed", "expired", ["closed"], "expired"),
        ("closed", None, ["closed"], "closed_unpaid"),
        ("paid", None, ["pending", "pending"], "paid"),
        ("paid", None, ["to_ship", "pending"], "to_ship"),
        ("paid", None, ["shipped", "to_ship"], "partly_shipped"),
        ("paid", None, ["received", "to_ship"], "partly_shipped"),
        ("paid", None, ["shipped", "received"], "shipped"),
        ("paid", None, ["received", "received"], "received"),
    ],
)
def test_one_word_for_a_list(order: str, reason: str | None, parts: list[str], word: str) -> None:
    assert states.buyer_state(order, reason, parts) == word


@pytest.mark.parametrize(
    "company, number, unusual",
    [
        ("sf", "SF1234567890123", False),
        ("sf", "1", True),
        ("jt", "JT5210018743965", False),
        ("jt", "YT5210018743965", True),
        ("own", "", False),
        ("no-such", "1", False),
    ],
)
def test_waybills(company: str, number: str, unusual: bool) -> None:
    assert express.looks_unusual(company, number) is unusual


def test_twelve_companies() -> None:
    assert len(express.COMPANIES) == 12
    assert express.name_of("zto") == "中通快递"
    assert express.name_of(None) == ""
