"""异常: each rule with rows that trip it and rows just under its threshold; explained until the figures change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from shop.accounts import registration
from shop.audit import odd
from shop.catalog.models import SkuPrice
from shop.cooperatives.people import capacity
from shop.cooperatives.people.models import Household
from shop.core import clock
from shop.core.db import insert_rows, session, transaction
from shop.core.errors import Conflict
from shop.core.kept import STORE
from shop.orders import attributing
from tests.access.identities import TOWN
from tests.orders import market
from tests.support import town_builder as town
from tests.township.town_desk import staff

Find = Callable[[str], list[odd.Finding]]


@pytest.fixture
def find(app: Flask, db_session: Any) -> Find:
    def found(rule: str) -> list[odd.Finding]:
        app.extensions.pop(STORE, None)
        rows = [finding for finding in odd.find(TOWN) if finding.rule.code == rule]
        session().rollback()
        return rows

    return found


def put(statement: str, **values: Any) -> None:
    with transaction():
        session().execute(text("set local session_replication_role = replica"))
        session().execute(text(statement), values)


def test_sold_and_attributed_to_nobody(find: Find) -> None:
    stall = market.stall()
    order = market.paid(market.buyer(), {stall.sku_id: 1}, attribute=False).order_id
    put("update customer_order set paid_at = now() - interval '59 minutes' where id = :o", o=order)
    assert find("unattributed") == []
    put("update customer_order set paid_at = now() - interval '61 minutes' where id = :o", o=order)
    (row,) = find("unattributed")
    assert (row.figures["net_fen"], row.figures["attributed_fen"]) == (6800, 0)
    assert "¥68.00" in row.says()
    with transaction():
        attributing.attribute_orders([order])
    assert find("unattributed") == []
    put("update attribution set fen = fen + 1 where id = (select min(id) from attribution)")
    assert [row.figures["attributed_fen"] for row in find("unattributed")] == [6801]


def test_paid_and_not_sent_sent_and_not_received(find: Find) -> None:
    stall = market.stall()
    order = market.paid(market.buyer(), {stall.sku_id: 1}).order_id
    moved = "update customer_order set paid_at = now() - make_interval(hours => :h) where id = :o"
    put(moved, h=7 * 24 - 1, o=order)
    assert find("unsent") == []
    put(moved, h=7 * 24 + 1, o=order)
    assert len(find("unsent")) == 1
    today = clock.today()
    put("update order_line set ships_from = :d", d=today - timedelta(days=6))
    assert find("unsent") == []
    put("update order_line set ships_from = :d", d=today - timedelta(days=7))
    assert len(find("unsent")) == 1
    sent = "update suborder set state = 'shipped', shipped_at = now() - make_interval(hours => :h) where order_id = :o"
    put(sent, h=15 * 24 - 1, o=order)
    assert find("unsent") + find("unreceived") == []
    put(sent, h=15 * 24 + 1, o=order)
    assert [row.place.partition(":")[0] for row in find("unreceived")] == ["order"]


def brought(stall: market.Stall, produce_id: int, grams: list[int]) -> None:
    with transaction():
        for party, quantity in zip(stall.parties, grams, strict=False):
            town.deliver(stall.coop, produce_id, "buyout", town.Goods(party, quantity, 5000), clock.today())


def test_far_more_than_the_others(find: Find) -> None:
    stall = market.stall(households=6)
    brought(stall, stall.produce_id, [10_000, 10_000, 10_000, 10_000, 10_000, 50_000])
    assert find("over_median") == []
    brought(stall, stall.produce_id, [0 + 1, 1, 1, 1, 1, 6])  # 10,001 g each, and 50,006 g
    (row,) = find("over_median")
    assert (row.figures["brought_g"], row.figures["median_g"], row.figures["households"]) == (
        50_006,
        10_001,
        6,
    )
    few = market.stall(households=4)
    brought(few, few.produce_id, [10_000, 10_000, 10_000, 900_000])
    assert len(find("over_median")) == 1


def test_more_than_land_and_hives_give(find: Find) -> None:
    stall = market.stall(households=6)
    member = stall.parties[5]
    assert member.household_id
    by = market.buyer().id
    brought(stall, stall.produce_id, [10_000] * 5 + [60_000])
    assert len(find("over_median")) == 1
    with transaction():
        capacity.enter(
            member.household_id, "land_mu", 3, date(clock.today().year, 1, 1), by
        )  # 0.3 mu: 600 kg
    assert find("over_median") + find("over_capacity") == []
    with transaction():
        capacity.enter(
            member.household_id, "land_mu", 0, date(clock.today().year, 1, 1), by
        )  # the later row counts
    (row,) = find("over_capacity")
    assert (row.figures["brought_g"], row.figures["most_g"]) == (60_000, 0)
    assert "土地" in row.says()
    with transaction():
        honey = town.produce(stall.coop, "蜂蜜")
        capacity.enter(stall.parties[0].household_id or 0, "hives", 2, date(clock.today().year, 1, 1), by)
    brought(stall, honey, [100_000])
    assert len(find("over_capacity")) == 1
    brought(stall, honey, [1])
    assert sorted(row.figures["what"] for row in find("over_capacity")) == ["hives", "land_mu"]


def test_members_and_managers_buy_their_own(find: Find) -> None:
    stall = market.stall(packs=60)
    buyer, manager, stranger = market.buyer(), market.buyer(), market.buyer()
    phone = session().execute(text("select phone from user_account where id = :u"), {"u": buyer.id}).scalar()
    session().rollback()
    with transaction():
        member = session().scalars(select(Household).order_by(Household.id)).first()
        assert member is not None
        member.phone = phone
        registration.grant(
            manager.id, "manager", duty="stock", cooperative_id=stall.coop.id, valid_from=date(2020, 1, 1)
        )
    for who in (buyer, manager, stranger):
        market.paid(who, {stall.sku_id: 7})
    assert find("own_buyer") == []
    for who in (buyer, manager, stranger):
        market.paid(who, {stall.sku_id: 1})
    rows = find("own_buyer")
    assert sorted((row.figures["what"], row.figures["bought_fen"], row.figures["orders"]) for row in rows) == [
        ("manager", 54_400, 2), ("member", 54_400, 2),
    ]  # fmt: skip


def test_one_buyer_takes_most_of_a_month(find: Find) -> None:
    stall = market.stall(packs=60)
    first, second = market.buyer(), market.buyer()
    market.paid(first, {stall.sku_id: 14})
    assert find("one_buyer") == []  # all of it, but the month is small
    market.paid(second, {stall.sku_id: 14})
    assert find("one_buyer") == []  # exactly half
    market.paid(first, {stall.sku_id: 1})
    (row,) = find("one_buyer")
    assert (row.figures["bought_fen"], row.figures["all_fen"]) == (15 * 6800, 29 * 6800)


def price(sku_id: int, fen: int, days_ago: int) -> None:
    with transaction():
        row = {"sku_id": sku_id, "price_fen": fen, "valid_from": clock.today() - timedelta(days=days_ago)}
        insert_rows(SkuPrice, [row])


def test_a_price_that_jumps(find: Find) -> None:
    low, high, slow, steps = (market.stall() for _ in range(4))
    price(low.sku_id, 8_840, 0)  # 30 %
    price(slow.sku_id, 8_160, 40)
    price(slow.sku_id, 9_792, 0)
    assert find("price_jump") == []
    price(high.sku_id, 8_841, 0)
    price(steps.sku_id, 8_160, 20)
    price(steps.sku_id, 9_792, 0)
    found = {row.figures["now_fen"]: row.figures["was_fen"] for row in find("price_jump")}
    assert found == {8_841: 6_800, 9_792: 6_800}
    price(high.sku_id, 3_000, 91)
    assert len(find("price_jump")) == 2


def test_a_price_far_from_its_like(find: Find) -> None:
    stall = market.stall(packs=60)
    with transaction():
        _product, twice = town.sku(stall.coop, stall.produce_id, unit_quantity=500, price_fen=13_600)
        _product, more = town.sku(stall.coop, stall.produce_id, unit_quantity=500, price_fen=13_601)
        _product, half = town.sku(stall.coop, stall.produce_id, unit_quantity=1000, price_fen=6_799)
    who = market.buyer()
    market.paid(who, {more: 1})
    assert find("price_far") == []  # nothing to compare with
    for _ in range(4):
        market.paid(who, {stall.sku_id: 1})
    market.paid(who, {twice: 1})
    assert [row.figures["unit_fen"] for row in find("price_far")] == [13_601]
    market.paid(who, {half: 1})
    assert sorted(row.figures["unit_fen"] for row in find("price_far")) == [6_799, 13_601]


def test_an_account_changed_shortly_before_the_money_goes(find: Find) -> None:
    stall = market.stall()
    values = {"c": stall.coop.id, "h": stall.parties[0].household_id, "u": market.buyer().id}
    account = (
        "insert into payee_account (id, cooperative_id, household_id, holder, bank, account, last_four, requested_by,"
        " approved_by, approved_at, effective_at) values (:id, :c, :h, 'x', '农行', 'x', '1234', :u, :u + 1, :at, :at)"
    )
    now = clock.now()
    put(account, id=1, at=now - timedelta(days=400), **values)
    put(account, id=2, at=now - timedelta(days=7, minutes=1), **values)
    put(
        "insert into payout_batch (id, cooperative_id, number, source, settlement_id, total_fen, made_by, made_at)"
        " values (1, :c, 'F1', 'settlement', 1, 100, :u, :at)", at=now, **values,
    )  # fmt: skip
    put(
        "insert into payout (batch_id, cooperative_id, seq, household_id, payee_account_id, settlement_line_id, amount_fen)"
        " values (1, :c, 1, :h, 2, 1, 100)", **values,
    )  # fmt: skip
    assert find("bank_changed") == []
    put("update payee_account set approved_at = :at where id = 2", at=now - timedelta(days=6, hours=23))
    (row,) = find("bank_changed")
    assert row.place == "batch:1"
    put("delete from payee_account where id = 1")  # the first account is no change
    assert find("bank_changed") == []


def test_what_the_audit_said_of_stock(find: Find) -> None:
    checks = (
        '[{"code": "lot-moves", "name": "批次", "count": %s, "rows": []},'
        ' {"code": "prices", "name": "价", "count": 3, "rows": []}]'
    )
    said = "insert into audit_result (started_at, clean, checks) values (now(), false, cast(:c as jsonb))"
    put(said, c=checks % 2)
    assert [row.subject for row in find("stock")] == ["audit:lot-moves"]
    put(said, c=checks % 0)
    assert find("stock") == []


def test_explained_until_the_figures_change(app: Flask, find: Find) -> None:
    stall = market.stall(packs=60)
    who = market.buyer()
    market.paid(who, {stall.sku_id: 15})
    clerk, leader = staff(app, "clerk"), staff(app, "leader")
    (row,) = find("one_buyer")
    form = {"rule": "one_buyer", "subject": row.subject, "fingerprint": row.fingerprint}
    page = clerk.get("/odd")
    assert "还没说明的 1 条" in page
    assert f"first={clock.today():%Y-%m}-01" in page, "one click leads to the month's rows"
    leader.post("/odd", 403, **form, reason="问过了，是单位食堂")
    page = clerk.post("/odd", 422, **form, reason="好")
    assert "请写明核实的结果" in page
    assert 'value="好"' in page
    assert "请填写说明" in clerk.post("/odd", 422, **form, reason=" ")
    clerk.post("/odd", 303, **form, reason="问过了，是单位食堂")
    clerk.post("/odd", 303, **form, reason="又问了一次")
    assert [r.reason for r in clerk.rows("select reason from odd_note")] == ["问过了，是单位食堂"]
    page = clerk.get("/odd")
    assert "没有要看的异常" in page
    assert "问过了，是单位食堂" in page
    assert "核实异常</strong>" in clerk.get("/activity?kind=approve")
    market.paid(who, {stall.sku_id: 1})
    assert "还没说明的 1 条" in clerk.get("/odd")
    with pytest.raises(Conflict), transaction():
        odd.note(TOWN, **form, reason="旧的数字", by=clerk.user_id)
    session().rollback()
    clerk.post("/odd", 303, rule="nothing", subject="x", fingerprint="y", reason="没有这条")
    assert len(clerk.rows("select id from odd_note")) == 1
    with pytest.raises(Exception, match="append-only"):
        clerk.rows("delete from odd_note")
    session().rollback()


def test_another_town_is_not_told(app: Flask, find: Find) -> None:
    stall = market.stall(packs=60)
    market.paid(market.buyer(), {stall.sku_id: 15})
    put(
        "insert into region (code, name, level, parent_code) values ('420302999', '别的镇', 'township', '420302')"
    )
    assert [row for row in odd.find("420302999") if row.rule.code == "one_buyer"] == []
    assert len(find("one_buyer")) == 1
    (row,) = find("one_buyer")
    other = staff(app, "clerk", "420302999", "+8613700000067")
    other.post(
        "/odd", 303, rule="one_buyer", subject=row.subject, fingerprint=row.fingerprint, reason="不是我们的"
    )
    assert other.rows("select id from odd_note") == []
