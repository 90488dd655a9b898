"""What a loss in the store books, by whose it was. No statement."""

from __future__ import annotations

from collections.abc import Sequence

from shop.cooperatives.income.booking import owed
from shop.cooperatives.income.taking import Slice
from shop.cooperatives.ledger.accounts import Account, consigned, payable
from shop.cooperatives.ledger.posting import Entry


def loss_entries(mode: str, slices: Sequence[Slice], *, borne: bool) -> tuple[Entry, ...]:
    """`borne`: the cooperative answers for goods on consignment and owes the agreed value; else their owners lose it."""
    if mode == "consign_commission":
        return ()
    worth = sum(piece.cost_fen for piece in slices)
    if mode == "buyout":
        return (Entry(Account.OTHER_EXPENSE, worth), Entry(Account.INVENTORY, -worth))
    entries = [Entry(Account.CONSIGNED_IN, -worth)]
    entries += [owed(piece, consigned(piece.part.member_id), piece.cost_fen) for piece in slices]
    if borne:
        entries.append(Entry(Account.OTHER_EXPENSE, worth))
        entries += [
            owed(piece, payable(piece.part.member_id), -piece.cost_fen, piece.quantity) for piece in slices
        ]
    return tuple(entries)
