"""Coupons are exact: shares sum to the fen, no line below 1 fen, refunds bring back exactly what was taken."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.orders.coupons.sums import Goods, Short, Terms, apply
from shop.orders.returns import Line
from shop.payments.town_claims import spread

DAY = date(2026, 1, 1)


def terms(seller: int | None, cooperatives: set[int], **more: Any) -> Terms:
    values: dict[str, Any] = {
        "kind": "amount", "off_fen": 1000, "percent": None, "cap_fen": None, "threshold_fen": 0,
    } | more  # fmt: skip
    return Terms(
        taken_id=(seller or 0) + 1, coupon_id=(seller or 0) + 1, seller_id=seller, name="券",
        cooperatives=frozenset(cooperatives), starts_on=DAY, ends_on=DAY, **values,
    )  # fmt: skip


def test_sellers_first_then_the_town_of_what_is_left() -> None:
    goods = [Goods(1, 6000), Goods(1, 4000), Goods(2, 5000)]
    own = terms(1, {1}, off_fen=1000, threshold_fen=10_000)
    town = terms(None, {1, 2}, kind="percent", off_fen=None, percent=10, cap_fen=5000, threshold_fen=15_000)
    found = apply(goods, [town, own])
    assert found.seller == (600, 400, 0)
    assert sum(found.town) == 1400  # a tenth of 140 yuan
    assert [one.fen for one in found.used] == [1000, 1400]


def test_a_percentage_is_capped_and_rounded_down() -> None:
    rate = {"kind": "percent", "off_fen": None, "percent": 15}
    assert apply([Goods(1, 999)], [terms(1, {1}, cap_fen=5000, **rate)]).seller == (149,)
    assert apply([Goods(1, 99_900)], [terms(1, {1}, cap_fen=5000, **rate)]).seller == (5000,)


def test_below_the_threshold_it_says_what_is_missing() -> None:
    with pytest.raises(Short) as short:
        apply([Goods(1, 4999), Goods(2, 9000)], [terms(1, {1}, threshold_fen=5000)])
    assert short.value.missing_fen == 1


def test_a_line_always_keeps_a_fen() -> None:
    assert apply([Goods(1, 300), Goods(1, 200)], [terms(1, {1}, off_fen=1000)]).seller == (299, 199)
    with pytest.raises(Short):
        apply([Goods(1, 1)], [terms(1, {1})])


AMOUNTS = st.integers(1, 200_000)
OFF = st.one_of(
    st.builds(lambda fen: {"off_fen": fen}, st.integers(1, 50_000)),
    st.builds(
        lambda rate, cap: {"kind": "percent", "off_fen": None, "percent": rate, "cap_fen": cap},
        st.integers(1, 99),
        st.integers(1, 50_000),
    ),
)


@given(st.lists(st.tuples(st.integers(1, 3), AMOUNTS), min_size=1, max_size=8), OFF, OFF, st.data())
def test_sums_tie_through_order_and_refunds(
    lines: list[tuple[int, int]], own: dict[str, Any], town: dict[str, Any], data: st.DataObject
) -> None:
    goods = [Goods(*line) for line in lines]
    try:
        found = apply(goods, [terms(1, {1}, **own), terms(None, {1, 2}, **town)])
    except Short:
        return
    for one, seller, borne in zip(goods, found.seller, found.town, strict=True):
        assert seller >= 0
        assert borne >= 0
        assert one.gross_fen - seller - borne >= 1
        assert one.cooperative_id == 1 or seller == 0
        assert one.cooperative_id < 3 or borne == 0
        _refund_bit_by_bit(one.gross_fen - seller, borne, data)
    assert sum(found.seller) + sum(found.town) == sum(use.fen for use in found.used)


def _refund_bit_by_bit(net: int, town: int, data: st.DataObject) -> None:
    """Whatever the steps, each gives the buyer between 0 and its money, and all of them give back exactly everything."""
    quantity = data.draw(st.integers(1, 12))
    back_quantity = back_fen = back_town = 0
    while back_quantity < quantity:
        step = data.draw(st.integers(1, quantity - back_quantity))
        line = Line(1, 1, "", "", "g", "", 1, quantity, quantity, net, back_quantity, back_fen, town)
        fen = line.fen_of(step)
        part = line.town_of(fen)
        assert 0 <= part <= fen
        back_quantity, back_fen, back_town = back_quantity + step, back_fen + fen, back_town + part
    assert (back_fen, back_town) == (net, town)


@given(st.lists(st.integers(-500, 900).filter(bool), min_size=1, max_size=8), st.data())
def test_a_payment_of_the_town_is_spread_exactly(claims: list[int], data: st.DataObject) -> None:
    owed = list(enumerate(claims))
    if sum(claims) <= 0:
        return
    fen = data.draw(st.integers(1, sum(claims)))
    settled = spread(fen, owed)
    assert sum(part for _key, part in settled) == fen
    assert all(abs(part) <= abs(claims[key]) and part * claims[key] > 0 for key, part in settled)
