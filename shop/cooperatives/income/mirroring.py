"""What each sale row gives back when goods of a line return: all rows by their share, or those of chosen allocations.

Choosing leaves the path of the plain running mirror; what is left of each row is the weight from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from shop.cooperatives.shares import SplitRefused, advance, mirror
from shop.core.errors import Refused

SaleRow = Row[*tuple[Any, ...]]


def mirrored(rows: Sequence[int], before: Sequence[int], more: int) -> list[int]:
    """`more` over the rows, each at most what is left of it."""
    try:
        return mirror(rows, before, sum(before) + more)
    except SplitRefused:  # goods of chosen allocations went back before: the rows are no longer equally far
        return by_rest([row - had for row, had in zip(rows, before, strict=True)], more)


def by_rest(rest: Sequence[int], more: int) -> list[int]:
    """`more` over what is left of each row, in proportion to it; more <= Σ rest."""
    return advance(more, rest, [0] * len(rest)) if more else [0] * len(rest)


def chosen_pieces(
    rows: Sequence[SaleRow],
    quantities: Mapping[int, int],
    moneys: Mapping[int, int],
    of: Mapping[int, int],
    quantity: int,
    fen: int,
) -> list[tuple[SaleRow, int, int]]:
    """(row, quantity, fen) of `quantity` and `fen` taken from allocations as `of` says; quantities and moneys by row id are
    what went back before. The money follows the goods, and what rounding leaves of it is taken where some is left.

    Raises Refused for more than is left of an allocation or of the line's money.
    """
    rest_goods = [row.quantity - quantities[row.id] for row in rows]
    rest_money = [row.fen - moneys[row.id] for row in rows]
    if sum(of.values()) != quantity or fen > sum(rest_money):
        raise Refused("退回的数量或金额超过了这一行还没有退的部分")
    goods = [0] * len(rows)
    for allocation_id, part in of.items():
        places = [place for place, row in enumerate(rows) if row.allocation_id == allocation_id]
        if part > sum(rest_goods[place] for place in places):
            raise Refused("退回的数量或金额超过了这一行还没有退的部分")
        for place, piece in zip(places, by_rest([rest_goods[place] for place in places], part), strict=True):
            goods[place] = piece
    money = [
        min(had, piece) for had, piece in zip(rest_money, by_weight(goods, fen), strict=True)
    ]  # never more than the row has
    missing = fen - sum(money)
    first = sorted(range(len(rows)), key=lambda place: (goods[place] == 0, place))
    for place in first:
        more = min(missing, rest_money[place] - money[place])
        money[place] += more
        missing -= more
    return [(row, piece, part) for row, piece, part in zip(rows, goods, money, strict=True) if piece or part]


def by_weight(weights: Sequence[int], fen: int) -> list[int]:
    """`fen` in proportion to the goods; all of it to the rows that give any."""
    return advance(fen, weights, [0] * len(weights)) if fen else [0] * len(weights)
