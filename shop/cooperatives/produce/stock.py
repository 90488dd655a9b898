"""Holding, giving back and shipping goods of closed lots: never oversold, never negative.

Lots are always locked in id order, so two orders over the same lots wait for each other and never deadlock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Row, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from shop.cooperatives.produce.models import Lot, Produce, StockMove
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.quantity import format_quantity


@dataclass(frozen=True, slots=True)
class Want:
    """Goods asked for: `key` is the caller's (a basket or order line), quantity in grams or pieces."""

    key: int
    produce_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Goods of one lot now held for the want of that key."""

    key: int
    lot_id: int
    cooperative_id: int
    quantity: int


class Parcel(NamedTuple):
    """Goods that a refund line takes back into a lot; lost ones are written off there."""

    refund_line_id: int
    lot_id: int
    cooperative_id: int
    quantity: int
    lost: bool


class OutOfStock(Refused):
    """Not enough left for the want `key`: `available` grams or pieces are."""

    def __init__(self, key: int, available: int, message: str) -> None:
        super().__init__(message, field="count")
        self.key = key
        self.available = available


def on_hand() -> ColumnElement[int]:
    """SQL: what lies in the store, held or not."""
    return Lot.received + Lot.returned - Lot.shipped - Lot.written_off - Lot.transformed


def available() -> ColumnElement[int]:
    """SQL: what can still be sold."""
    return on_hand() - Lot.reserved


def sellable(today: date) -> ColumnElement[bool]:
    """SQL: closed, not recalled and not past its best-before day, which is itself still a day of sale."""
    return (
        Lot.closed_at.is_not(None)
        & Lot.recalled_at.is_(None)
        & or_(Lot.best_before.is_(None), Lot.best_before >= today)
    )


def reserve(wants: Sequence[Want], today: date) -> list[Taken]:
    """Hold goods for every want, first-expiring then first-in. Two statements; all or nothing.

    Raises OutOfStock naming the first want that cannot be met; the caller rolls back.
    """
    if any(want.quantity <= 0 for want in wants):
        raise Refused("数量要大于 0", field="count")
    if not wants:
        return []
    left: dict[int, list[list[Any]]] = {}
    for row in sorted(_lock_sellable({want.produce_id for want in wants}, today), key=_first_out):
        left.setdefault(row.produce_id, []).append([row, row.available])
    taken = [part for want in wants for part in _take(want, left.get(want.produce_id, []))]
    held: Counter[int] = Counter()
    for part in taken:
        held[part.lot_id] += part.quantity
    _move(held, {"reserved": 1})
    return taken


def release(held: Iterable[tuple[int, int]]) -> None:
    """Give held goods back to sale: (lot id, quantity) pairs. One statement; each hold only once, the caller sees to it."""
    _move(_summed(held), {"reserved": -1})


def exchange(lot_id: int, other_id: int, quantity: int) -> None:
    """Hold goods of the other lot instead of this one's; both are locked, there is enough. Two statements."""
    release([(lot_id, quantity)])
    _move(Counter({other_id: quantity}), {"reserved": 1})


def ship(parcels: Sequence[tuple[int, int, int, int]]) -> None:
    """Held goods leave the store: (id of the parcel's line, lot id, cooperative id, quantity). Two statements.

    A second dispatch of such a line breaks the unique key of its stock move.
    """
    _carry("shipped", "shipment_line", parcels, {"reserved": -1, "shipped": 1})


def bring_back(parcels: Sequence[tuple[int, int, int, int]]) -> None:
    """Shipped goods that nobody took at the door return to their lots: (allocation id, lot id, cooperative id,
    quantity). Two statements; once each."""
    _carry("returned", "lot_allocation", parcels, {"returned": 1})


def transform(parcels: Sequence[tuple[int, int, int, int]], *, undone: bool = False) -> None:
    """Goods go into a piece of work, or come back when it is undone: (its id, lot, cooperative, quantity). Two statements."""
    kind = "returned" if undone else "transformed"
    _carry(kind, "transformation", parcels, {kind: 1})


def _carry(
    kind: str, source: str, parcels: Sequence[tuple[int, int, int, int]], counters: Mapping[str, int]
) -> None:
    if not parcels:
        return
    rows = [
        {
            "cooperative_id": cooperative_id, "lot_id": lot_id, "kind": kind, "quantity": quantity,
            "source_type": source, "source_id": source_id,
        }
        for source_id, lot_id, cooperative_id, quantity in parcels
    ]  # fmt: skip
    _move(_summed((lot_id, quantity) for _, lot_id, _, quantity in parcels), counters)
    insert_rows(StockMove, rows)


def come_back(parcels: Sequence[Parcel]) -> None:
    """Shipped goods return to their lots, the lost ones of them only to be written off. Three statements at most."""
    _move(_summed((parcel.lot_id, parcel.quantity) for parcel in parcels), {"returned": 1})
    _note("returned", parcels)
    write_off([parcel for parcel in parcels if parcel.lost])


def call_back(parcels: Sequence[Parcel]) -> None:
    """Held goods are not to be shipped after all: free for sale again, or lost. Three statements at most."""
    release((parcel.lot_id, parcel.quantity) for parcel in parcels)
    write_off([parcel for parcel in parcels if parcel.lost])


