"""What a sale takes from a lot, what a refund brings back, what is lost or worked on: whole fen, whole grams. No statement.

A lot is sold bit by bit. Quantity and money of every sale are split first over the parties, then over the parts of each
party, both by the running split `shares.advance`; so a party that brought thirty receipts is as near to its exact share as
one that brought a single one: less than 1 fen and 1 gram a lot, however many small sales there were.

Money runs on gross sales. Goods, cost and commission run on what is out of each part now: goods that came back are in the
lot again, sell again, and cost again what they cost before. So a sale that was refunded whole leaves no trace in the books.
Lost goods are out of their part like sold ones, so cost goes by the same running floor and nothing is left of an empty lot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

from shop.cooperatives.shares import (
    SplitRefused,
    advance,
    cost_leaving,
    largest_remainder,
    level,
    split_by_parts,
)

_rate = cache(Fraction)

Party = tuple[int | None, int | None, int | None]
Split = Callable[[int, Sequence[int], Sequence[int]], list[int]]


@dataclass(slots=True)
class Part:
    """A frozen part of a lot with its running state: quantity and money sold in all, what of both came back, what was lost."""

    id: int
    seq: int
    household_id: int | None
    member_id: int | None
    supplier_id: int | None
    quantity: int
    value_fen: int
    commission_rate: str | None
    sold: int
    sold_fen: int
    returned: int = 0
    returned_fen: int = 0
    lost: int = 0
    transformed: int = 0
    restored: int = 0

    @property
    def party(self) -> Party:
        return self.household_id, self.member_id, self.supplier_id

    @property
    def out(self) -> int:
        """Goods of it that are not in the lot: sold and not returned, lost, or made into others."""
        made = self.transformed - self.restored
        return min(self.sold - self.returned + self.lost + made, self.quantity)

    @property
    def earned_fen(self) -> int:
        """Money of its sales that was not refunded; commission is due on this."""
        return self.sold_fen - self.returned_fen


@dataclass(slots=True)
class Pool:
    """A closed lot with its parts in the order of `seq`."""

    id: int
    mode: str
    parts: list[Part]
    groups: list[list[Part]] = field(init=False)

    def __post_init__(self) -> None:
        by_party: dict[Party, list[Part]] = {}
        for part in self.parts:
            by_party.setdefault(part.party, []).append(part)
        self.groups = list(by_party.values())

    @property
    def sold(self) -> int:
        return sum(part.sold for part in self.parts)

    @property
    def sold_fen(self) -> int:
        return sum(part.sold_fen for part in self.parts)

    @property
    def untouched(self) -> bool:
        """Nothing of it ever came back, and nothing was made into other goods: only sales moved it."""
        return not any(part.returned or part.lost or part.transformed for part in self.parts)


@dataclass(frozen=True, slots=True)
class Slice:
    """What one sale takes of one part, or a refund brings back: goods, money, and the cost or agreed value that goes along."""

    part: Part
    quantity: int
    fen: int
    cost_fen: int
    commission_fen: int


def sell(pool: Pool, quantity: int, fen: int) -> list[Slice]:
    """Advance the pool by one sale; the slices sum to its quantity and fen. Parts that get nothing are left out."""
    goods = _goods(pool, quantity)
    money = _advance(pool, fen, "sold_fen")
    slices = []
    for part in pool.parts:
        more, more_fen = goods.get(part.id, 0), money.get(part.id, 0)
        if more or more_fen:
            before = _state(part)
            part.sold += more
            part.sold_fen += more_fen
            slices.append(_slice(part, more, more_fen, before, _state(part)))
    return slices


def _goods(pool: Pool, quantity: int) -> dict[int, int]:
    """Part id → its share of goods that leave the lot."""
    if pool.untouched:
        try:
            return _advance(pool, quantity, "sold", split_by_parts)
        except (
            SplitRefused
        ):  # goods were lost, and found again after other sales: the parts are a little apart
            pass
    return _advance(pool, quantity, "out", level)


def bring_back(pieces: Sequence[tuple[Part, int, int]], *, lost: bool) -> list[Slice]:
    """Let goods and money of parts come back: (part, quantity, fen). The slices tell in positive numbers what that undoes.

    Lost goods are out again at once, at the same cost.
    """
    slices = []
    for part, quantity, fen in pieces:
        before = _state(part)
        part.returned += quantity
        part.returned_fen += fen
        slices.append(_slice(part, quantity, fen, _state(part), before))
        part.lost += quantity if lost else 0
    return slices


def take_out(pool: Pool, quantity: int) -> list[Slice]:
    """Take goods out of the pool to be made into others: of every part its share; the slices carry cost, but no money."""
    return _leave(pool, quantity, "transformed")


def put_back(pieces: Sequence[tuple[Part, int]]) -> list[Slice]:
    """Goods that were made into others are what they were again: (part, quantity). The slices tell in positive numbers."""
    return _return(pieces, "restored", 1)


def lose(pool: Pool, quantity: int) -> list[Slice]:
    """Take the quantity out of what the parts still hold, by their shares. Raises SplitRefused for more than they hold."""
    return _leave(pool, quantity, "lost")


def give_back(pieces: Sequence[tuple[Part, int]]) -> list[Slice]:
    """Lost goods of these parts are there again; the slices tell in positive numbers what that undoes."""
    return _return(pieces, "lost", -1)


def _leave(pool: Pool, quantity: int, counter: str) -> list[Slice]:
    """Goods go out of every part by its share, without money; `counter` of the part says as what."""
    goods = _advance(pool, quantity, "out", level)
    slices = []
    for part in pool.parts:
        if more := goods.get(part.id, 0):
            before = _state(part)
            setattr(part, counter, getattr(part, counter) + more)
            slices.append(_slice(part, more, 0, before, _state(part)))
    return slices


def _return(pieces: Sequence[tuple[Part, int]], counter: str, sign: int) -> list[Slice]:
    """Goods that went out without money are in their parts again: `counter` moves by `sign` times the quantity."""
    slices = []
    for part, quantity in pieces:
        before = _state(part)
        setattr(part, counter, getattr(part, counter) + sign * quantity)
        slices.append(_slice(part, quantity, 0, _state(part), before))
    return slices


def _state(part: Part) -> tuple[int, int]:
    return part.out, part.earned_fen


def _slice(part: Part, quantity: int, fen: int, without: tuple[int, int], having: tuple[int, int]) -> Slice:
    """What lies between the part's state without these goods sold and the one with them."""
    cost = cost_leaving(part.value_fen, part.quantity, without[0], having[0])
    return Slice(part, quantity, fen, cost, _commission(part, having[1]) - _commission(part, without[1]))


def split_net(net_fen: int, quantities: Sequence[int]) -> list[int]:
    """A line's net over its allocations, by quantity; ties to the one that was held first."""
    return largest_remainder(net_fen, quantities)


def _advance(pool: Pool, amount: int, state: str, split: Split = advance) -> dict[int, int]:
    """Part id → its share of `amount`, some zeros left out; `state` names the counter that holds what went before."""
    taken = [sum(getattr(part, state) for part in group) for group in pool.groups]
    weights = [sum(part.quantity for part in group) for group in pool.groups]
    shares: dict[int, int] = {}
    for group, share in zip(pool.groups, split(amount, weights, taken), strict=True):
        if len(group) == 1 or share == 0:
            shares[group[0].id] = share
            continue
        before = [getattr(part, state) for part in group]
        pieces = split(share, [part.quantity for part in group], before)
        shares |= {part.id: piece for part, piece in zip(group, pieces, strict=True)}
    return shares


def _commission(part: Part, fen: int) -> int:
    """Commission on everything sold of a part so far, rounded down: the household never pays more than its rate."""
    if part.commission_rate is None:
        return 0
    rate = _rate(part.commission_rate)
    return fen * rate.numerator // rate.denominator
