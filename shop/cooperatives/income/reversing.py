"""Goods of a sale that came back: the mirrored part of its attribution rows and of its booking, once per refund line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select

from shop.cooperatives.income import pools as state
from shop.cooperatives.income.attributed_rows import reversal_row
from shop.cooperatives.income.booking import gain, refund_entries
from shop.cooperatives.income.mirroring import chosen_pieces, mirrored
from shop.cooperatives.income.models import Attribution
from shop.cooperatives.income.taking import Part, Pool, Slice, bring_back
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.models import LedgerEntry, LedgerTransaction
from shop.cooperatives.ledger.posting import Posting, post
from shop.cooperatives.produce.stock import lock_lots
from shop.core import faults
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused


@dataclass(frozen=True, slots=True)
class GoodsBack:
    """What a refund line takes back of an order line: grams or pieces, and the fen of its net that go with them.

    `channel` says out of which money: provider, transfer, cash or town; `town_fen` of the fen are the town's. `lost` goods are
    written off at once. `of`: which allocations the goods come from, where not all of them are equal any more (some were sent);
    else they come from all of the line's, each by its share.
    """

    refund_line_id: int
    line_id: int
    cooperative_id: int
    quantity: int
    fen: int
    on_date: date
    channel: str
    lost: bool = False
    town_fen: int = 0
    by: int | None = None
    of: Mapping[int, int] | None = None


class CameBack(NamedTuple):
    """Goods of one allocation, to be put back into its lot."""

    allocation_id: int
    lot_id: int
    quantity: int


def reverse(backs: Sequence[GoodsBack]) -> dict[int, list[CameBack]]:
    """Reverse and book these; returns refund line → goods by allocation. Nine statements, whatever their number.

    The lots are locked in id order. A refund line that has rows already is skipped whole; its goods are returned. Rows and
    posting are dated on the first open day from `on_date` on, the sale's own period is never touched. Raises NotFound for a
    line that was not attributed to this cooperative, Refused for more than is left of it.
    """
    if not backs:
        return {}
    if len({back.line_id for back in backs}) < len(backs):
        raise ValueError("one order line twice in a batch")
    sold = sold_rows([back.line_id for back in backs])
    pools = state.load(lock_lots({row.lot_id for rows in sold.values() for row in rows}))
    before = reversed_rows(list(sold))
    parts = {part.id: part for pool in pools.values() for part in pool.parts}
    days = open_days((back.cooperative_id, back.on_date) for back in backs)
    income = _income_left(sold, before)
    found: dict[int, list[CameBack]] = {}
    rows: list[dict[str, Any]] = []
    postings: list[Posting] = []
    for back in backs:
        line = _Line(back, sold.get(back.line_id, []), before.get(back.line_id, []))
        if line.known:
            found[back.refund_line_id] = line.came_back(line.known)
            continue
        pieces = line.pieces()
        on_date = days[back.cooperative_id, back.on_date]
        rows += [_row(back, row, quantity, fen, on_date) for row, quantity, fen in pieces]
        taken = _bring_back(pieces, pools, parts, lost=back.lost)
        postings.append(_posting(back, on_date, taken, line.income_fen(taken, pools, income)))
        found[back.refund_line_id] = line.came_back({row.id: quantity for row, quantity, _ in pieces})
    insert_rows(Attribution, rows)
    faults.point("reversing:rows")
    if rows:
        state.store_returned(parts[part_id] for part_id in sorted({row["lot_part_id"] for row in rows}))
    faults.point("reversing:state")
    post(postings)
    faults.point("reversing:posted")
    return found


Piece = tuple[Row[*tuple[Any, ...]], int, int]  # a sale row, and what comes back of it: quantity, fen


@dataclass(frozen=True, slots=True)
class _Line:
    """An order line with its sale rows and what earlier refunds reversed of them."""

    back: GoodsBack
    sold: Sequence[Row[*tuple[Any, ...]]]
    reversed: Sequence[Row[*tuple[Any, ...]]]

    @property
    def known(self) -> dict[int, int]:
        """Sale row → quantity that this very refund line reversed before; empty where it is new."""
        return {
            row.reverses_id: -row.quantity
            for row in self.reversed
            if row.refund_line_id == self.back.refund_line_id
        }

    def pieces(self) -> list[Piece]:
        """The running mirror of the line's rows, goods and money each by itself; rows that nothing comes back of are left out."""
        quantities, moneys = Counter[int](), Counter[int]()
        swapped, swapped_fen = (
            Counter[int](),
            Counter[int](),
        )  # what went to another lot: as if it had never been here
        for row in self.reversed:
            quantities[row.reverses_id] -= row.quantity
            moneys[row.reverses_id] -= row.fen
            if row.refund_line_id is None:
                swapped[row.reverses_id] -= row.quantity
                swapped_fen[row.reverses_id] -= row.fen
        rows = self.sold
        if self.back.of is not None:
            return chosen_pieces(rows, quantities, moneys, self.back.of, self.back.quantity, self.back.fen)
        goods = _mirror(
            [row.quantity - swapped[row.id] for row in rows],
            [quantities[row.id] - swapped[row.id] for row in rows],
            self.back.quantity,
        )
        money = _mirror(
            [row.fen - swapped_fen[row.id] for row in rows],
            [moneys[row.id] - swapped_fen[row.id] for row in rows],
            self.back.fen,
        )
        return [
            (row, quantity, fen)
            for row, quantity, fen in zip(rows, goods, money, strict=True)
            if quantity or fen
        ]

    def came_back(self, by_row: Mapping[int, int]) -> list[CameBack]:
        total: Counter[tuple[int, int]] = Counter()
        for row in self.sold:
            total[row.allocation_id, row.lot_id] += by_row.get(row.id, 0)
        return [CameBack(*place, quantity) for place, quantity in sorted(total.items()) if quantity]

    def income_fen(
        self,
        taken: Sequence[tuple[Pool, Sequence[Slice]]],
        pools: Mapping[int, Pool],
        income: Mapping[int, int],
    ) -> int | None:
        """How much of the gain over agreed prices leaves 501, so that the line empties what it filled; None: nothing to decide.

        What 501 still has of the line, less the buy-out money in it, is the gain. With commission in it, it cannot be told.
        """
        modes = {pools[row.lot_id].mode for row in self.sold}
        if "consign_fixed" not in modes or "consign_commission" in modes:
            return None
        bought = [row for row in self.sold if pools[row.lot_id].mode == "buyout"]
        ids = {row.id for row in bought}
        money = sum(row.fen for row in bought) + sum(
            row.fen for row in self.reversed if row.reverses_id in ids
        )
        left: int = income.get(self.back.line_id, 0) - money
        back = -sum(row.quantity for row in self.reversed) + self.back.quantity
        if back == sum(row.quantity for row in self.sold):
            return left
        return sum(gain(slices) for pool, slices in taken if pool.mode == "consign_fixed") if left else 0


