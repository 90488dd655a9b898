"""Goods lost in the store: shared over the parts, booked by who bears it, never below what orders hold, found again exactly."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from shop.audit.run import CHECKS, run_check
from shop.cooperatives.income import stock_losses
from shop.cooperatives.income.stock_losses import HeldByOrders, Lost
from shop.cooperatives.income.taking import Part, Pool, give_back, lose, sell
from shop.core.db import db, transaction
from shop.core.errors import NotFound, Refused
from tests.orders import market

CLEAN = (
    "lot-quantity",
    "lot-moves",
    "running-split",
    "goods-value",
    "consigned-due",
    "stock-losses",
    "stock-counts",
    "recalls",
    "reservations",
)


def assert_clean() -> None:
    found = [run_check(check) for check in CHECKS if check.code in CLEAN]
    assert {item["code"] for item in found} == set(CLEAN)
    assert [item for item in found if item["count"]] == []
    db.session.rollback()


def lost(stall: market.Stall, quantity: int, key: str = "k", **more: Any) -> int:
    with transaction():
        return stock_losses.write_off(
            Lost(stall.coop.id, stall.lot_id, quantity, more.pop("reason", "damage"), key, **more)
        )


def booked(loss_id: int) -> dict[str, int]:
    rows = market.rows(
        "select e.account, sum(e.fen)::bigint as fen from ledger_entry e join ledger_transaction t on t.id = e.transaction_id"
        " where t.key = :key group by 1",
        key=f"stock_loss:{loss_id}",
    )
    return {row.account: row.fen for row in rows}


@pytest.mark.parametrize(
    "mode, borne_by, accounts",
    [
        ("buyout", "producers", {"529": 5000, "121": -5000}),  # its own goods: nobody else can bear it
        (
            "consign_fixed",
            "cooperative",
            {"529": 5000, "128": -5000, "114.consigned": 5000, "114.payable": -5000},
        ),
        ("consign_fixed", "producers", {"128": -5000, "114.consigned": 5000}),
        ("consign_commission", "cooperative", {}),
    ],
)
def test_who_bears_it_decides_the_books(
    db_session: object, mode: str, borne_by: str, accounts: dict[str, int]
) -> None:
    stall = market.stall(packs=20, mode=mode)
    loss_id = lost(stall, 1000, borne_by=borne_by)
    assert booked(loss_id) == accounts
    row = market.row("select quantity, value_fen, borne_by from stock_loss where id = :id", id=loss_id)
    assert tuple(row) == (
        1000,
        0 if mode == "consign_commission" else 5000,
        {"buyout": "cooperative", "consign_commission": "producers"}.get(mode, borne_by),
    )
    parts = market.rows("select quantity, fen from stock_loss_part order by id")
    assert sum(part.quantity for part in parts) == 1000
    assert_clean()


@pytest.mark.parametrize("mode", ["buyout", "consign_fixed", "consign_commission"])
def test_sold_and_lost_to_the_last_gram_leaves_no_cost(db_session: object, mode: str) -> None:
    stall = market.stall(packs=20, mode=mode)
    market.paid(market.buyer(), {stall.sku_id: 3})
    lost(stall, 1001, "a")
    market.paid(market.buyer(), {stall.sku_id: 5})
    free = market.row(
        "select written_off + reserved as gone, received from lot where id = :id", id=stall.lot_id
    )
    lost(stall, free.received - free.gone, "b")
    left = market.rows(
        "select account, sum(fen)::bigint as fen from ledger_entry where cooperative_id = :c"
        " and account in ('121', '128', '114.consigned') group by 1 having sum(fen) <> 0",
        c=stall.coop.id,
    )
    assert left == []
    assert_clean()


def test_what_orders_hold_is_not_written_off(db_session: object) -> None:
    stall = market.stall(packs=4)
    market.paid(market.buyer(), {stall.sku_id: 3})
    with pytest.raises(HeldByOrders) as refusal:
        lost(stall, 501)
    assert (refusal.value.free, refusal.value.held) == (500, 1500)
    with pytest.raises(Refused, match="没有这么多"):
        lost(stall, 2001)
    lost(stall, 500)
    with pytest.raises(HeldByOrders):
        lost(stall, 1, "again")
    assert_clean()


def test_a_repeated_key_is_one_loss(db_session: object) -> None:
    stall = market.stall(packs=4)
    assert lost(stall, 500) == lost(stall, 500)
    assert market.row("select written_off from lot where id = :id", id=stall.lot_id).written_off == 500
    assert_clean()


def test_bad_terms_and_other_lots(db_session: object) -> None:
    stall, other = market.stall(packs=4), market.stall(packs=4)
    for more in ({"reason": "x"}, {"borne_by": "x"}, {"quantity": 0}, {"quantity": -1}):
        terms: dict[str, Any] = {"quantity": 1} | more
        with pytest.raises(Refused):
            lost(stall, terms.pop("quantity"), **terms)
    with pytest.raises(NotFound), transaction():
        stock_losses.write_off(Lost(stall.coop.id, other.lot_id, 1, "damage", "k"))


@pytest.mark.parametrize("mode", ["buyout", "consign_fixed", "consign_commission"])
def test_found_again_the_latest_first_and_never_more_than_lost(db_session: object, mode: str) -> None:
    stall = market.stall(packs=20, mode=mode)
    lost(stall, 700, "a")
    market.paid(market.buyer(), {stall.sku_id: 2})
    lost(stall, 333, "b")
    with transaction():
        rows = stock_losses.find_again(stall.coop.id, stall.lot_id, 500, "f")
    assert len(rows) == 2
    assert market.row("select written_off from lot where id = :id", id=stall.lot_id).written_off == 533
    assert_clean()
    with pytest.raises(Refused, match="漏记"), transaction():
        stock_losses.find_again(stall.coop.id, stall.lot_id, 534, "g")
    with transaction():
        stock_losses.find_again(stall.coop.id, stall.lot_id, 533, "h")
    assert_clean()
    net = market.rows(
        "select e.account, sum(e.fen)::bigint as fen from ledger_entry e join ledger_transaction t on t.id = e.transaction_id"
        " where t.kind = 'shrinkage' and e.account in ('529', '114.payable') group by 1 having abs(sum(e.fen)) > 3"
    )
    assert net == []  # the running floor may leave a fen a step, never money


def test_a_borne_loss_is_owed_and_settled_like_a_sale(db_session: object) -> None:
    stall = market.stall(packs=4, mode="consign_fixed")
    lost(stall, 1000)
    due = market.rows(
        "select sum(-e.fen)::bigint as fen, sum(e.quantity)::bigint as quantity from ledger_entry e"
        " where e.account = '114.payable' and e.cooperative_id = :c",
        c=stall.coop.id,
    )
    assert tuple(due[0]) == (5000, 1000)


def test_a_loss_against_an_order_over_the_last_goods(app: Flask, db_session: object) -> None:
    stall = market.stall(packs=2)
    view = market.fill(market.buyer(), {stall.sku_id: 2})
    del view
    buyers = [market.buyer() for _ in range(3)]
    views = [market.fill(who, {stall.sku_id: 2}) for who in buyers]
    start, outcomes = threading.Barrier(4), []

    def order(place: int) -> None:
        with app.app_context():
            start.wait()
            try:
                market.place_view(buyers[place], views[place])
                outcomes.append("order")
            except Refused:
                outcomes.append("refused")

    def loss() -> None:
        with app.app_context():
            start.wait()
            try:
                lost(stall, 1000)
                outcomes.append("loss")
            except Refused:
                outcomes.append("refused")

    threads = [threading.Thread(target=order, args=(place,)) for place in range(3)] + [
        threading.Thread(target=loss)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes).count("refused") == 3
    row = market.row("select reserved, written_off from lot where id = :id", id=stall.lot_id)
    assert row.reserved + row.written_off == 1000
    assert_clean()


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**6)), min_size=1, max_size=6),
    st.lists(st.tuples(st.sampled_from(["sell", "lose", "find"]), st.integers(1, 10**5)), max_size=20),
)
def test_goods_and_cost_are_conserved_whatever_happens(
    parts: list[tuple[int, int]], steps: list[tuple[str, int]]
) -> None:
    pool = Pool(
        1,
        "buyout",
        [Part(n, n, n, n, None, quantity, value, None, 0, 0) for n, (quantity, value) in enumerate(parts, 1)],
    )
    whole, value = sum(part[0] for part in parts), sum(part[1] for part in parts)
    cost = out = 0
    for step, wanted in steps:
        if step == "find":
            pieces = [(part, min(part.lost, wanted)) for part in pool.parts if part.lost]
            slices = give_back(pieces)
            cost -= sum(piece.cost_fen for piece in slices)
            out -= sum(piece.quantity for piece in slices)
            continue
        quantity = min(wanted, whole - out)
        slices = lose(pool, quantity) if step == "lose" else sell(pool, quantity, 0)
        cost += sum(piece.cost_fen for piece in slices)
        out += sum(piece.quantity for piece in slices)
        assert sum(piece.quantity for piece in slices) == quantity
    assert sum(part.out for part in pool.parts) == out
    rest = lose(pool, whole - out)
    assert cost + sum(piece.cost_fen for piece in rest) == value
    assert all(part.out == part.quantity for part in pool.parts)


def test_rows_are_never_edited(db_session: object) -> None:
    stall = market.stall(packs=4)
    lost(stall, 10)
    for table in ("stock_loss", "stock_loss_part"):
        with pytest.raises(Exception, match="append-only"), transaction():
            db.session.execute(text(f"update {table} set quantity = quantity + 1"))
