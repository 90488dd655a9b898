"""预售: a day of dispatch is promised to whoever orders before it, and stays on the line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shop.catalog import shelf
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import Refused
from shop.orders import parts
from tests.orders import market


def _offer(stall: market.Stall, days: int | None) -> None:
    row = market.row("select * from product where id = :id", id=stall.product_id)
    day = None if days is None else clock.today() + timedelta(days=days)
    texts = shelf.Texts(
        row.name,
        origin=row.origin or "湖北",
        grade=row.grade,
        certificate_no=row.certificate_no or "HB-1",
        ships_from=day,
    )
    with transaction():
        shelf.edit(stall.product_id, stall.coop.id, row.category_id, texts, by=None)


def _promised(order_id: int) -> list[object]:
    found = [line.ships_from for part in parts.parts_of([order_id])[order_id] for line in part.lines]
    db.session.rollback()
    return found


def test_the_day_is_copied_onto_the_order_and_stays(db_session: object) -> None:
    stall = market.stall(packs=9)
    _offer(stall, 12)
    ahead = market.paid(market.buyer(), {stall.sku_id: 1})
    _offer(stall, None)
    now = market.paid(market.buyer(), {stall.sku_id: 1})
    assert _promised(ahead.order_id) == [clock.today() + timedelta(days=12)]
    assert _promised(now.order_id) == [None]


@pytest.mark.parametrize("days", [0, -1, 181])
def test_a_day_that_is_no_promise_is_refused(db_session: object, days: int) -> None:
    stall = market.stall(packs=2)
    with pytest.raises(Refused) as refused:
        _offer(stall, days)
    assert refused.value.field == "ships_from"


def test_a_day_that_has_come_promises_nothing_and_blocks_no_edit(db_session: object) -> None:
    stall = market.stall(packs=2)
    with transaction():
        market.row(
            "update product set ships_from = :day where id = :id returning id",
            day=clock.today() - timedelta(days=1), id=stall.product_id,
        )  # fmt: skip
    _offer(stall, -1)
    placed = market.paid(market.buyer(), {stall.sku_id: 1})
    assert _promised(placed.order_id) == [None]
