"""Held goods taken from another lot before dispatch: their attribution reversed and written anew, and so their booking.

The money that was paid for them does not move; only whose goods it pays for, and on what terms, does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row

from shop.cooperatives.income import pools as state
from shop.cooperatives.income.attributed_rows import reversal_row, sale_row
from shop.cooperatives.income.booking import refund_entries, sale_entries
from shop.cooperatives.income.mirroring import chosen_pieces
from shop.cooperatives.income.models import Attribution
from shop.cooperatives.income.reversing import Piece, reversed_rows, sold_rows, swap_key
from shop.cooperatives.income.taking import Pool, Slice, bring_back, sell, split_net
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.posting import Posting, post
from shop.cooperatives.produce.stock import lock_lots
from shop.cooperatives.shares import cumulative_part
from shop.core import faults
from shop.core.db import insert_rows
from shop.core.errors import Refused

CLEARED = "provider"  # debit and credit of the clearing account cancel out, whichever it is


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was not sent of an attributed allocation, in grams or pieces, and the new (allocation id, lot id, quantity) that
    hold it now; their quantities sum to it."""

    line_id: int
    cooperative_id: int
    allocation_id: int
    quantity: int
    to: tuple[tuple[int, int, int], ...]
    on_date: date
    by: int | None = None


class Moved(NamedTuple):
    """New allocation id → fen of the line's net that it has now; rows and posting are dated `on_date`."""

    shares: Mapping[int, int]
    on_date: date


def exchange(change: Exchange) -> Moved:
    """Reverse and write anew, once for an allocation; nine statements. The lots are locked in id order.

    Dated on the first open day from `on_date` on: the day of sale may be settled long since. Raises Refused where less is left
    of the allocation.
    """
    if sum(quantity for _, _, quantity in change.to) != change.quantity:
        raise ValueError("the new allocations hold another quantity than the old one")
    sold = [
        row
        for row in sold_rows([change.line_id])[change.line_id]
        if row.allocation_id == change.allocation_id
    ]
    lots = {row.lot_id for row in sold} | {lot_id for _, lot_id, _ in change.to}
    pools = state.load(lock_lots(lots))
    pieces = _pieces(change, sold)
    on_date = open_days([(change.cooperative_id, change.on_date)])[change.cooperative_id, change.on_date]
    back = _back(pieces, pools)
    fen = sum(piece_fen for _, _, piece_fen in pieces)
    shares, taken = _sell(change, fen, pools)
    insert_rows(
        Attribution,
        [reversal_row(row, quantity, piece_fen, on_date) for row, quantity, piece_fen in pieces]
        + [
            sale_row(change.line_id, change.cooperative_id, allocation_id, pool, piece, on_date)
            for allocation_id, pool, slices in taken
            for piece in slices
        ],
    )
    faults.point("swapping:rows")
    state.store_returned(piece.part for _, slices in back for piece in slices)
    state.store_sold(sorted({pool.id: pool for _, pool, _ in taken}.values(), key=lambda pool: pool.id))
    entries = refund_entries(back, CLEARED) + sale_entries(
        [(pool, slices) for _, pool, slices in taken], CLEARED
    )
    post(
        [
            Posting(
                cooperative_id=change.cooperative_id, kind="reversal", key=swap_key(change.allocation_id), on_date=on_date,
                source_type="order_line", source_id=change.line_id, memo="发货前换批次", posted_by=change.by, entries=entries,
            )
        ]
    )  # fmt: skip
    faults.point("swapping:posted")
    return Moved(shares, on_date)


def _pieces(change: Exchange, sold: Sequence[Row[*tuple[Any, ...]]]) -> list[Piece]:
    """The unsent part of what is left of the allocation's rows: its share of their money, rounded down; all of it where
    nothing was sent."""
    goods, money = Counter[int](), Counter[int]()
    ids = {row.id for row in sold}
    for row in reversed_rows([change.line_id])[change.line_id]:
        if row.reverses_id in ids:
            goods[row.reverses_id] -= row.quantity
            money[row.reverses_id] -= row.fen
    left = sum(row.quantity for row in sold) - sum(goods.values())
    if change.quantity > left:
        raise Refused("这些货刚刚退掉或发走了，请刷新后再换")
    left_fen = sum(row.fen for row in sold) - sum(money.values())
    fen = cumulative_part(left_fen, change.quantity, left)
    of = {change.allocation_id: change.quantity}
    return chosen_pieces(sold, goods, money, of, change.quantity, fen)


def _back(pieces: Sequence[Piece], pools: Mapping[int, Pool]) -> list[tuple[Pool, list[Slice]]]:
    """All pieces are of one lot."""
    pool = pools[pieces[0][0].lot_id]
    parts = {part.id: part for part in pool.parts}
    return [
        (
            pool,
            bring_back(
                [(parts[row.lot_part_id], quantity, fen) for row, quantity, fen in pieces], lost=False
            ),
        )
    ]


def _sell(
    change: Exchange, fen: int, pools: Mapping[int, Pool]
) -> tuple[dict[int, int], list[tuple[int, Pool, list[Slice]]]]:
    to = sorted(change.to)
    shares: dict[int, int] = {}
    taken = []
    for (allocation_id, lot_id, quantity), part_fen in zip(
        to, split_net(fen, [quantity for _, _, quantity in to]), strict=True
    ):
        shares[allocation_id] = part_fen
        taken.append((allocation_id, pools[lot_id], sell(pools[lot_id], quantity, part_fen)))
    return shares, taken
