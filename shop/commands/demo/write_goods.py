"""Planned lots with their deliveries as rows: what recording and closing them one by one writes, in a few statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from shop.commands.demo.dice import Dice
from shop.commands.demo.plan import Incoming, Pool, Sale
from shop.commands.demo.written import Written, next_ids
from shop.cooperatives.ledger.posting import Posting, post
from shop.cooperatives.produce.intake import MODES
from shop.cooperatives.produce.models import IntakeReceipt, Lot, LotPart, StockMove, Supplier
from shop.cooperatives.produce.receipts import intake_entries, intake_key, receipt_number
from shop.core import trace_codes
from shop.core.activity import Activity
from shop.core.db import insert_rows
from shop.core.money import price_times_quantity


class Receipt(NamedTuple):
    """A delivery with the id of its receipt and the pool it goes into."""

    id: int
    pool: Pool
    incoming: Incoming


def write_goods(seed: int, written: Written, pools: Sequence[Pool], sales: Sequence[Sale]) -> dict[Pool, int]:
    """Receipts, lots, parts, stock moves, books and log of these pools; returns pool → lot id.

    Pools come by the moment of opening; `sales` are all that draw on them, for the lots' counters.
    """
    lots = dict(zip(pools, next_ids("lot_id_seq", len(pools)), strict=True))
    arrivals = sorted(
        ((pool, incoming) for pool in pools for incoming in pool.incoming), key=lambda arrival: arrival[1].at
    )
    numbers = next_ids("intake_receipt_id_seq", len(arrivals))
    receipts = [Receipt(number, *arrival) for number, arrival in zip(numbers, arrivals, strict=True)]
    _suppliers(written, receipts)
    dice = Dice(seed, written.town.number, "trace", min(lots.values(), default=0))
    reserved, shipped = _drawn(sales)
    insert_rows(
        Lot,
        [
            _lot(written, pool, lot_id, dice) | {"reserved": reserved[pool], "shipped": shipped[pool]}
            for pool, lot_id in lots.items()
        ],
    )
    rows = {receipt.id: _receipt(written, receipt, lots[receipt.pool]) for receipt in receipts}
    insert_rows(IntakeReceipt, list(rows.values()))
    insert_rows(LotPart, _parts(lots, receipts, rows))
    insert_rows(
        StockMove,
        [_move(row, receipt.incoming.at) for receipt, row in zip(receipts, rows.values(), strict=True)],
    )
    post([_posting(row) for row in rows.values()])
    insert_rows(Activity, _log(written, lots, receipts, rows))
    return lots


def _drawn(sales: Sequence[Sale]) -> tuple[Counter[Pool], Counter[Pool]]:
    """What is held and what has left of each pool."""
    reserved: Counter[Pool] = Counter()
    shipped: Counter[Pool] = Counter()
    for sale in sales:
        if sale.closed_at is None:
            counter = shipped if sale.shipped_at else reserved
            for line in sale.lines:
                for pool, quantity in line.taken:
                    counter[pool] += quantity
    return reserved, shipped


def _suppliers(written: Written, receipts: Sequence[Receipt]) -> None:
    """Outside suppliers are named once a cooperative."""
    wanted = [
        (receipt.pool.offer.village, receipt.incoming.supplier)
        for receipt in receipts
        if receipt.incoming.supplier
    ]
    new = [key for key in dict.fromkeys(wanted) if key not in written.suppliers]
    rows = [{"cooperative_id": written.cooperatives[village], "name": name} for village, name in new]
    written.suppliers |= dict(zip(new, insert_rows(Supplier, rows, "id"), strict=True))


def _lot(written: Written, pool: Pool, lot_id: int, dice: Dice) -> dict[str, Any]:
    first = pool.incoming[0]
    return {
        "id": lot_id,
        "cooperative_id": written.cooperatives[pool.offer.village],
        "produce_id": written.produce[pool.offer.key],
        "code": f"L{first.day:%y%m}-{lot_id:05d}",
        "trace_code": "".join(dice.pick(trace_codes.LETTERS) for _ in range(trace_codes.LENGTH)),
        "mode": pool.mode,
        "opened_at": first.at,
        "closed_at": pool.closed_at,
        "best_before": pool.best_before if pool.closed_at else None,
        "received": pool.quantity,
    }


def _receipt(written: Written, receipt: Receipt, lot_id: int) -> dict[str, Any]:
    pool, incoming = receipt.pool, receipt.incoming
    village = pool.offer.village
    if pool.offer.kind.unit_kind == "g":
        value: int = price_times_quantity(incoming.price_fen, incoming.quantity)
    else:
        value = incoming.price_fen * incoming.quantity
    return {
        "id": receipt.id,
        "cooperative_id": written.cooperatives[village],
        "number": receipt_number(incoming.day, receipt.id),
        "lot_id": lot_id,
        "produce_id": written.produce[pool.offer.key],
        "household_id": None if incoming.home is None else written.households[incoming.home],
        "member_id": None if incoming.home is None else written.members[incoming.home],
        "supplier_id": written.suppliers[village, incoming.supplier] if incoming.supplier else None,
        "grade": incoming.grade,
        "grade_factor": incoming.grade_factor,
        "quantity": incoming.quantity,
        "mode": pool.mode,
        "price_fen": incoming.price_fen,
        "commission_rate": pool.rate,
        "value_fen": value,
        "received_on": incoming.day,
        "recorded_at": incoming.at,
        "recorded_by": written.managers[village],
    }


def _parts(
    lots: dict[Pool, int], receipts: Sequence[Receipt], rows: dict[int, dict[str, Any]]
) -> list[dict[str, Any]]:
    """One part a receipt of a closed lot, numbered as they came; lots by the moment they were closed."""
    by_pool: dict[Pool, list[Receipt]] = {pool: [] for pool in lots}
    for receipt in receipts:
        by_pool[receipt.pool].append(receipt)
    names = (
        "cooperative_id",
        "lot_id",
        "household_id",
        "member_id",
        "supplier_id",
        "quantity",
        "value_fen",
        "commission_rate",
    )
    return [
        {name: rows[receipt.id][name] for name in names} | {"seq": seq, "receipt_id": receipt.id}
        for pool in sorted((pool for pool in lots if pool.closed_at), key=_closing)
        for seq, receipt in enumerate(by_pool[pool], start=1)
    ]


def _closing(pool: Pool) -> datetime:
    if pool.closed_at is None:
        raise ValueError("an open lot has no parts")
    return pool.closed_at


def _move(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "cooperative_id": row["cooperative_id"],
        "lot_id": row["lot_id"],
        "kind": "received",
        "quantity": row["quantity"],
        "source_type": "intake_receipt",
        "source_id": row["id"],
        "at": at,
    }


def _posting(row: dict[str, Any]) -> Posting:
    party = (row["member_id"], row["household_id"], row["supplier_id"])
    return Posting(
        cooperative_id=row["cooperative_id"],
        kind="intake",
        key=intake_key(row["id"]),
        on_date=row["received_on"],
        source_type="intake_receipt",
        source_id=row["id"],
        entries=intake_entries(row["mode"], row["value_fen"], row["quantity"], party),
        memo=f"{MODES[row['mode']]}交货",
        posted_by=row["recorded_by"],
    )


def _log(
    written: Written, lots: dict[Pool, int], receipts: Sequence[Receipt], rows: dict[int, dict[str, Any]]
) -> list[dict[str, Any]]:
    """What people did, by time: deliveries recorded and lots closed."""
    found = []
    for receipt in receipts:
        row = rows[receipt.id]
        after = {
            "lot": row["lot_id"],
            "mode": row["mode"],
            "quantity": row["quantity"],
            "value_fen": row["value_fen"],
        }
        found.append(_act(receipt.incoming.at, "intake.recorded", "intake_receipt", receipt.id, row, after))
    for pool, lot_id in lots.items():
        if pool.closed_at is not None:
            village = pool.offer.village
            head = {"cooperative_id": written.cooperatives[village], "recorded_by": written.managers[village]}
            after = {"received": pool.quantity, "best_before": pool.best_before.isoformat()}
            found.append(_act(pool.closed_at, "lot.closed", "lot", lot_id, head, after))
    return sorted(found, key=lambda act: act["at"])


def _act(
    at: datetime, act: str, subject: str, subject_id: int, row: dict[str, Any], after: dict[str, Any]
) -> dict[str, Any]:
    return {
        "at": at,
        "actor_id": row["recorded_by"],
        "act": act,
        "subject_type": subject,
        "subject_id": str(subject_id),
        "cooperative_id": row["cooperative_id"],
        "after": after,
    }
