"""What a basket costs, in exact fen. Pure: prices and freight rules come in, sums go out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Freight(NamedTuple):
    """What one suborder's sending costs, free from an amount of goods on (None: never free). `basis`: the rule's words, kept."""

    fen: int
    free_from_fen: int | None = None
    method: str = "express"
    basis: Mapping[str, int | str | None] | None = None


class Line(NamedTuple):
    """`units` of a spec at a price; `discount_fen` is borne by the seller."""

    cooperative_id: int
    unit_price_fen: int
    units: int
    discount_fen: int = 0

    @property
    def net_fen(self) -> int:
        """Price × units − discount."""
        return self.unit_price_fen * self.units - self.discount_fen


class Part(NamedTuple):
    """One cooperative's part; `to_free_fen` is what is missing for free freight (0: it is free, or never will be)."""

    cooperative_id: int
    goods_fen: int
    freight_fen: int
    to_free_fen: int


class Quote(NamedTuple):
    """Parts in the order in which cooperatives first appear in the lines; total = goods + freight."""

    parts: tuple[Part, ...]
    goods_fen: int
    freight_fen: int
    total_fen: int


def quote(lines: Sequence[Line], rules: Mapping[int, Freight]) -> Quote:
    """Add up lines and freight per cooperative. Discounted goods decide on free freight.

    Raises ValueError for a count or price that is not positive, or a discount beyond its line.
    """
    goods: dict[int, int] = {}
    for line in lines:
        if (
            line.units <= 0
            or line.unit_price_fen < 0
            or not 0 <= line.discount_fen <= line.unit_price_fen * line.units
        ):
            raise ValueError("a line has a positive count, a price and at most its own amount as discount")
        goods[line.cooperative_id] = goods.get(line.cooperative_id, 0) + line.net_fen
    parts = tuple(part(cooperative_id, fen, rules[cooperative_id]) for cooperative_id, fen in goods.items())
    goods_fen = sum(each.goods_fen for each in parts)
    freight_fen = sum(each.freight_fen for each in parts)
    return Quote(parts, goods_fen, freight_fen, goods_fen + freight_fen)


def part(cooperative_id: int, goods_fen: int, rule: Freight) -> Part:
    """The freight of one cooperative's goods."""
    if rule.fen == 0:
        return Part(cooperative_id, goods_fen, 0, 0)
    if rule.free_from_fen is None:
        return Part(cooperative_id, goods_fen, rule.fen, 0)
    missing = max(0, rule.free_from_fen - goods_fen)
    return Part(cooperative_id, goods_fen, rule.fen if missing else 0, missing)
