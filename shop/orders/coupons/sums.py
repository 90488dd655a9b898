"""What coupons take off an order, line by line, in exact fen. Pure: goods and terms come in, shares go out.

Sellers' coupons come first, the town's takes of what is left. Thresholds count goods at their price, before any coupon and
without freight. Every line keeps at least 1 fen to pay, so that it can be paid for and paid back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shop.cooperatives.shares import largest_remainder


@dataclass(frozen=True, slots=True)
class Terms:
    """A taken coupon. `seller_id` bears it, None: the town; `cooperatives`: whose goods it is good for; money in fen."""

    taken_id: int
    coupon_id: int
    seller_id: int | None
    name: str
    cooperatives: frozenset[int]
    kind: str
    off_fen: int | None
    percent: int | None
    cap_fen: int | None
    threshold_fen: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Goods:
    """An order line: whose, and price × count in fen."""

    cooperative_id: int
    gross_fen: int


@dataclass(frozen=True, slots=True)
class Used:
    """What one coupon takes: in all, and of each line in their order."""

    terms: Terms
    shares: tuple[int, ...]

    @property
    def fen(self) -> int:
        return sum(self.shares)


@dataclass(frozen=True, slots=True)
class Applied:
    """All coupons of an order; `seller` and `town` are sums by line."""

    used: tuple[Used, ...]
    seller: tuple[int, ...]
    town: tuple[int, ...]


class Short(ValueError):
    """Goods of a coupon's cooperatives are below its threshold, or there is nothing that it could take."""

    def __init__(self, terms: Terms, missing_fen: int) -> None:
        super().__init__(terms.name)
        self.terms = terms
        self.missing_fen = missing_fen


def apply(goods: Sequence[Goods], chosen: Sequence[Terms]) -> Applied:
    """Take the coupons off. Raises Short; ValueError for two coupons of one issuer."""
    if len({one.seller_id for one in chosen}) < len(chosen):
        raise ValueError("one coupon an issuer")
    left = [one.gross_fen for one in goods]
    seller, town = [0] * len(goods), [0] * len(goods)
    used = []
    for terms in sorted(chosen, key=lambda one: (one.seller_id is None, one.seller_id or 0)):
        shares = take(goods, left, terms)
        side = town if terms.seller_id is None else seller
        for place, fen in enumerate(shares):
            left[place] -= fen
            side[place] += fen
        used.append(Used(terms, tuple(shares)))
    return Applied(tuple(used), tuple(seller), tuple(town))


def take(goods: Sequence[Goods], left: Sequence[int], terms: Terms) -> list[int]:
    """The shares of one coupon by line; `left` is what each line still costs. By largest remainder, ties to the first line."""
    mine = [one.cooperative_id in terms.cooperatives for one in goods]
    gross = sum(one.gross_fen for one, good in zip(goods, mine, strict=True) if good)
    if gross < terms.threshold_fen:
        raise Short(terms, terms.threshold_fen - gross)
    room = [max(0, fen - 1) if good else 0 for fen, good in zip(left, mine, strict=True)]
    base = sum(fen for fen, good in zip(left, mine, strict=True) if good)
    fen = min(_wanted(terms, base), sum(room))
    if fen <= 0:
        raise Short(terms, 0)
    return largest_remainder(fen, room)


def _wanted(terms: Terms, base_fen: int) -> int:
    """A percentage is rounded down, so that it never gives more than it says."""
    if terms.kind == "amount":
        return terms.off_fen or 0
    return min(base_fen * (terms.percent or 0) // 100, terms.cap_fen or 0)