def call_back_some(parcels: Sequence[Parcel], held: Mapping[tuple[int, int], int]) -> None:
    """The same where only `held` of it (by refund line and lot) was here: the rest returns from its way. Five statements at
    most."""
    release((parcel.lot_id, here) for parcel in parcels if (here := held.get(parcel[:2], 0)))
    returned = [
        parcel._replace(quantity=rest)
        for parcel in parcels
        if (rest := parcel.quantity - held.get(parcel[:2], 0))
    ]
    _move(_summed((parcel.lot_id, parcel.quantity) for parcel in returned), {"returned": 1})
    _note("returned", returned)
    write_off([parcel for parcel in parcels if parcel.lost])


def write_off(parcels: Sequence[Parcel]) -> None:
    """Goods that lie in the lots are lost. Two statements."""
    _move(_summed((parcel.lot_id, parcel.quantity) for parcel in parcels), {"written_off": 1})
    _note("written_off", parcels)


def _note(kind: str, parcels: Sequence[Parcel]) -> None:
    insert_rows(
        StockMove,
        [
            {
                "cooperative_id": parcel.cooperative_id, "lot_id": parcel.lot_id, "kind": kind, "quantity": parcel.quantity,
                "source_type": "refund_line", "source_id": parcel.refund_line_id,
            }
            for parcel in parcels
        ],
    )  # fmt: skip


def on_sale(produce_ids: Iterable[int], today: date) -> dict[int, int]:
    """What can be sold of each produce today; 0 where nothing is left. One statement."""
    wanted = set(produce_ids)
    if not wanted:
        return {}
    rows = session().execute(
        select(Lot.produce_id, func.sum(available()))
        .where(Lot.produce_id.in_(wanted), sellable(today))
        .group_by(Lot.produce_id)
    )
    return dict.fromkeys(wanted, 0) | {produce_id: int(number) for produce_id, number in rows}


def lock_lots(lot_ids: Iterable[int]) -> list[Row[*tuple[Any, ...]]]:
    """Lock these lots in id order and read what deeds need of them."""
    rows = session().execute(
        select(
            Lot.id, Lot.cooperative_id, Lot.mode, Lot.closed_at, Lot.attributed_quantity, Lot.attributed_fen
        )
        .where(Lot.id.in_(set(lot_ids)))
        .order_by(Lot.id)
        .with_for_update(key_share=True)
    )
    return list(rows.all())


def _lock_sellable(produce_ids: set[int], today: date) -> list[Row[*tuple[Any, ...]]]:
    return list(
        session().execute(
            select(
                Lot.id, Lot.cooperative_id, Lot.produce_id, Lot.best_before, available().label("available"), Produce.name,
                Produce.unit_kind, Produce.count_word,
            )
            .join(Produce, Produce.id == Lot.produce_id)
            .where(Lot.produce_id.in_(produce_ids), sellable(today), available() > 0)
            .order_by(Lot.id)
            .with_for_update(of=Lot, key_share=True)
        ).all()
    )  # fmt: skip


def _first_out(lot: Row[*tuple[Any, ...]]) -> tuple[date, int]:
    return lot.best_before or date.max, lot.id


def _take(want: Want, lots: list[list[Any]]) -> list[Taken]:
    """Take from the lots in turn; `lots` holds [row, what is left of it] and is counted down."""
    found = sum(left for _, left in lots)
    if found < want.quantity:
        raise OutOfStock(want.key, found, _shortage(lots, found))
    taken = []
    missing = want.quantity
    for entry in lots:
        row, left = entry
        part = min(missing, left)
        if part:
            taken.append(Taken(want.key, row.id, row.cooperative_id, part))
            entry[1] -= part
            missing -= part
    return taken


def _shortage(lots: list[list[Any]], found: int) -> str:
    if not found:
        return "这种货已经卖完了"
    produce = lots[0][0]
    return f"“{produce.name}”库存不够，现在最多还能买{format_quantity(found, produce.unit_kind, produce.count_word)}"


def _summed(pairs: Iterable[tuple[int, int]]) -> Counter[int]:
    total: Counter[int] = Counter()
    for lot_id, quantity in pairs:
        if quantity <= 0:
            raise Refused("数量要大于 0")
        total[lot_id] += quantity
    return total


def _move(quantities: Mapping[int, int], signs: Mapping[str, int]) -> None:
    """Change counters of these lots by ± their quantity, locking in id order. One statement; the database refuses negatives."""
    if not quantities:
        return
    ids = sorted(quantities)
    source = (
        func.unnest(
            bindparam("lot_ids", ids, type_=ARRAY(BigInteger)),
            bindparam("quantities", [quantities[lot_id] for lot_id in ids], type_=ARRAY(BigInteger)),
        )
        .table_valued("lot_id", "quantity")
        .render_derived("source")
    )
    held = (
        select(Lot.id, source.c.quantity)
        .join_from(Lot, source, source.c.lot_id == Lot.id)
        .order_by(Lot.id)
        .with_for_update(of=Lot, key_share=True)
        .cte("held")
    )
    changed = session().scalars(
        update(Lot)
        .where(Lot.id == held.c.id)
        .values({name: getattr(Lot, name) + sign * held.c.quantity for name, sign in signs.items()})
        .returning(Lot.id)
        .execution_options(synchronize_session=False)
    )
    if len(changed.all()) != len(ids):
        raise NotFound("没有找到这个批次")
