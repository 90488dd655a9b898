"""Stock-taking: shortages are lost, surpluses are earlier losses found, and goods that moved meanwhile are counted again."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask

from shop.cooperatives.income import stock_counts
from shop.cooperatives.income.stock_counts import Counted, Moved, Terms
from shop.cooperatives.income.stock_losses import HeldByOrders
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import NotFound, Refused
from tests.orders import market
from tests.stocktaking.test_losses import assert_clean, lost


def counted(stall: market.Stall, book: int, found: int, key: str = "c") -> int:
    with transaction():
        return stock_counts.post(
            stall.coop.id, [Counted(stall.lot_id, book, found)], Terms(clock.today()), key
        )


@pytest.mark.parametrize("mode", ["buyout", "consign_fixed", "consign_commission"])
def test_the_difference_is_shown_and_then_posted(db_session: object, mode: str) -> None:
    stall = market.stall(packs=20, mode=mode)
    worth = 0 if mode == "consign_commission" else 500
    short = [Counted(stall.lot_id, 10_000, 9_900)]
    assert stock_counts.value(stall.coop.id, short) == {stall.lot_id: -worth}
    db.session.rollback()
    first = counted(stall, 10_000, 9_900)
    over = [Counted(stall.lot_id, 9_900, 9_960)]
    assert stock_counts.value(stall.coop.id, over) == {stall.lot_id: worth * 60 // 100}
    db.session.rollback()
    second = counted(stall, 9_900, 9_960, "d")
    lines = [stock_counts.count(which, stall.coop.id)[1][0] for which in (first, second)]
    assert [(line.book, line.counted, line.value_fen) for line in lines] == [
        (10_000, 9_900, -worth), (9_900, 9_960, worth * 60 // 100),
    ]  # fmt: skip
    db.session.rollback()
    assert_clean()


def test_a_surplus_is_a_missing_receipt(db_session: object) -> None:
    stall = market.stall(packs=4)
    with pytest.raises(Refused, match="漏记了收货"):
        counted(stall, 2000, 2001)
    lost(stall, 10)
    with pytest.raises(Refused, match="漏记了收货") as refusal:
        counted(stall, 1990, 2001)
    assert refusal.value.field == f"lot-{stall.lot_id}"
    counted(stall, 1990, 2000)
    assert_clean()


def test_what_is_ordered_cannot_be_missing(db_session: object) -> None:
    stall = market.stall(packs=4)
    market.paid(market.buyer(), {stall.sku_id: 3})
    with pytest.raises(HeldByOrders):
        counted(stall, 2000, 1499)
    counted(stall, 2000, 1500)
    assert_clean()


def test_goods_that_moved_are_counted_again(db_session: object) -> None:
    stall = market.stall(packs=4)
    lost(stall, 100)
    with pytest.raises(Moved) as conflict:
        counted(stall, 2000, 1990)
    assert conflict.value.lot_ids == (stall.lot_id,)
    assert market.rows("select id from stock_count") == []


def test_a_repeated_press_is_one_count_and_other_lots_do_not_exist(db_session: object) -> None:
    stall, other = market.stall(packs=4), market.stall(packs=4)
    assert counted(stall, 2000, 1990) == counted(stall, 2000, 1990)
    with pytest.raises(NotFound), transaction():
        stock_counts.post(stall.coop.id, [Counted(other.lot_id, 2000, 1)], Terms(clock.today()), "x")
    with pytest.raises(NotFound):
        stock_counts.value(stall.coop.id, [Counted(other.lot_id, 2000, 1)])
    with pytest.raises(NotFound):
        stock_counts.count(10**6, stall.coop.id)
    db.session.rollback()


def test_two_counts_at_once_book_the_shortage_once(app: Flask, db_session: object) -> None:
    stall = market.stall(packs=4)
    start, outcomes = threading.Barrier(2), []

    def count(key: str) -> None:
        with app.app_context():
            start.wait()
            try:
                counted(stall, 2000, 1900, key)
                outcomes.append("posted")
            except Moved:
                outcomes.append("moved")

    threads = [threading.Thread(target=count, args=(key,)) for key in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["moved", "posted"]
    assert market.row("select written_off from lot where id = :id", id=stall.lot_id).written_off == 100
    assert_clean()


def test_the_sheet_lists_closed_lots_with_goods(db_session: object) -> None:
    stall = market.stall(packs=4)
    row = stock_counts.sheet(stall.coop.id)[0]
    assert (row.id, row.on_hand, row.reserved, row.findable) == (stall.lot_id, 2000, 0, 0)
    db.session.rollback()
    lost(stall, 2000)
    row = stock_counts.sheet(stall.coop.id)[0]
    assert (row.on_hand, row.findable) == (0, 2000)
    db.session.rollback()


def test_a_count_below_what_an_order_wants_at_the_same_moment(app: Flask, db_session: object) -> None:
    """The order holds the goods and the count says which orders are in the way, or the count is kept and the order is told
    that the goods are gone: never a lot that owes more than lies there."""
    for again in range(4):
        stall = market.stall(packs=4)
        who = market.buyer()
        view = market.fill(who, {stall.sku_id: 3})
        start, outcomes = threading.Barrier(2), []

        def run(name: str, deed: Callable[[], object], start: threading.Barrier, outcomes: list[str]) -> None:
            with app.app_context():
                start.wait()
                try:
                    deed()
                    outcomes.append(name)
                except HeldByOrders:
                    outcomes.append("held by orders")
                except Refused as refusal:
                    gone = "只剩" in refusal.message or "卖完" in refusal.message
                    outcomes.append("sold out" if gone else refusal.message)
                finally:
                    db.session.remove()

        deeds = {
            "counted": lambda stall=stall, again=again: counted(stall, 2000, 900, f"race-{again}"),
            "ordered": lambda who=who, view=view: market.place_view(who, view),
        }
        threads = [threading.Thread(target=run, args=(name, deed, start, outcomes)) for name, deed in deeds.items()]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) in (["held by orders", "ordered"], ["counted", "sold out"])
        row = market.row("select received, reserved, written_off from lot where id = :id", id=stall.lot_id)
        assert tuple(row) == ((2000, 1500, 0) if "ordered" in outcomes else (2000, 0, 1100))
    assert_clean()
