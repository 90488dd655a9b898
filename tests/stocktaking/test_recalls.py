"""A recalled lot is off sale and stays in the store; every buyer is told once; the page and the trace page say so."""

from __future__ import annotations

import threading

import pytest
from flask import Flask

from shop.audit.checks_losses import CHECKS
from shop.audit.run import run_check
from shop.cooperatives.produce import recalls, stock
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import fulfilment, recalled
from tests.access.identities import signed_in
from tests.orders import market


def call_back(stall: market.Stall) -> int:
    with transaction():
        ids = recalls.recall(stall.lot_id, stall.coop.id, "水分超标", "请不要食用")
        recalled.tell(ids)
    return ids[0]


def lift(stall: market.Stall, recall_id: int) -> None:
    with transaction():
        recalls.lift(recall_id, stall.coop.id, "复检合格")
        recalled.tell_lifted(recall_id)


def test_off_sale_at_once_and_on_sale_again_when_lifted(db_session: object) -> None:
    stall = market.stall(packs=4)
    recall_id = call_back(stall)
    assert stock.on_sale([stall.produce_id], clock.today()) == {stall.produce_id: 0}
    db.session.rollback()
    with pytest.raises(Conflict):
        call_back(stall)
    lift(stall, recall_id)
    with pytest.raises(Conflict):
        lift(stall, recall_id)
    assert stock.on_sale([stall.produce_id], clock.today()) == {stall.produce_id: 2000}
    db.session.rollback()
    assert call_back(stall) != recall_id
    assert [row.seq for row in recalls.of_lot(stall.lot_id, stall.coop.id)] == [2, 1]
    db.session.rollback()


def test_every_buyer_is_told_once_and_every_line_listed(db_session: object) -> None:
    stall = market.stall(packs=20)
    twice, once, gone = market.buyer(), market.buyer("王小华"), market.buyer()
    for who in (twice, twice, once):
        market.paid(who, {stall.sku_id: 1})
    market.place(gone, {stall.sku_id: 1})
    recall_id = call_back(stall)
    with transaction():
        recalled.tell([recall_id])  # repeated: nothing more
    told = market.rows("select key, order_id from reminder where kind = 'recalled' order by key")
    assert len(told) == 3
    lines = recalled.affected(recall_id, stall.coop.id)
    db.session.rollback()
    assert len(lines) == 4
    assert {line.buyer for line in lines} == {"李*士", "王*华"}
    assert all(line.held == 500 and "****" in line.phone and line.told == "waiting" for line in lines)
    assert recalled.affected(recall_id, stall.coop.id + 1) == []
    db.session.rollback()


def test_nothing_of_it_is_dispatched(db_session: object) -> None:
    stall = market.stall(packs=20)
    market.paid(market.buyer(), {stall.sku_id: 1})
    part = market.row("select id from suborder")
    recall_id = call_back(stall)
    with pytest.raises(Refused, match="已召回，不能发货"), transaction():
        fulfilment.ship(part.id, stall.coop.id, "sf", "SF1234567890", None)
    lift(stall, recall_id)
    with transaction():
        fulfilment.ship(part.id, stall.coop.id, "sf", "SF1234567890", None)


def test_the_buyer_and_everybody_else_read_why(app: Flask, db_session: object) -> None:
    stall, who = market.stall(packs=4), market.buyer()
    market.paid(who, {stall.sku_id: 1})
    number = market.row("select number from customer_order").number
    code = market.row("select trace_code from lot where id = :id", id=stall.lot_id).trace_code
    browser = signed_in(app, who.id)
    assert "已召回" not in browser.get(f"/orders/{number}").text
    recall_id = call_back(stall)
    for address in (f"/orders/{number}", f"/t/{code}"):
        page = browser.get(address).text
        assert "已召回" in page
        assert "水分超标" in page
        assert "请不要食用" in page
    lift(stall, recall_id)
    for address in (f"/orders/{number}", f"/t/{code}"):
        assert "已召回" not in browser.get(address).text
    assert "召回已解除" in browser.get(f"/orders/{number}").text
    assert "复检合格" in browser.get(f"/orders/{number}").text
    market.paid(who, {stall.sku_id: 1})
    later = market.row("select number from customer_order order by id desc limit 1").number
    assert "召回已解除" not in browser.get(f"/orders/{later}").text


def test_who_was_told_hears_that_it_is_over_once(db_session: object) -> None:
    """Not who never had the warning: it is not sent any more; and the audit misses a message that is not there."""
    stall = market.stall(packs=20)
    told, waiting = market.buyer(), market.buyer("王小华")
    for who in (told, told, waiting):
        market.paid(who, {stall.sku_id: 1})
    recall_id = call_back(stall)
    with transaction():
        market.row(
            "update reminder set state = 'sent', sent_at = now() where key = :key returning id",
            key=f"recall:{recall_id}:{told.id}",
        )
    lift(stall, recall_id)
    with transaction():
        recalled.tell_lifted(recall_id)  # repeated: nothing more
    over = market.rows("select key, channel, state from reminder where kind = 'recall_lifted'")
    assert [tuple(row) for row in over] == [(f"recall_lift:{recall_id}:{told.id}", "sms", "waiting")]
    unsent = market.row("select state from reminder where key = :key", key=f"recall:{recall_id}:{waiting.id}")
    assert unsent.state == "dropped"
    check = next(check for check in CHECKS if check.code == "recalls")
    assert run_check(check)["rows"] == []
    with transaction():
        market.row("delete from reminder where kind = 'recall_lifted' returning id")
    assert [row["buyer"] for row in run_check(check)["rows"]] == [told.id]
    db.session.rollback()


def test_others_lots_and_open_lots(db_session: object) -> None:
    stall, other = market.stall(packs=4), market.stall(packs=4)
    with pytest.raises(NotFound), transaction():
        recalls.recall(other.lot_id, stall.coop.id, "x", "x")
    recall_id = call_back(other)
    for read in (recalls.one, recalls.lift):
        with pytest.raises(NotFound), transaction():
            read(recall_id, stall.coop.id, *(["x"] if read is recalls.lift else []))  # type: ignore[operator]


def test_a_recall_against_orders_leaves_nobody_untold(app: Flask, db_session: object) -> None:
    stall = market.stall(packs=10)
    buyers = [market.buyer() for _ in range(4)]
    views = [market.fill(who, {stall.sku_id: 1}) for who in buyers]
    start, placed = threading.Barrier(5), []

    def order(place: int) -> None:
        with app.app_context():
            start.wait()
            try:
                market.place_view(buyers[place], views[place])
                placed.append(place)
            except Refused:
                pass

    def recall() -> None:
        with app.app_context():
            start.wait()
            call_back(stall)

    threads = [threading.Thread(target=order, args=(place,)) for place in range(4)] + [
        threading.Thread(target=recall)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = market.rows(
        "select o.buyer_id from reminder r join customer_order o on o.id = r.order_id where r.kind = 'recalled'"
    )
    assert {row.buyer_id for row in told} == {buyers[place].id for place in placed}
    with pytest.raises(Refused):
        market.place(market.buyer(), {stall.sku_id: 1})