def _mirror(rows: Sequence[int], before: Sequence[int], more: int) -> list[int]:
    total = sum(before) + more
    if more < 0 or total > sum(rows):
        raise Refused("退回的数量或金额超过了这一行还没有退的部分")
    return mirrored(rows, before, more)


def _bring_back(
    pieces: Sequence[Piece], pools: Mapping[int, Pool], parts: Mapping[int, Part], *, lost: bool
) -> list[tuple[Pool, list[Slice]]]:
    by_lot: dict[int, list[tuple[Part, int, int]]] = defaultdict(list)
    for row, quantity, fen in pieces:
        by_lot[row.lot_id].append((parts[row.lot_part_id], quantity, fen))
    return [(pools[lot_id], bring_back(back, lost=lost)) for lot_id, back in sorted(by_lot.items())]


def sold_rows(line_ids: Sequence[int]) -> dict[int, list[Row[*tuple[Any, ...]]]]:
    """Line → its sale rows in stored order; they never change."""
    rows = session().execute(
        select(
            Attribution.id, Attribution.line_id, Attribution.cooperative_id, Attribution.allocation_id, Attribution.lot_id,
            Attribution.lot_part_id, Attribution.household_id, Attribution.member_id, Attribution.supplier_id,
            Attribution.quantity, Attribution.fen,
        )
        .where(Attribution.line_id.in_(line_ids), Attribution.kind == "sale")
        .order_by(Attribution.id)
    )  # fmt: skip
    found: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    for row in rows:
        found.setdefault(row.line_id, []).append(row)
    return found


def reversed_rows(line_ids: Sequence[int]) -> dict[int, list[Row[*tuple[Any, ...]]]]:
    """Line → what was reversed of it before; read under the lots' lock, so a rival's rows are seen."""
    rows = session().execute(
        select(
            Attribution.line_id, Attribution.reverses_id, Attribution.refund_line_id, Attribution.quantity, Attribution.fen
        ).where(Attribution.line_id.in_(line_ids), Attribution.kind == "reversal")
    )  # fmt: skip
    found: dict[int, list[Row[*tuple[Any, ...]]]] = {line_id: [] for line_id in line_ids}
    for row in rows:
        found[row.line_id].append(row)
    return found


def swap_key(allocation_id: int) -> str:
    """The key of the posting by which what was held of an allocation went to another lot."""
    return f"swap:allocation:{allocation_id}"


def _income_left(
    sold: Mapping[int, Iterable[Row[*tuple[Any, ...]]]], before: Mapping[int, Iterable[Row[*tuple[Any, ...]]]]
) -> dict[int, int]:
    """Line → credit that its sale, its exchanged lots and its earlier refunds left on 501. One statement."""
    lines = {f"sale:line:{line_id}": line_id for line_id in before}
    lines |= {swap_key(row.allocation_id): line_id for line_id, rows in sold.items() for row in rows}
    for line_id, rows in before.items():
        lines |= {
            f"refund:line:{row.refund_line_id}": line_id for row in rows if row.refund_line_id is not None
        }
    found = session().execute(
        select(LedgerTransaction.key, func.sum(LedgerEntry.fen))
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(LedgerTransaction.key.in_(list(lines)), LedgerEntry.account == str(Account.OPERATING_INCOME))
        .group_by(LedgerTransaction.key)
    )
    left: Counter[int] = Counter()
    for key, fen in found:
        left[lines[key]] -= int(fen)
    return left


def _row(
    back: GoodsBack, sold: Row[*tuple[Any, ...]], quantity: int, fen: int, on_date: date
) -> dict[str, Any]:
    if sold.cooperative_id != back.cooperative_id:
        raise NotFound("没有找到这个订单行")
    return reversal_row(sold, quantity, fen, on_date, back.refund_line_id)


def _posting(
    back: GoodsBack, on_date: date, taken: Sequence[tuple[Pool, Sequence[Slice]]], income_fen: int | None
) -> Posting:
    return Posting(
        cooperative_id=back.cooperative_id, kind="refund", key=f"refund:line:{back.refund_line_id}", on_date=on_date,
        source_type="refund_line", source_id=back.refund_line_id, memo="退货", posted_by=back.by,
        entries=refund_entries(taken, back.channel, back.town_fen, income_fen=income_fen, lost=back.lost),
    )  # fmt: skip
