"""Transfers to the cooperatives' own accounts: deaths, lost answers, races, and the statement that ends the way."""

from __future__ import annotations

import threading

import pytest
from flask import Flask

from shop.core.db import db, transaction
from shop.payments import reconciling
from tests.orders import market
from tests.orders.killing import killed_at
from tests.payments.account_scene import (
    all_ties,
    assert_every_fen_in_one_place,
    balance,
    buy,
    sync,
)
from tests.payments.provider import Provider
from tests.payments.test_connect import BACK, POINTS, _at_provider, _connect, _refund, _transfers, send_all


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_it_is_sent_once(account: Provider, app: Flask, point: str) -> None:
    goods = market.stall()
    _connect(goods.coop.id)
    buy(account, {goods.sku_id: 1})
    sync()
    before = balance("113.provider")
    assert killed_at(app, point, send_all)
    sync()  # where the answer was lost, the provider's list tells
    if point == "connect:answered":
        assert balance("102.connected") == before
    send_all()
    sync()
    assert _at_provider(account) == [(f"acct_coop{goods.coop.id}", before[goods.coop.id], 0)]
    assert balance("102.connected") == before
    assert_every_fen_in_one_place(account)


@pytest.mark.parametrize("point", BACK)
def test_killed_at_any_point_it_is_taken_back_once(account: Provider, app: Flask, point: str) -> None:
    goods = market.stall()
    _connect(goods.coop.id)
    order = buy(account, {goods.sku_id: 1})
    sync()
    send_all()
    _refund(order, 600)
    assert killed_at(app, point, send_all)
    send_all()
    sync()
    assert [back for _to, _fen, back in _at_provider(account)] == [600]
    assert_every_fen_in_one_place(account)


def test_the_answer_is_lost_and_the_key_forgotten(account: Provider, app: Flask) -> None:
    goods = market.stall()
    _connect(goods.coop.id)
    buy(account, {goods.sku_id: 1})
    sync()
    assert killed_at(app, "connect:answered", send_all)
    account.process.control("idempotency/forget")
    with transaction():
        db.session.execute(db.text("update connect_transfer set changed_at = now() - interval '2 days'"))
    send_all()
    assert len(_at_provider(account)) == 1
    assert [state for _coop, _fen, state in _transfers()] == ["sent"]
    sync()
    assert_every_fen_in_one_place(account)


def test_four_workers_at_once_send_and_take_back_once(account: Provider, app: Flask) -> None:
    goods = market.stall()
    _connect(goods.coop.id)
    order = buy(account, {goods.sku_id: 2})
    sync()
    _refund(order, 300)
    _refund(order, 400)
    gate, failed = threading.Barrier(4), []

    def work() -> None:
        with app.app_context():
            gate.wait()
            try:
                send_all()
            except Exception as error:  # noqa: BLE001 (shown by the assertion below)
                failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    send_all()
    assert [back for _to, _fen, back in _at_provider(account)] == [700]
    sync()
    assert_every_fen_in_one_place(account)


def test_the_cooperatives_own_statement_ends_the_way(account: Provider) -> None:
    goods = market.stall()
    _connect(goods.coop.id)
    buy(account, {goods.sku_id: 1})
    sync()
    send_all()
    sync()
    fen = balance("102.connected")[goods.coop.id]
    manager = market.buyer().id
    with transaction():
        line = db.session.execute(
            db.text(
                "insert into bank_statement_line (cooperative_id, reference, booked_on, amount_fen)"
                " values (:c, 'own-1', current_date, :fen) returning id"
            ),
            {"c": goods.coop.id, "fen": fen},
        ).scalar_one()
    with transaction():
        reconciling.book_income(line, goods.coop.id, "connected", manager)
    assert balance("102.connected") == {}
    assert all_ties().cooperatives[0].connected_rows_fen == 0
    assert_every_fen_in_one_place(account)
