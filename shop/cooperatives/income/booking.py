"""What sales and refunds of goods book, whole fen. No statement; what they take of each part is told by `taking`."""

from __future__ import annotations

from collections.abc import Sequence

from shop.cooperatives.income.taking import Pool, Slice
from shop.cooperatives.ledger.accounts import CLEARING, Account, consigned, payable
from shop.cooperatives.ledger.posting import Entry, reversing


def sale_entries(
    taken: Sequence[tuple[Pool, Sequence[Slice]]], channel: str, town_fen: int = 0
) -> tuple[Entry, ...]:
    """The entries of one sold line (docs/money.md); `town_fen` is the part of its net that the town's coupons pay."""
    net = sum(part.fen for _, slices in taken for part in slices)
    entries = [Entry(CLEARING[channel], net - town_fen), Entry(Account.CLEARING_TOWN, town_fen)]
    for pool, slices in taken:
        if pool.mode == "buyout":
            entries += _buyout(slices)
        elif pool.mode == "consign_fixed":
            entries += _agreed_price(slices)
        else:
            entries += _on_commission(slices)
    return tuple(entries)


def refund_entries(
    taken: Sequence[tuple[Pool, Sequence[Slice]]],
    channel: str,
    town_fen: int = 0,
    *,
    income_fen: int | None = None,
    lost: bool = False,
) -> tuple[Entry, ...]:
    """The entries of goods that came back: those of the sale turned round; where they are lost, what the loss costs.

    `income_fen`: how much of the gain over agreed prices goes back out of 501, the rest out of 521; None: by its sign.
    """
    entries = list(reversing(sale_entries(taken, channel, town_fen)))
    if income_fen is not None:
        by_sign = sum(max(0, gain(slices)) for pool, slices in taken if pool.mode == "consign_fixed")
        entries += [
            Entry(Account.OPERATING_INCOME, income_fen - by_sign),
            Entry(Account.OPERATING_EXPENSE, by_sign - income_fen),
        ]
    return tuple(entries + (_loss(taken) if lost else []))


def gain(slices: Sequence[Slice]) -> int:
    """What was paid above (or, negative, below) the agreed value."""
    return sum(part.fen - part.cost_fen for part in slices)


def _loss(taken: Sequence[tuple[Pool, Sequence[Slice]]]) -> list[Entry]:
    """The cooperative bears it: its own goods at cost; consigned ones are owed for as if they had stayed sold."""
    entries = []
    for pool, slices in taken:
        for part in slices:
            worth = part.fen - part.commission_fen if pool.mode == "consign_commission" else part.cost_fen
            entries.append(Entry(Account.OTHER_EXPENSE, worth))
            if pool.mode == "buyout":
                entries.append(Entry(Account.INVENTORY, -worth))
                continue
            if pool.mode == "consign_fixed":
                entries.append(Entry(Account.CONSIGNED_IN, -worth))
                entries.append(owed(part, consigned(part.part.member_id), worth))
            entries.append(owed(part, payable(part.part.member_id), -worth, part.quantity))
    return entries


def _buyout(slices: Sequence[Slice]) -> list[Entry]:
    cost = sum(part.cost_fen for part in slices)
    return [
        Entry(Account.OPERATING_INCOME, -sum(part.fen for part in slices)),
        Entry(Account.OPERATING_EXPENSE, cost),
        Entry(Account.INVENTORY, -cost),
    ]


def _agreed_price(slices: Sequence[Slice]) -> list[Entry]:
    """The agreed value becomes owed; the cooperative keeps, or bears, the difference to what was paid."""
    agreed = sum(part.cost_fen for part in slices)
    difference = gain(slices)
    account = Account.OPERATING_INCOME if difference > 0 else Account.OPERATING_EXPENSE
    entries = [Entry(Account.CONSIGNED_IN, -agreed), Entry(account, -difference)]
    for part in slices:
        entries.append(owed(part, consigned(part.part.member_id), part.cost_fen))
        entries.append(owed(part, payable(part.part.member_id), -part.cost_fen, part.quantity))
    return entries


def _on_commission(slices: Sequence[Slice]) -> list[Entry]:
    return [
        Entry(Account.OPERATING_INCOME, -sum(part.commission_fen for part in slices)),
        *(
            owed(part, payable(part.part.member_id), part.commission_fen - part.fen, part.quantity)
            for part in slices
        ),
    ]


def owed(piece: Slice, account: Account, fen: int, quantity: int = 0) -> Entry:
    """An entry with the party of the piece."""
    part = piece.part
    return Entry(account, fen, part.member_id, part.household_id, part.supplier_id, quantity)
