"""The statutory distribution against the published vector and an independent computation in exact fractions."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.cooperatives.income.rules import (
    CarriedTrade,
    DistributionInput,
    DistributionRefused,
    MemberInput,
    MemberResult,
    Parameters,
    compute,
)
from shop.cooperatives.income.rules_document import canonical_json, to_document

fen = st.integers(0, 10**6) | st.integers(0, 10**15)
rates = st.integers(0, 99).map(lambda n: f"0.{n:02d}") | st.sampled_from(
    ["0", "0.333333333", "0.000000001", "0.999999999"]
)
ratios = st.integers(60, 99).map(lambda n: f"0.{n}") | st.sampled_from(["0.6", "0.600000001", "1", "1.00"])


@st.composite
def inputs(draw: st.DrawFn) -> DistributionInput:
    numbers = draw(
        st.lists(st.integers(1, 500) | st.integers(1, 10**12), min_size=1, max_size=25, unique=True)
    )
    few = st.sampled_from([0, 1, 1, 2, 100]) | fen | st.integers(-(10**6), -1)
    members = tuple(MemberInput(number, draw(few), draw(fen), draw(fen)) for number in numbers)
    return DistributionInput(
        cooperative="卡子村香菇合作社",
        year=2020,
        parameters=Parameters(draw(rates), draw(ratios)),
        surplus_fen=draw(st.integers(-100, 10**4) | st.integers(0, 10**15)),
        past_loss_fen=draw(st.integers(0, 50)),
        state_subsidy_fen=draw(fen),
        donations_fen=draw(fen),
        members=members,
    )


def given_input(**changes: Any) -> DistributionInput:
    base = DistributionInput(
        cooperative="X",
        year=2020,
        parameters=Parameters("0.10", "0.60"),
        surplus_fen=1000,
        past_loss_fen=0,
        state_subsidy_fen=0,
        donations_fen=0,
        members=(MemberInput(1, 1, 1, 0), MemberInput(2, 1, 1, 0)),
    )
    return replace(base, **changes)


def refusal(inp: DistributionInput) -> DistributionRefused:
    with pytest.raises(DistributionRefused) as caught:
        compute(inp)
    assert str(caught.value) == caught.value.sentence_zh
    assert caught.value.sentence_zh.isprintable()
    return caught.value


def hamilton(total: int, claims: Sequence[tuple[int, Fraction]]) -> dict[int, int]:
    """Largest remainder by the book: (number, weight) to number -> part; the rest in order of fraction, then number."""
    whole = sum((weight for _, weight in claims), Fraction(0))
    exact = {number: total * weight / whole for number, weight in claims}
    parts = {number: floor(share) for number, share in exact.items()}
    queue = sorted(exact, key=lambda number: (parts[number] - exact[number], number))
    for number in queue[: total - sum(parts.values())]:
        parts[number] += 1
    return parts


def test_the_published_vector() -> None:
    """Capital 1,000,000; reserve 500,000; special fund 200,000; surplus 400,000 yuan; r = 10 %, p = 70 %.

    Published: R = 40,000, D = 360,000. Calculated: P = 252,000 = 0.0315 yuan per jin of 8,000,000;
    Q = 108,000 = 0.063529... per yuan of W = 1,700,000.
    """
    jin = [5_000_000, 2_000_000, 1_000_000]
    capital, reserve = [60_000_000, 30_000_000, 10_000_000], [20_000_000, 20_000_000, 10_000_000]
    inp = given_input(
        parameters=Parameters("0.10", "0.70"),
        surplus_fen=40_000_000,
        state_subsidy_fen=20_000_000,
        members=tuple(MemberInput(i + 1, jin[i], capital[i], reserve[i]) for i in range(3)),
    )
    result = compute(inp)
    assert (result.reserve_fen, result.distributable_fen) == (4_000_000, 36_000_000)
    assert (result.patronage_fen, result.residual_fen) == (25_200_000, 10_800_000)
    assert [row.patronage_fen for row in result.members] == [15_750_000, 6_300_000, 3_150_000]
    for row, paid_in, share in zip(result.members, capital, reserve, strict=True):
        exact = Fraction(108_000, 1_700_000) * (paid_in + share + Fraction(20_000_000, 3))
        assert abs(row.residual_fen - exact) < 1
    assert sum(row.residual_fen for row in result.members) == 10_800_000


@given(inputs())
def test_against_exact_fractions(inp: DistributionInput) -> None:
    r, p = Fraction(inp.parameters.reserve_rate), Fraction(inp.parameters.patronage_ratio)
    x = inp.surplus_fen - inp.past_loss_fen
    trades = [(m.member, Fraction(max(m.trade_fen, 0))) for m in inp.members]
    if x <= 0:
        assert refusal(inp).code == "no_surplus"
        return
    if not sum(trade for _, trade in trades):
        assert refusal(inp).code == "no_trade"
        return
    reserve = floor(r * x)
    patronage = ceil(p * (x - reserve))
    residual = x - reserve - patronage
    equal = Fraction(inp.state_subsidy_fen + inp.donations_fen, len(inp.members))
    weights = [(m.member, m.capital_fen + m.reserve_share_fen + equal) for m in inp.members]
    if residual and not sum(weight for _, weight in weights):
        assert refusal(inp).code == "no_weights"
        return
    result = compute(inp)
    assert (result.reserve_fen, result.patronage_fen, result.residual_fen) == (reserve, patronage, residual)
    assert result.distributable_fen == x - reserve
    assert result.patronage_fen >= Fraction(60, 100) * result.distributable_fen
    assert {row.member: row.patronage_fen for row in result.members} == hamilton(patronage, trades)
    by_capital = (
        hamilton(residual, weights) if residual else dict.fromkeys((m.member for m in inp.members), 0)
    )
    assert {row.member: row.residual_fen for row in result.members} == by_capital
    assert [row.member for row in result.members] == sorted(m.member for m in inp.members)


@given(inputs(), st.randoms(use_true_random=False))
def test_the_order_of_the_members_changes_no_byte(inp: DistributionInput, dice: random.Random) -> None:
    shuffled = list(inp.members)
    dice.shuffle(shuffled)
    other = replace(inp, members=tuple(shuffled))
    try:
        document = to_document(inp, compute(inp))
    except DistributionRefused as refused:
        assert refusal(other).code == refused.code  # noqa: PT017 (both orders must refuse alike)
        return
    assert canonical_json(to_document(other, compute(other))) == canonical_json(document)


def test_ties_go_to_the_smaller_member_number_in_any_order() -> None:
    members = (MemberInput(30, 1, 1, 0), MemberInput(4, 1, 1, 0), MemberInput(200, 1, 1, 0))
    result = compute(given_input(surplus_fen=1000, parameters=Parameters("0", "0.701"), members=members))
    assert (result.patronage_fen, result.residual_fen) == (701, 299)
    assert result.members == (
        MemberResult(4, 234, 100),
        MemberResult(30, 234, 100),
        MemberResult(200, 233, 99),
    )


def test_rounding_favours_the_members_and_the_law() -> None:
    """R is rounded down, P up: of 999 fen, floor(99.9) = 99 is reserve and ceil(540) of 900 goes back."""
    result = compute(given_input(surplus_fen=999))
    assert (result.reserve_fen, result.distributable_fen, result.patronage_fen, result.residual_fen) == (
        99,
        900,
        540,
        360,
    )
    result = compute(given_input(surplus_fen=1001, past_loss_fen=1, parameters=Parameters("0.001", "0.60")))
    assert (result.reserve_fen, result.distributable_fen, result.patronage_fen, result.residual_fen) == (
        1,
        999,
        600,
        399,
    )
    result = compute(given_input(surplus_fen=1))
    assert (result.reserve_fen, result.distributable_fen, result.patronage_fen, result.residual_fen) == (
        0,
        1,
        1,
        0,
    )


def test_subsidies_and_donations_count_equally_for_each_member() -> None:
    members = (MemberInput(1, 1, 0, 0), MemberInput(2, 0, 10, 20))
    result = compute(given_input(surplus_fen=1000, state_subsidy_fen=50, donations_fen=10, members=members))
    assert (result.patronage_fen, result.residual_fen) == (540, 360)
    assert result.members == (MemberResult(1, 540, 120), MemberResult(2, 0, 240))


def test_a_negative_trade_counts_nothing_and_is_carried() -> None:
    members = (MemberInput(9, -300, 1, 0), MemberInput(3, 100, 1, 0), MemberInput(5, -1, 0, 0))
    inp = given_input(members=members)
    result = compute(inp)
    assert [row.patronage_fen for row in result.members] == [540, 0, 0]
    assert result.carried_trade == (CarriedTrade(5, -1), CarriedTrade(9, -300))
    assert [row["trade_fen"] for row in to_document(inp, result)["inputs"]["members"]] == [100, 0, 0]


def test_one_member_gets_it_all() -> None:
    assert compute(given_input(members=(MemberInput(7, 1, 1, 0),))).members == (MemberResult(7, 540, 360),)


@pytest.mark.parametrize(
    "code,words,changes",
    [
        ("no_surplus", "本年盈余 ¥0.00", {"surplus_fen": 0}),
        ("no_surplus", "本年盈余 -¥0.05", {"surplus_fen": -5}),
        ("no_surplus", "未弥补亏损 ¥10.00", {"surplus_fen": 1000, "past_loss_fen": 1000}),
        ("no_members", "请先登记成员", {"members": ()}),
        ("no_trade", "成员交易量", {"members": (MemberInput(1, 0, 5, 5), MemberInput(2, -5, 5, 5))}),
        ("no_weights", "剩余盈余 ¥3.60", {"members": (MemberInput(1, 5, 0, 0),)}),
        (
            "below_statutory",
            "盈余返还比例 0.5999 低于法定的 60%",
            {"parameters": Parameters("0.10", "0.5999")},
        ),
        ("below_statutory", "0.599999999", {"parameters": Parameters("0.10", "0.599999999")}),
        ("below_statutory", "60%", {"parameters": Parameters("0.10", "0"), "surplus_fen": -1}),
        ("bad_input", "不能大于 1", {"parameters": Parameters("0.10", "1.000000001")}),
        ("bad_input", "要小于 1", {"parameters": Parameters("1", "0.60")}),
        ("bad_input", "past_loss_fen 不能是负数", {"past_loss_fen": -1}),
        ("bad_input", "state_subsidy_fen 不能是负数", {"state_subsidy_fen": -1}),
        ("bad_input", "donations_fen 不能是负数", {"donations_fen": -1}),
        ("bad_input", "surplus_fen", {"surplus_fen": 10**15 + 1}),
        ("bad_input", "surplus_fen", {"surplus_fen": -(10**15) - 1}),
        ("bad_input", "donations_fen 要在", {"donations_fen": 10**15 + 1}),
        ("bad_input", "成员 1 的 capital_fen 不能是负数", {"members": (MemberInput(1, 1, -1, 0),)}),
        ("bad_input", "成员 1 的 reserve_share_fen 不能是负数", {"members": (MemberInput(1, 1, 0, -1),)}),
        ("bad_input", "成员 1 的 trade_fen", {"members": (MemberInput(1, 10**15 + 1, 0, 0),)}),
        ("bad_input", "成员 1 的 trade_fen", {"members": (MemberInput(1, -(10**15) - 1, 0, 0),)}),
        ("bad_input", "member 要在 1 到", {"members": (MemberInput(0, 1, 1, 0),)}),
        ("bad_input", "成员 2 出现了两次", {"members": (MemberInput(2, 1, 1, 0), MemberInput(2, 1, 1, 0))}),
        ("bad_input", "year 要在 1949 到 2999 之间", {"year": 0}),
        ("bad_input", "请填写cooperative", {"cooperative": " "}),
        ("bad_input", "看不见的特殊字符", {"cooperative": "X\x00"}),
    ],
)
def test_refusals(code: str, words: str, changes: dict[str, Any]) -> None:
    refused = refusal(given_input(**changes))
    assert refused.code == code
    assert words in refused.sentence_zh


@pytest.mark.parametrize(
    "rate",
    [
        "",
        "0.",
        ".1",
        "-0.1",
        "+0.1",
        "1e-1",
        "10%",
        "0,1",
        "０.１",
        " 0.1",
        "0.1\n",
        "00.1",
        "0.0000000001",
        "NaN",
        "1/10",
    ],
)
def test_rates_are_plain_decimal_strings(rate: str) -> None:
    assert refusal(given_input(parameters=Parameters(rate, "0.60"))).code == "bad_input"
    assert refusal(given_input(parameters=Parameters("0.10", rate))).code == "bad_input"


@pytest.mark.parametrize("ratio", ["0.6", "0.60", "0.600000000", "1", "1.0"])
def test_the_statutory_ratio_itself_is_lawful(ratio: str) -> None:
    assert compute(given_input(parameters=Parameters("0", ratio))).distributable_fen == 1000


def test_without_a_rest_no_weights_are_needed() -> None:
    result = compute(given_input(parameters=Parameters("0", "1"), members=(MemberInput(1, 1, 0, 0),)))
    assert result.members == (MemberResult(1, 1000, 0),)
