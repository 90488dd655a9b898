"""Closing an account: refused while something is open, thorough when it happens, safe against another tab."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import scoped_session

from shop.accounts import registration
from shop.audit.run import CHECKS, run_check
from shop.core import clock
from shop.core.db import Base, db, insert_rows, transaction
from shop.core.errors import Refused
from shop.core.privacy import Encrypted, decrypt
from shop.orders import basket, gifts, invoices
from shop.orders.attempts import retried
from shop.personal import inventory, leaving
from tests.access.identities import signed_in
from tests.orders import market
from tests.storefront.forms import error_beside

GIFT = "王小华 13900139001 湖北省武汉市洪山区珞喻路2号 2"
WORDS = ("李女士", "珞喻路", "王小华", "不要辣", "新年好", "赵先生", "放门口")


def received(order_id: int) -> None:
    """As if everything of it had come: state only."""
    with transaction() as session:
        session.execute(
            text("update suborder set state = 'received', shipped_at = now(), received_at = now(), note = '放门口'"
                 " where order_id = :o"), {"o": order_id},
        )  # fmt: skip
        session.execute(text("update customer_order set note = '不要辣' where id = :o"), {"o": order_id})


def proven(user_id: int) -> str:
    """A password for the account; returns it."""
    with transaction():
        registration.set_password(user_id, "+8600", "香菇木耳黄花菜笋干茶叶", None)
    return "香菇木耳黄花菜笋干茶叶"


def everything_of(user_id: int) -> str:
    """All columns of all rows that a closed account leaves, sealed ones opened."""
    found = []
    order = "select id from customer_order where buyer_id = :u"
    line = (
        f"select l.id from order_line l join suborder s on s.id = l.suborder_id where s.order_id in ({order})"
    )
    places = {
        "user_account": "id = :u", "address": "user_id = :u", "invoice_heading": "user_id = :u",
        "customer_order": "buyer_id = :u", "suborder": f"order_id in ({order})", "gift_recipient": f"line_id in ({line})",
    }  # fmt: skip
    for table, where in places.items():
        for row in market.rows(f"select * from {table} where {where}", u=user_id):
            found += [
                decrypt(bytes(value)) if isinstance(value, bytes | memoryview) else str(value)
                for value in row
            ]
    return "\n".join(found)


def broken() -> int:
    check = next(check for check in CHECKS if check.code == "closed-accounts")
    return int(run_check(check)["count"])


def test_nothing_of_the_person_is_left_but_the_trade(app: Flask, db_session: scoped_session) -> None:
    goods, who = market.stall(), market.buyer()
    phone = market.rows("select phone from user_account where id = :u", u=who.id)[0].phone
    with transaction():
        heading = invoices.save(who.id, {"kind": "person", "title": "赵先生", "tax_code": None})
    first = market.place(who, {goods.sku_id: 2}, heading_id=heading)
    second = market.place(who, {goods.sku_id: 1}, heading_id=heading)
    gift = retried(
        lambda: gifts.place(who.id, goods.sku_id, GIFT, "g-1", giver=("赵先生", phone), greeting="新年好")
    )
    for placed in (first, second, gift):
        with transaction():
            market.pay_order(placed.order_id)
        received(placed.order_id)
    with transaction():
        part = market.rows("select id from suborder where order_id = :o", o=first.order_id)[0].id
        invoices.issue(part, goods.coop.id, "1" * 20, clock.today(), who.id)
        basket.add(basket.buyer(who.id), goods.sku_id, 1)
    before = market.rows(
        "select sum(total_fen) as fen, count(*) as n from customer_order where buyer_id = :u", u=who.id
    )
    kept = everything_of(who.id)
    assert all(word in kept for word in WORDS)
    with transaction():
        assert leaving.close(who.id)
    with transaction():
        assert not leaving.close(who.id)  # twice is once
    left = everything_of(who.id)
    assert [word for word in WORDS if word in left] == [
        "赵先生"
    ]  # the heading of the invoice that was issued
    assert phone not in left
    assert "13900139001" not in left
    titles = market.rows("select invoice_kind from customer_order where buyer_id = :u order by id", u=who.id)
    assert [row.invoice_kind for row in titles] == ["person", "", ""]
    after = market.rows(
        "select sum(total_fen) as fen, count(*) as n from customer_order where buyer_id = :u", u=who.id
    )
    assert after == before
    assert market.rows("select orders from account_closure where user_id = :u", u=who.id)[0].orders == 3
    assert broken() == 0
    with transaction():
        again = registration.by_phone_or_new(phone)  # the same phone: a new account, with nothing of the old
    assert again not in {None, who.id}
    assert not market.rows("select 1 from customer_order where buyer_id = :u", u=again)


def test_open_orders_and_money_on_its_way_stand_against_it(db_session: scoped_session) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    assert leaving.obstacles(who.id)[0].numbers == (placed.number,)
    with pytest.raises(Refused, match="没有办完"), transaction():
        leaving.close(who.id)
    with transaction():
        market.pay_order(placed.order_id)
    assert leaving.obstacles(who.id)
    received(placed.order_id)
    assert leaving.obstacles(who.id) == []
    for state in ("created", "pending", "failed"):
        with transaction() as session:
            session.execute(text("delete from refund"))
            session.execute(
                text("insert into refund (payment_id, order_id, kind, key, amount_fen, state)"
                     " select id, order_id, 'amount', 'r', 100, :s from payment where order_id = :o"),
                {"s": state, "o": placed.order_id},
            )  # fmt: skip
        with pytest.raises(Refused, match="退款在路上"), transaction():
            leaving.close(who.id)
    with transaction() as session:
        session.execute(text("update refund set state = 'succeeded', succeeded_at = now()"))
    with transaction():
        assert leaving.close(who.id)


def test_an_order_in_another_tab_and_the_closing_never_both_happen(
    app: Flask, db_session: scoped_session
) -> None:
    goods = market.stall(packs=50)
    for _ in range(6):
        who = market.buyer()
        view = market.fill(who, {goods.sku_id: 1})
        outcomes: dict[str, str] = {}
        start = threading.Barrier(2)

        def run(
            name: str, deed: Callable[[], Any], into: dict[str, str] = outcomes, start: Any = start
        ) -> None:
            with app.app_context(), app.test_request_context():
                start.wait()
                try:
                    deed()
                    into[name] = "done"
                except (Refused, DBAPIError) as error:
                    into[name] = str(error)
                finally:
                    db.session.remove()

        def order(who: market.Buyer = who, view: Any = view) -> None:
            market.place_view(who, view)

        def close(who: market.Buyer = who) -> None:
            retried(lambda: leaving.close(who.id))

        threads = [threading.Thread(target=run, args=pair) for pair in (("order", order), ("close", close))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        words = outcomes["order"] + outcomes["close"]
        assert words.count("done") == 1, outcomes
        # the account is closed already, an order is open, or (after a deadlock, tried again) the basket went with the account
        assert any(why in words for why in ("is closed", "没有办完", "购物车里没有商品")), outcomes
        assert broken() == 0
        db_session.rollback()


@pytest.mark.parametrize("model", ["address", "customer_order", "basket", "invoice_heading"])
def test_nothing_new_is_tied_to_a_closed_account(db_session: scoped_session, model: str) -> None:
    who = market.buyer()
    with transaction():
        leaving.close(who.id)
    words = {
        "address": "insert into address (user_id, recipient, phone, province, city, district, detail)"
                   " values (:u, '', '', '', '', '', '')",
        "customer_order": "update customer_order set buyer_id = :u",
        "basket": "insert into basket (user_id) values (:u)",
        "invoice_heading": "insert into invoice_heading (user_id, kind, title) values (:u, 'person', '')",
    }[model]  # fmt: skip
    if model == "customer_order":
        market.place(market.buyer(), {market.stall().sku_id: 1})
    with pytest.raises(DBAPIError, match="is closed"), transaction() as session:
        session.execute(text(words), {"u": who.id})


def test_the_page_asks_for_a_proof_and_ends_everything(app: Flask, db_session: scoped_session) -> None:
    who = market.buyer()
    password = proven(who.id)
    here, there = signed_in(app, who.id), signed_in(app, who.id)
    page = here.get("/me/leave").text
    assert "第三十一条" in page
    unsure = here.post("/me/leave", data={"now": password})
    assert unsure.status_code == 422
    assert "勾选" in error_beside(unsure.text, "sure")
    assert "密码不对" in error_beside(here.post("/me/leave", data={"now": "wrong", "sure": "1"}).text, "now")
    assert here.post("/me/leave", data={"sure": "1"}).status_code == 422
    gone = here.post("/me/leave", data={"now": password, "sure": "1"})
    assert (gone.status_code, gone.location) == (303, "/")
    assert "/signin" in here.get("/me").location
    assert "/signin" in there.get("/me").location
    assert not market.rows("select 1 from user_session where user_id = :u and revoked_at is null", u=who.id)


def test_a_code_for_signing_in_closes_no_account(app: Flask, db_session: scoped_session) -> None:
    who = market.buyer()
    phone = market.rows("select phone from user_account where id = :u", u=who.id)[0].phone
    here = signed_in(app, who.id)
    app.test_client().post("/signin/code", data={"phone": phone, "act": "send"})
    assert here.post("/me/leave", data={"code": last_code(app, phone), "sure": "1"}).status_code == 422
    with transaction() as session:
        session.execute(text("update login_code set sent_at = sent_at - interval '2 minutes'"))
    assert here.post("/me/leave", data={"act": "send"}).status_code == 200
    assert here.post("/me/leave", data={"code": last_code(app, phone), "sure": "1"}).status_code == 303


def last_code(app: Flask, phone: str) -> str:
    sent = Path(app.extensions["settings"].sms_console_file).read_text("utf-8")
    return str(re.findall(rf"{re.escape(phone)}\t验证码 (\d{{6}})", sent)[-1])


@pytest.mark.parametrize(
    "role, words",
    [("manager", "合作社办公账号"), ("staff", "工作人员账号"), ("operator", "平台运维账号")],
)
def test_officers_are_told_whom_to_ask(app: Flask, db_session: scoped_session, role: str, words: str) -> None:
    who, stall = market.buyer("张会计"), market.stall()
    password = proven(who.id)
    with transaction() as session:
        session.execute(
            text(
                "insert into region (code, name, level) values ('420302100', '大川镇', 'township') on conflict do nothing"
            )
        )
        scope: dict[str, Any] = {
            "manager": {"cooperative_id": stall.coop.id, "duty": "manager"},
            "staff": {"region_code": "420302100", "duty": "clerk"},
        }.get(role, {})
        registration.grant(who.id, role, valid_from=clock.today(), **scope)
    client: FlaskClient = signed_in(app, who.id)
    page = client.get("/me/leave").text
    assert words in page
    assert "我看过了" not in page
    assert client.post("/me/leave", data={"now": password, "sure": "1"}).status_code == 422
    with transaction() as session:
        session.execute(
            text("update role_grant set valid_from = current_date - 9, valid_to = current_date - 2")
        )
    with transaction():
        assert leaving.close(who.id)
    # the books say who made an entry: the name of a former officer stays, nothing else does
    assert market.rows("select name from user_account where id = :u", u=who.id)[0].name == "张会计"


def test_every_table_with_a_persons_data_is_listed(app: Flask) -> None:
    personal = {
        table.name
        for table in Base.metadata.tables.values()
        if any(isinstance(column.type, Encrypted) for column in table.columns)
        or any(
            key.column.table.name == "user_account" for column in table.columns for key in column.foreign_keys
        )
        or "phone" in table.columns
    }
    listed = inventory.DELETED | inventory.BLANKED | set(inventory.KEPT)
    assert personal - listed == set(), (
        "say in shop/personal/inventory.py what closing an account does to these"
    )
    assert listed - set(Base.metadata.tables) == set()


def test_a_closing_needs_no_rows(db_session: scoped_session) -> None:
    who = market.buyer()
    with transaction():
        insert_rows(leaving.AccountClosure, [{"user_id": who.id, "orders": 0}])
    assert broken() > 0  # closed on paper only
