"""Lots that goods may be taken from by hand: what a packer is offered, and one of them locked beside the old one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select

from shop.cooperatives.produce.models import Lot, Produce
from shop.cooperatives.produce.stock import available, sellable
from shop.core.db import session
from shop.core.errors import Refused
from shop.core.quantity import format_quantity


class Choice(NamedTuple):
    """A lot with goods to sell: `available` grams or pieces are not held by anybody."""

    id: int
    produce_id: int
    code: str
    mode: str
    best_before: date | None
    available: int


def choices(produce_ids: Iterable[int], today: date) -> dict[int, list[Choice]]:
    """Produce → lots that may be sold from, first-expiring first. One statement."""
    found: dict[int, list[Choice]] = {}
    for row in session().execute(
        select(Lot.id, Lot.produce_id, Lot.code, Lot.mode, Lot.best_before, available())
        .where(Lot.produce_id.in_(set(produce_ids)), sellable(today), available() > 0)
        .order_by(Lot.best_before.nulls_last(), Lot.id)
    ):
        found.setdefault(row.produce_id, []).append(Choice(*row))
    return found


def lock_other(lot_id: int, other_id: int, produce_id: int, quantity: int, today: date) -> tuple[str, str]:
    """Lock both lots in id order; the other one has this much of the same goods to sell. Returns the two codes.

    Raises Refused on lot or quantity. One statement.
    """
    rows: dict[int, Any] = {
        row.id: row
        for row in session().execute(
            select(
                Lot.id, Lot.code, Lot.produce_id, sellable(today).label("sellable"), available().label("available"),
                Produce.unit_kind, Produce.count_word,
            )
            .join(Produce, Produce.id == Lot.produce_id)
            .where(Lot.id.in_({lot_id, other_id}))
            .order_by(Lot.id)
            .with_for_update(of=Lot, key_share=True)
        )
    }  # fmt: skip
    other = rows.get(other_id)
    if other is None or other.produce_id != produce_id or other_id == lot_id:
        raise Refused(_("请选一个装同一种货的其他批次"), field="lot")
    if not other.sellable:
        raise Refused(_("批次 %(code)s 还没有封批或已经过期，不能发货", code=other.code), field="lot")
    if other.available < quantity:
        left = format_quantity(max(0, other.available), other.unit_kind, other.count_word)
        raise Refused(_("批次 %(code)s 只剩 %(left)s 可用", code=other.code, left=left), field="quantity")
    return rows[lot_id].code, other.code
