"""Attribution: every paid line → its lots → the parties who brought the goods in; written once, booked at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from shop.cooperatives.income import pools as state
from shop.cooperatives.income.attributed_rows import sale_row
from shop.cooperatives.income.booking import sale_entries
from shop.cooperatives.income.models import Attribution
from shop.cooperatives.income.taking import Pool, Slice, sell, split_net
from shop.cooperatives.ledger.accounts import CLEARING, Account
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.produce.stock import lock_lots
from shop.core import faults
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused

Taking = tuple[Pool, list[Slice]]


@dataclass(frozen=True, slots=True)
class SaleShare:
    """A paid order line: its net (without freight) and the lots that serve it, as (allocation id, lot id, quantity).

    `channel` says who holds the money: provider, transfer, cash or town; `town_fen` is the part of the net that the
    town's coupons pay.
    """

    line_id: int
    cooperative_id: int
    net_fen: int
    on_date: date
    channel: str
    allocations: tuple[tuple[int, int, int], ...]
    town_fen: int = 0


def attribute(sales: Sequence[SaleShare]) -> dict[int, int]:
    """Attribute and book these lines, in the order given; returns allocation id → fen.

    Nine statements, whatever their number. The lots are locked in id order, so sales of one lot follow one another and its
    running split goes on from what the last one stored. A line that has rows already is skipped whole; its fen is returned.
    A sale of a year that was closed meanwhile is booked on the first open day; its rows keep the day of sale.
    Raises NotFound for a lot that is not this cooperative's, Refused for an open lot or impossible amounts.
    """
    if not sales:
        return {}
    _check(sales)
    pools = _lock_pools(sales)
    known, done = _already({sale.line_id for sale in sales})
    days = open_days((sale.cooperative_id, sale.on_date) for sale in sales)
    rows: list[dict[str, Any]] = []
    postings: list[Posting] = []
    for sale in sales:
        if sale.line_id in done:
            continue
        taken = _take(sale, pools, known)
        rows += [
            sale_row(sale.line_id, sale.cooperative_id, allocation_id, pool, piece, sale.on_date)
            for allocation_id, pool, pieces in taken
            for piece in pieces
        ]
        booked_on = days[sale.cooperative_id, sale.on_date]
        postings.append(_posting(sale, booked_on, [(pool, pieces) for _, pool, pieces in taken]))
    insert_rows(Attribution, rows)
    faults.point("attribution.after_rows")
    if rows:
        touched = {row["lot_id"] for row in rows}
        state.store_sold([pools[lot_id] for lot_id in sorted(touched)])
    faults.point("attribution.after_state")
    post(postings)
    faults.point("attribution.after_posting")
    return known


def book_freight(freights: Iterable[tuple[int, int, int, date, str]]) -> None:
    """Freight paid by buyers: (suborder id, cooperative id, fen, day, channel) → Dr 113 or 101, Cr 502. Three statements."""
    rows = list(freights)
    days = open_days((cooperative_id, on_date) for _, cooperative_id, _, on_date, _ in rows)
    post(
        [
            Posting(
                cooperative_id, "freight", f"freight:suborder:{suborder_id}", days[cooperative_id, on_date], "suborder",
                suborder_id, (Entry(CLEARING[channel], fen), Entry(Account.OTHER_INCOME, -fen)), memo="运费收入",
            )
            for suborder_id, cooperative_id, fen, on_date, channel in rows
        ]
    )  # fmt: skip


def book_fee(fees: Iterable[tuple[int, int, int, date]]) -> None:
    """The provider's fee: (suborder id, cooperative id, fen, day) → Dr 521, Cr 113 provider. Three statements."""
    rows = list(fees)
    days = open_days((cooperative_id, on_date) for _, cooperative_id, _, on_date in rows)
    post(
        [
            Posting(
                cooperative_id, "fee", f"fee:suborder:{suborder_id}", days[cooperative_id, on_date], "suborder",
                suborder_id, (Entry(Account.OPERATING_EXPENSE, fen), Entry(Account.CLEARING_PROVIDER, -fen)),
                memo="支付手续费",
            )
            for suborder_id, cooperative_id, fen, on_date in rows
        ]
    )  # fmt: skip


def _check(sales: Sequence[SaleShare]) -> None:
    if len({sale.line_id for sale in sales}) < len(sales):
        raise ValueError("one line twice in a batch")
    for sale in sales:
        if not sale.allocations or any(quantity <= 0 for _, _, quantity in sale.allocations):
            raise Refused("订单行还没有分到批次，不能归属到户")
        if not 0 <= sale.town_fen <= sale.net_fen:
            raise Refused("订单行的净额不能是负数，镇里承担的部分不能超过净额")
        if sale.channel not in CLEARING:
            raise Refused("收款方式不对，应为支付平台、转账、现金或镇政府")


def _lock_pools(sales: Sequence[SaleShare]) -> dict[int, Pool]:
    """Lock every lot of the sales, then read their parts: two statements."""
    owners = {lot_id: sale.cooperative_id for sale in sales for _, lot_id, _ in sale.allocations}
    lots = {lot.id: lot for lot in lock_lots(owners)}
    for sale in sales:
        for _, lot_id, _ in sale.allocations:
            if lot_id not in lots or lots[lot_id].cooperative_id != sale.cooperative_id:
                raise NotFound("没有找到这个批次")
            if lots[lot_id].closed_at is None:
                raise Refused("批次还没有封批，不能归属到户")
    return state.load(lots.values())


def _already(line_ids: set[int]) -> tuple[dict[int, int], set[int]]:
    """Allocation → fen, and the lines, that have sale rows; read under the lock, so a rival's rows are seen."""
    found = session().execute(
        select(Attribution.line_id, Attribution.allocation_id, func.sum(Attribution.fen))
        .where(Attribution.line_id.in_(line_ids), Attribution.kind == "sale")
        .group_by(Attribution.line_id, Attribution.allocation_id)
    ).all()  # fmt: skip
    return {allocation_id: int(fen) for _, allocation_id, fen in found}, {line_id for line_id, _, _ in found}


def _take(
    sale: SaleShare, pools: Mapping[int, Pool], known: dict[int, int]
) -> list[tuple[int, Pool, list[Slice]]]:
    """Split one line over its allocations and their parts, advancing the pools; notes each allocation's fen in `known`."""
    allocations = sorted(sale.allocations)
    taken = []
    for (allocation_id, lot_id, quantity), fen in zip(
        allocations, split_net(sale.net_fen, [quantity for _, _, quantity in allocations]), strict=True
    ):
        known[allocation_id] = fen
        taken.append((allocation_id, pools[lot_id], sell(pools[lot_id], quantity, fen)))
    return taken


def _posting(sale: SaleShare, booked_on: date, taken: Sequence[Taking]) -> Posting:
    return Posting(
        cooperative_id=sale.cooperative_id, kind="sale", key=f"sale:line:{sale.line_id}", on_date=booked_on,
        source_type="order_line", source_id=sale.line_id, memo="销售", entries=sale_entries(taken, sale.channel, sale.town_fen),
    )  # fmt: skip
