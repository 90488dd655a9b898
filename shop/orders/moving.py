"""The only code that changes a state: a guarded update per move, and the event that tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, update

from shop.core import clock
from shop.core.db import insert_rows, session
from shop.orders.models import Order, OrderEvent, Suborder
from shop.orders.states import Move


def move_orders(
    move: Move,
    order_ids: Sequence[int],
    *,
    where: Sequence[ColumnElement[bool]] = (),
    values: Mapping[str, object] | None = None,
    actor_id: int | None = None,
    note: str = "",
    at: datetime | None = None,
) -> list[int]:
    """Move those of the orders that are in one of the move's sources (and fit `where`); returns their ids. Two statements."""
    moved = session().execute(
        update(Order)
        .where(Order.id.in_(order_ids), Order.state.in_(move.sources), *where)
        .values(state=move.target, **(values or {}))
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    )
    ids = sorted(moved.scalars())
    tell(move.event, [(order_id, None) for order_id in ids], actor_id=actor_id, note=note, at=at)
    return ids


def move_suborders(
    move: Move,
    where: Sequence[ColumnElement[bool]],
    *,
    values: Mapping[str, object] | None = None,
    actor_id: int | None = None,
    note: str = "",
    at: datetime | None = None,
    silent: bool = False,
) -> list[Row[*tuple[Any, ...]]]:
    """The same for suborders that fit `where`; returns rows (id, order_id). `silent`: the order's own event tells it."""
    moved = session().execute(
        update(Suborder)
        .where(Suborder.state.in_(move.sources), *where)
        .values(state=move.target, **(values or {}))
        .returning(Suborder.id, Suborder.order_id)
        .execution_options(synchronize_session=False)
    )
    rows = sorted(moved.all())
    if not silent:
        tell(move.event, [(row.order_id, row.id) for row in rows], actor_id=actor_id, note=note, at=at)
    return rows


def tell(
    event: str,
    subjects: Sequence[tuple[int, int | None]],
    *,
    actor_id: int | None = None,
    note: str = "",
    at: datetime | None = None,
) -> None:
    """Write one event for each (order id, suborder id or none). One statement."""
    moment = at or clock.now()
    insert_rows(
        OrderEvent,
        [
            {
                "order_id": order_id,
                "suborder_id": suborder_id,
                "event": event,
                "actor_id": actor_id,
                "note": note,
                "at": moment,
            }
            for order_id, suborder_id in subjects
        ],
    )
