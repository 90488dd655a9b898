"""Holding and shipping goods: exact counters, no overselling, expired and open lots left alone."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from shop.cooperatives.produce import stock
from shop.cooperatives.produce.models import Lot
from shop.core.db import db, transaction
from shop.core.errors import NotFound, Refused
from tests.support import town_builder as town

TODAY = town.SOLD_ON


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative()


def _lot(coop: town.Coop, produce_id: int, quantity: int, best_before: date = town.BEST_BEFORE) -> int:
    goods = [town.Goods(town.member(coop), quantity, 1000)]
    return town.closed_lot(coop, produce_id, "buyout", goods, best_before=best_before)


def _counters(lot_id: int) -> tuple[int, int]:
    return tuple(db.session.execute(select(Lot.reserved, Lot.shipped).where(Lot.id == lot_id)).one())  # type: ignore[return-value]


def test_first_expiring_then_first_in(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        later = _lot(coop, produce_id, 100)
        soon = _lot(coop, produce_id, 100, TODAY)
        expired = _lot(coop, produce_id, 100, TODAY - timedelta(days=1))
        last = _lot(coop, produce_id, 100)
        town.deliver(
            coop, produce_id, "buyout", town.Goods(town.member(coop), 999, 1000)
        )  # open: not for sale
    assert stock.on_sale([produce_id, 999], TODAY) == {produce_id: 300, 999: 0}
    with transaction():
        taken = stock.reserve([stock.Want(7, produce_id, 250)], TODAY)
    assert [(part.lot_id, part.quantity) for part in taken] == [(soon, 100), (later, 100), (last, 50)]
    assert _counters(expired) == (0, 0)
    assert stock.on_sale([produce_id], TODAY) == {produce_id: 50}


def test_two_wants_of_one_produce_share_its_lots(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        lot_id = _lot(coop, produce_id, 1500)
        taken = stock.reserve([stock.Want(1, produce_id, 1000), stock.Want(2, produce_id, 500)], TODAY)
    assert [(part.key, part.quantity) for part in taken] == [(1, 1000), (2, 500)]
    assert _counters(lot_id) == (1500, 0)


def test_out_of_stock_names_the_want_and_what_is_left(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        lot_id = _lot(coop, produce_id, 1500)
    with pytest.raises(stock.OutOfStock, match=r"500克") as refusal, transaction():
        stock.reserve([stock.Want(1, produce_id, 1000), stock.Want(2, produce_id, 501)], TODAY)
    assert (refusal.value.key, refusal.value.available) == (2, 500)
    assert _counters(lot_id) == (0, 0)
    with pytest.raises(stock.OutOfStock, match="卖完"), transaction():
        stock.reserve([stock.Want(1, 999, 1)], TODAY)
    with pytest.raises(Refused, match="大于 0"), transaction():
        stock.reserve([stock.Want(1, produce_id, 0)], TODAY)


def test_release_and_ship_are_exact(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        lots = [_lot(coop, produce_id, 700), _lot(coop, produce_id, 800)]
        sale = town.sale(coop, produce_id, 1000, 5000)
    with transaction():
        stock.reserve([stock.Want(1, produce_id, 500)], TODAY)
        stock.release([(lots[1], 200), (lots[1], 300)])
    assert [_counters(lot) for lot in lots] == [(700, 0), (300, 0)]
    parcels = [
        (allocation_id, lot_id, coop.id, quantity) for allocation_id, lot_id, quantity in sale.allocations
    ]
    with transaction():
        stock.ship(parcels)
    assert [_counters(lot) for lot in lots] == [(0, 700), (0, 300)]
    assert stock.on_sale([produce_id], TODAY) == {produce_id: 500}
    moved = db.session.execute(
        text("select kind, sum(quantity) from stock_move group by kind order by kind")
    ).all()
    assert [tuple(row) for row in moved] == [("received", 1500), ("shipped", 1000)]
    with pytest.raises(IntegrityError), transaction():
        stock.ship(parcels)
    with pytest.raises(IntegrityError, match="counters"), transaction():
        stock.release([(lots[0], 1)])
    with pytest.raises(NotFound), transaction():
        stock.release([(999_999, 1)])


def test_the_number_of_statements_does_not_grow(coop: town.Coop, app: Flask, sql_counter: object) -> None:
    with transaction():
        kinds = [town.produce(coop) for _ in range(12)]
        for produce_id in kinds:
            _lot(coop, produce_id, 100)
            _lot(coop, produce_id, 100)
    for number in (1, 12):
        with transaction(), sql_counter(app) as count:  # type: ignore[operator]
            taken = stock.reserve([stock.Want(k, k, 150) for k in kinds[:number]], TODAY)
            reserving = count.total
            stock.release([(part.lot_id, part.quantity) for part in taken])
            assert (reserving, count.total) == (2, 3)


def test_buyers_racing_for_the_last_units_never_oversell(coop: town.Coop, app: Flask) -> None:
    with transaction():
        first, second = town.produce(coop), town.produce(coop)
        lots = [_lot(coop, first, 3), _lot(coop, first, 4), _lot(coop, second, 7)]
    start = threading.Barrier(2)
    results: list[str] = []

    def buy(wants: tuple[int, int]) -> None:
        start.wait()
        for _ in range(10):
            with app.app_context():
                try:
                    with transaction():
                        stock.reserve(
                            [stock.Want(n, produce_id, 1) for n, produce_id in enumerate(wants)], TODAY
                        )
                    results.append("sold")
                except stock.OutOfStock:
                    results.append("out")
                finally:
                    db.session.remove()

    threads = [threading.Thread(target=buy, args=(wants,)) for wants in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert sorted(results) == ["out"] * 13 + ["sold"] * 7
    assert [_counters(lot) for lot in lots] == [(3, 0), (4, 0), (7, 0)]


def test_holding_and_giving_back_at_the_same_time_loses_nothing(coop: town.Coop, app: Flask) -> None:
    with transaction():
        produce_id = town.produce(coop)
        lots = [_lot(coop, produce_id, 1000), _lot(coop, produce_id, 1000)]
    start = threading.Barrier(2)
    failures: list[Exception] = []

    def churn(order: int) -> None:
        start.wait()
        try:
            for _ in range(25):
                with app.app_context():
                    with transaction():
                        taken = stock.reserve([stock.Want(1, produce_id, 1100 if order else 700)], TODAY)
                    with transaction():
                        held = [(part.lot_id, part.quantity) for part in taken]
                        stock.release(reversed(held) if order else held)
                    db.session.remove()
        except Exception as error:  # noqa: BLE001 (shown by the assertion below)
            failures.append(error)

    threads = [threading.Thread(target=churn, args=(order,)) for order in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert failures == []
    assert [_counters(lot) for lot in lots] == [(0, 0), (0, 0)]
