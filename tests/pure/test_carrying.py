"""Whose goods, and at what value, over any chain of work: nothing is lost, nothing appears."""

from __future__ import annotations

from fractions import Fraction
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from shop.cooperatives.income.carrying import Carried, Given, TooLittle, carry
from shop.cooperatives.income.taking import Part, Pool, put_back, sell, take_out

FACTORS = st.integers(1, 300)


def _pool(data: st.DataObject, ids: count[int]) -> tuple[Pool, dict[int, int]]:
    parts = []
    for seq in range(1, data.draw(st.integers(1, 6)) + 1):
        household = data.draw(st.integers(1, 3))
        parts.append(
            Part(
                next(ids), seq, household, household, None, data.draw(st.integers(1, 5_000)),
                data.draw(st.integers(0, 9_000)), None, 0, 0,
            )
        )  # fmt: skip
    return Pool(next(ids), "buyout", parts), {part.id: data.draw(FACTORS) for part in parts}


def _grams(pool: Pool) -> int:
    return sum(part.quantity - part.out for part in pool.parts)


def _value(pool: Pool) -> int:
    """Of what is still in it."""
    return sum(part.value_fen - part.value_fen * part.out // part.quantity for part in pool.parts)


def _new(carried: list[Carried], factor: int, ids: count[int]) -> tuple[Pool, dict[int, int]]:
    parts = [
        Part(
            next(ids), seq, piece.parent.household_id, piece.parent.member_id, None, piece.quantity, piece.value_fen,
            None, 0, 0,
        )
        for seq, piece in enumerate(carried, start=1)
    ]  # fmt: skip
    return Pool(next(ids), "buyout", parts), {part.id: factor for part in parts}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_random_chains_keep_every_fen_and_every_partys_share(data: st.DataObject) -> None:
    ids = count(1)
    lots = [_pool(data, ids) for _ in range(data.draw(st.integers(1, 3)))]
    value = sum(_value(pool) for pool, _ in lots)
    cost = 0
    for _ in range(data.draw(st.integers(1, 8))):
        full = [lot for lot in lots if _grams(lot[0])]
        if not full:
            break
        if data.draw(st.booleans()):
            pool, _factors = data.draw(st.sampled_from(full))
            grams = data.draw(st.integers(1, _grams(pool)))
            cost += sum(piece.cost_fen for piece in sell(pool, grams, data.draw(st.integers(0, 999))))
        else:
            lots += _work(data, full, ids)
        assert sum(_value(pool) for pool, _ in lots) + cost == value
        assert all(part.out <= part.quantity for pool, _ in lots for part in pool.parts)
    for pool, _factors in lots:
        cost += sum(piece.cost_fen for piece in sell(pool, _grams(pool), 1)) if _grams(pool) else 0
    assert cost == value  # every lot sold out: nothing is left of what was paid


def _work(
    data: st.DataObject, full: list[tuple[Pool, dict[int, int]]], ids: count[int]
) -> list[tuple[Pool, dict[int, int]]]:
    chosen = data.draw(
        st.lists(st.sampled_from(full), min_size=1, max_size=2, unique_by=lambda lot: lot[0].id)
    )
    pieces: list[Given] = []
    went = 0
    for pool, factors in chosen:
        grams = data.draw(st.integers(1, _grams(pool)))
        went += grams
        pieces += [
            Given(piece.part, piece.quantity, piece.cost_fen, factors[piece.part.id])
            for piece in take_out(pool, grams)
        ]
    assert sum(piece.quantity for piece in pieces) == went
    outputs = [
        (data.draw(st.integers(1, went)), data.draw(FACTORS)) for _ in range(data.draw(st.integers(1, 3)))
    ]
    try:
        carried = carry(pieces, outputs)
    except TooLittle:
        put_back([(piece.part, piece.quantity) for piece in pieces])
        return []
    assert [sum(piece.quantity for piece in lot) for lot in carried] == [grams for grams, _ in outputs]
    assert sum(piece.value_fen for lot in carried for piece in lot) == sum(
        piece.value_fen for piece in pieces
    )
    weights: dict[int | None, int] = {}
    for piece in pieces:
        household = piece.part.household_id
        weights[household] = weights.get(household, 0) + piece.weight
    for (grams, _factor), lot in zip(outputs, carried, strict=True):
        for household, weight in weights.items():
            share = sum(piece.quantity for piece in lot if piece.parent.household_id == household)
            assert share > 0
            assert abs(share - Fraction(grams * weight, sum(weights.values()))) < 1
    return [_new(lot, factor, ids) for lot, (_grams_out, factor) in zip(carried, outputs, strict=True)]


def test_ties_go_to_the_smaller_number_and_small_receipts_count_as_one() -> None:
    parts = [
        Part(seq, seq, household, None, None, 10, 7, None, 0, 0) for seq, household in enumerate((1, 2, 1), 1)
    ]
    lot = carry([Given(part, 10, 7, 100) for part in parts], [(2, 100)])[0]
    assert [(piece.parent.id, piece.quantity, piece.value_fen) for piece in lot] == [(1, 1, 14), (2, 1, 7)]
