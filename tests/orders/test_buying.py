"""Freight rules, pasted addresses, tax codes, gifts and guests: what they promise without a page."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.orm import scoped_session

from shop.core.db import db, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import freight_book, gift_parcels, gifts, guest, invoices
from shop.orders.attempts import retried
from shop.orders.freight import Band, Rule
from shop.orders.tasks import tidy
from tests.orders import market

NEAR = "湖北省十堰市茅箭区"
RULE = Rule(
    1,
    (
        Band("湖北省内", ("湖北省",), 1000, 800, 1000, 200, 9900),
        Band("其他", (), 1000, 1200, 500, 300),
        Band("远", ("西藏自治区",), 1000, 3000),
    ),
    town_fen=300,
    town_district=NEAR,
    town_streets=("大川镇",),
    pickup="大川村村委会",
)
LIST = """姓名,电话,地址,份数
王小华 13800138000 湖北省十堰市茅箭区大川镇人民路1号 2
李红\t13900139000\t湖北省武汉市洪山区珞喻路2号\t3"""


def test_freight_is_reckoned_by_the_rule_in_force_and_kept_on_the_order(db_session: scoped_session) -> None:
    goods, who = market.stall(price_fen=990), market.buyer()
    view = market.fill(who, {goods.sku_id: 5})  # 2.5 kg
    assert view.freight_fen == 1000
    publisher = market.buyer().id
    with transaction():
        freight_book.publish(goods.coop.id, RULE, after=0, by=publisher)
    with pytest.raises(Conflict), transaction():  # the other tab was filled from the first terms
        freight_book.publish(goods.coop.id, Rule(1, RULE.bands[:1]), after=0, by=publisher)
    with pytest.raises(Refused, match="有变化"):
        market.place_view(who, view, expected_fen=view.total_fen)
    with pytest.raises(Refused, match="换一种送货方式"):
        market.place_view(who, view, ways={goods.coop.code: "town"})
    placed = market.place_view(who, view, ways={goods.coop.code: "pickup"})
    part = market.rows(
        "select delivery, freight_fen, freight_basis from suborder where order_id = :o", o=placed.order_id
    )[0]
    assert (part.delivery, part.freight_fen, part.freight_basis["pickup"]) == ("pickup", 0, "大川村村委会")
    other = market.place(market.buyer(), {goods.sku_id: 5})
    part = market.rows(
        "select delivery, freight_fen, freight_basis from suborder where order_id = :o", o=other.order_id
    )[0]
    assert (part.freight_fen, part.freight_basis["version"], part.freight_basis["grams"]) == (1200, 1, 2500)


def test_a_gift_holds_exactly_its_parcels_and_is_ordered_once(db_session: scoped_session) -> None:
    goods, who = market.stall(packs=5), market.buyer()
    counted: list[Any] = []

    def once(key: str = "g-1") -> Any:
        return retried(
            lambda: gifts.place(
                who.id,
                goods.sku_id,
                LIST,
                key,
                giver=("赵", "+8613800138001"),
                greeting="新年好",
                expected_fen=36000,
            )
        )

    event.listen(db.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    placed = once()
    assert len([words for words in counted if not words.startswith(("BEGIN", "SAVEPOINT"))]) <= 10
    assert once().order_id == placed.order_id
    order = market.rows(
        "select goods_fen, freight_fen, total_fen, greeting from customer_order where id = :o",
        o=placed.order_id,
    )
    assert tuple(order[0]) == (34000, 2000, 36000, "新年好")
    assert market.counters(goods.lot_id) == (2500, 2500, 0)
    assert market.broken_holds() == []
    rows = gift_parcels.recipients(
        market.rows("select id from suborder where order_id = :o", o=placed.order_id)[0].id
    )
    assert [(row.recipient, row.count) for row in rows] == [("王小华", 2), ("李红", 3)]
    with pytest.raises(Refused, match="卖完"):
        once("g-2")


def test_a_gift_pressed_in_two_tabs_is_one_order(app: Flask, db_session: scoped_session) -> None:
    goods, who = market.stall(packs=50), market.buyer()
    made: list[int] = []

    def press() -> None:
        with app.app_context(), app.test_request_context():
            try:
                placed = retried(
                    lambda: gifts.place(who.id, goods.sku_id, LIST, "same", giver=("赵", "+8613800138001"))
                )
                made.append(placed.order_id)
            except Conflict:
                made.append(0)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({number for number in made if number}) == 1
    assert market.rows("select count(*) from gift_recipient r join order_line l on l.id = r.line_id"
                       " where l.sku_id = :s", s=goods.sku_id)[0][0] == 2  # fmt: skip
    assert market.counters(goods.lot_id)[1] == 2500


def test_wrong_rows_of_a_list_say_what_to_mend(db_session: scoped_session) -> None:
    goods = market.stall()
    words = (
        "张三 湖北省武汉市洪山区1号\n13800138000 湖北省武汉市洪山区1号\n王五 13800138000 火星1号 2\n"
        "王五 13800138000 湖北省武汉市洪山区1号 0"
    )
    found = gifts.plan(goods.sku_id, words)
    assert found.wrong == 4
    for row, word in zip(found.rows, ("手机号", "收货人", "省份", "数量"), strict=True):
        assert word in row.problem
    with pytest.raises(Refused, match="最多送"):
        gifts.plan(goods.sku_id, "张三\n" * 101)
    with pytest.raises(NotFound):
        gifts.plan(10**9, words)


def test_a_guests_orders_go_to_who_proves_the_phone_once(db_session: scoped_session) -> None:
    goods, who = market.stall(), market.buyer()
    phone = market.rows("select phone from user_account where id = :i", i=who.id)[0].phone
    delivery = {
        "recipient": "游客", "phone": phone, "province": "湖北省", "city": "武汉市", "district": "洪山区", "street": "",
        "detail": "1号",
    }  # fmt: skip
    with transaction():
        user_id, token = guest.open_account(delivery, own_phone=True)
    assert guest.account_of(token) == user_id
    assert guest.account_of(token + "x") is None
    address = market.rows("select id from address where user_id = :u", u=user_id)[0].id
    placed = market.place(market.Buyer(user_id, address), {goods.sku_id: 1})
    stranger = market.buyer().id
    with transaction():
        assert guest.claim(stranger) == 0
        assert guest.claim(who.id, proven=False) == 0  # by password: who holds the number today?
        assert guest.claim(who.id) == 1
        assert guest.claim(who.id) == 0
    assert (
        market.rows("select buyer_id from customer_order where id = :o", o=placed.order_id)[0].buyer_id
        == who.id
    )
    assert guest.account_of(token) is None


def test_a_guest_who_orders_nothing_is_forgotten_after_a_week(db_session: scoped_session) -> None:
    goods = market.stall()
    delivery = {
        "recipient": "王小华", "phone": "+8613900000188", "province": "湖北省", "city": "武汉市", "district": "洪山区",
        "street": "", "detail": "1号",
    }  # fmt: skip
    with transaction():
        idle, token = guest.open_account(delivery)
        buying, kept = guest.open_account(delivery)
    address = market.rows("select id from address where user_id = :u", u=buying)[0].id
    market.place(market.Buyer(buying, address), {goods.sku_id: 1})
    tidy.run()
    assert guest.account_of(token) == idle
    with transaction() as session:
        session.execute(text("update guest_pass set made_at = now() - interval '8 days'"))
    tidy.run()
    assert guest.account_of(token) is None
    assert guest.account_of(kept) == buying
    assert market.rows("select count(*) from address where user_id = :u", u=idle)[0][0] == 0
    assert not market.rows("select active from user_account where id = :u", u=idle)[0].active


def test_invoices_are_noted_once_and_numbers_are_the_cooperatives_own(db_session: scoped_session) -> None:
    goods, who = market.stall(), market.buyer()
    values, problems = invoices.cleaned("unit", "十堰市某中学", "91350100M000100Y43")
    assert not problems
    with transaction():
        heading = invoices.save(who.id, values)
    with pytest.raises(NotFound):
        market.place(market.buyer(), {goods.sku_id: 1}, heading_id=heading)
    placed = market.place(who, {goods.sku_id: 1}, heading_id=heading)
    part = market.rows("select id from suborder where order_id = :o", o=placed.order_id)[0].id
    day = market.rows("select current_date as day")[0].day
    coop = goods.coop.id
    with pytest.raises(Refused, match="还没有付款"):
        invoices.issue(part, coop, "1" * 20, day, who.id)
    with transaction():
        invoices.remove(who.id, heading)
        market.pay_order(placed.order_id)
    with transaction():
        assert invoices.issue(part, coop, "1" * 20, day, who.id)
        assert not invoices.issue(part, coop, "1" * 20, day, who.id)
    with pytest.raises(Conflict), transaction():
        invoices.issue(part, coop, "2" * 20, day, who.id)
    with pytest.raises(Conflict), transaction():
        invoices.issue(part, coop, "2" * 20, day, who.id, replaces="3" * 20)
    with pytest.raises(Refused), transaction():
        invoices.issue(part, coop, "12", day, who.id)
    with pytest.raises(NotFound):
        invoices.wanted(part, coop + 10**6)
    asked = invoices.wanted(part, coop)
    assert (asked.invoice_title, asked.invoice_tax_code, asked.number) == (
        "十堰市某中学",
        "91350100M000100Y43",
        "1" * 20,
    )
