"""The running state of locked lots, read and written: what sales have taken of each part, and what refunds brought back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, bindparam, func, select, update

from shop.cooperatives.income.taking import Part, Pool
from shop.cooperatives.produce.models import Lot, LotPart
from shop.core.db import Base, session

SOLD = ("attributed_quantity", "attributed_fen")
RETURNED = ("returned_quantity", "returned_fen", "lost_quantity")
TRANSFORMED = ("transformed_quantity", "restored_quantity")


def load(lots: Iterable[Row[*tuple[Any, ...]]]) -> dict[int, Pool]:
    """Lot id → pool with its parts; `lots` are rows of stock.lock_lots. One statement."""
    modes = {lot.id: lot.mode for lot in lots}
    parts: dict[int, list[Part]] = {lot_id: [] for lot_id in modes}
    for lot_id, *columns in session().execute(
        select(
            LotPart.lot_id, LotPart.id, LotPart.seq, LotPart.household_id, LotPart.member_id, LotPart.supplier_id,
            LotPart.quantity, LotPart.value_fen, LotPart.commission_rate, LotPart.attributed_quantity, LotPart.attributed_fen,
            LotPart.returned_quantity, LotPart.returned_fen, LotPart.lost_quantity,
            LotPart.transformed_quantity, LotPart.restored_quantity,
        )
        .where(LotPart.lot_id.in_(list(modes)))
        .order_by(LotPart.lot_id, LotPart.seq)
    ):  # fmt: skip
        parts[lot_id].append(Part(*columns))
    return {lot_id: Pool(lot_id, mode, parts[lot_id]) for lot_id, mode in modes.items()}


def store_sold(pools: Sequence[Pool]) -> None:
    """What was sold of lots and parts: two statements, in the order that everybody locks in."""
    _set(Lot, SOLD, {pool.id: (pool.sold, pool.sold_fen) for pool in pools})
    _set(LotPart, SOLD, {part.id: (part.sold, part.sold_fen) for pool in pools for part in pool.parts})


def store_returned(parts: Iterable[Part]) -> None:
    """What came back of these parts, and what of it was lost. One statement."""
    _set(LotPart, RETURNED, {part.id: (part.returned, part.returned_fen, part.lost) for part in parts})


def store_transformed(parts: Iterable[Part]) -> None:
    """What of these parts was made into other goods, and came back from it. One statement."""
    _set(LotPart, TRANSFORMED, {part.id: (part.transformed, part.restored) for part in parts})


def _set(model: type[Base], columns: Sequence[str], states: Mapping[int, tuple[int, ...]]) -> None:
    """Row id → the new values of these columns."""
    table: Any = model.__table__
    arrays = [bindparam("row_ids", list(states), type_=ARRAY(BigInteger))]
    arrays += [
        bindparam(f"new_{name}", [values[place] for values in states.values()], type_=ARRAY(BigInteger))
        for place, name in enumerate(columns)
    ]
    source = func.unnest(*arrays).table_valued("id", *columns).render_derived("source")
    session().execute(
        update(table).where(table.c.id == source.c.id).values({name: source.c[name] for name in columns})
    )
