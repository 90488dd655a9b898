"""What a loss in the store takes of the parts of a lot, and what it books: whole fen, whole grams. No statement.

Lost goods are out of their part like sold ones, so cost goes by the same running floor and nothing is left of an empty lot.
"""

from __future__ import annotations

from collections.abc import Sequence

from shop.cooperatives.income.booking import Part, Pool, Slice, _advance, _owed, _slice, _state
from shop.cooperatives.ledger.accounts import Account, consigned, payable
from shop.cooperatives.ledger.posting import Entry
from shop.cooperatives.shares import level


def lose(pool: Pool, quantity: int) -> list[Slice]:
    """Take the quantity out of what the parts still hold, by their shares. Raises SplitRefused for more than they hold."""
    goods = _advance(pool, quantity, "out", level)
    slices = []
    for part in pool.parts:
        if more := goods.get(part.id, 0):
            before = _state(part)
            part.lost += more
            slices.append(_slice(part, more, 0, before, _state(part)))
    return slices


def give_back(pieces: Sequence[tuple[Part, int]]) -> list[Slice]:
    """Lost goods of these parts are there again; the slices tell in positive numbers what that undoes."""
    slices = []
    for part, quantity in pieces:
        before = _state(part)
        part.lost -= quantity
        slices.append(_slice(part, quantity, 0, _state(part), before))
    return slices


def loss_entries(mode: str, slices: Sequence[Slice], *, borne: bool) -> tuple[Entry, ...]:
    """`borne`: the cooperative answers for goods on consignment and owes the agreed value; else their owners lose it."""
    if mode == "consign_commission":
        return ()
    worth = sum(piece.cost_fen for piece in slices)
    if mode == "buyout":
        return (Entry(Account.OTHER_EXPENSE, worth), Entry(Account.INVENTORY, -worth))
    entries = [Entry(Account.CONSIGNED_IN, -worth)]
    entries += [_owed(piece, consigned(piece.part.member_id), piece.cost_fen) for piece in slices]
    if borne:
        entries.append(Entry(Account.OTHER_EXPENSE, worth))
        entries += [
            _owed(piece, payable(piece.part.member_id), -piece.cost_fen, piece.quantity) for piece in slices
        ]
    return tuple(entries)
