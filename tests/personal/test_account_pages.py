"""Settings, phone, devices, consents and the copy of one's data, as a browser without JavaScript meets them."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import scoped_session

from shop.accounts import consents, devices, registration
from shop.core.db import db, transaction
from shop.core.errors import Refused
from shop.personal import tasks
from tests.access.identities import signed_in
from tests.orders import market
from tests.storefront.forms import error_beside

PASSWORD = "香菇木耳黄花菜笋干茶叶"
NEW = "+8613700000555"


def phone_of(user_id: int) -> str:
    return str(market.rows("select phone from user_account where id = :u", u=user_id)[0].phone)


def last_code(app: Flask, phone: str) -> str:
    sent = Path(app.extensions["settings"].sms_console_file).read_text("utf-8")
    return str(re.findall(rf"{re.escape(phone)}\t验证码 (\d{{6}})", sent)[-1])


@pytest.fixture
def who(db_session: scoped_session) -> market.Buyer:
    who = market.buyer()
    with transaction():
        registration.set_password(who.id, "+8600", PASSWORD, None)
    return who


@pytest.fixture
def here(app: Flask, who: market.Buyer) -> FlaskClient:
    return signed_in(app, who.id)


def test_another_phone_needs_both_proofs_and_tells_the_old_one(
    app: Flask, who: market.Buyer, here: FlaskClient
) -> None:
    old, there = phone_of(who.id), signed_in(app, who.id)
    assert error_beside(here.post("/me/phone", data={"phone": "138", "act": "send_new"}).text, "phone")
    assert "现在的手机号" in error_beside(
        here.post("/me/phone", data={"phone": old, "act": "send_new"}).text, "phone"
    )
    asked = here.post("/me/phone", data={"phone": NEW, "act": "send_new"})
    assert asked.status_code == 200
    assert 'value="+8613700000555"' in asked.text
    code = last_code(app, NEW)
    good = {"phone": NEW, "new_code": code, "now": PASSWORD}
    assert "密码不对" in error_beside(here.post("/me/phone", data=good | {"now": "x"}).text, "now")
    assert error_beside(here.post("/me/phone", data=good | {"now": ""}).text, "now")
    assert error_beside(
        here.post("/me/phone", data=good | {"new_code": "000000" if code != "000000" else "1"}).text,
        "new_code",
    )
    assert phone_of(who.id) == old
    assert here.post("/me/phone", data=good).status_code == 303
    assert phone_of(who.id) == NEW
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 303
    assert (
        "已换了手机号"
        in Path(app.extensions["settings"].sms_console_file).read_text("utf-8").splitlines()[-1]
    )


def test_a_phone_of_another_account_is_told_only_to_its_holder(
    app: Flask, who: market.Buyer, here: FlaskClient
) -> None:
    other = phone_of(market.buyer().id)
    sent = here.post("/me/phone", data={"phone": other, "act": "send_new"})
    assert sent.status_code == 200
    assert "已经有账号" not in sent.text
    answer = here.post("/me/phone", data={"phone": other, "new_code": last_code(app, other), "now": PASSWORD})
    assert answer.status_code == 422
    assert "已经有账号" in error_beside(answer.text, "phone")


def test_two_accounts_that_take_one_phone_at_once(app: Flask, db_session: scoped_session) -> None:
    people = [market.buyer().id for _ in range(3)]
    won: list[int] = []
    refused: list[str] = []

    def take(user_id: int) -> None:
        with app.app_context(), app.test_request_context():
            try:
                with transaction():
                    registration.change_phone(user_id, NEW, None)
                won.append(user_id)
            except Refused as refusal:
                refused.append(refusal.message)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=take, args=(user_id,)) for user_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert all("已经有账号" in words for words in refused)
    assert phone_of(won[0]) == NEW


def test_a_password_is_set_with_a_code_where_there_was_none(app: Flask, db_session: scoped_session) -> None:
    user_id = market.buyer().id
    here, new = signed_in(app, user_id), "大川镇的春天来得早一些"
    assert "设密码" in here.get("/me/password").text
    assert error_beside(here.post("/me/password", data={"password": new, "again": new}).text, "code")
    assert here.post("/me/password", data={"act": "send"}).status_code == 200
    code = last_code(app, phone_of(user_id))
    assert "不一样" in error_beside(
        here.post("/me/password", data={"password": new, "again": "x", "code": code}).text, "again"
    )
    assert here.post("/me/password", data={"password": new, "again": new, "code": code}).status_code == 303
    entered = app.test_client().post("/signin", data={"phone": phone_of(user_id), "password": new})
    assert entered.status_code == 303


def test_guessing_the_password_on_an_open_device_is_limited(who: market.Buyer, here: FlaskClient) -> None:
    statuses = [
        here.post(
            "/me/leave", data={"now": f"guess-{n}", "sure": "1"}, environ_base={"REMOTE_ADDR": f"10.0.{n}.1"}
        ).status_code
        for n in range(12)
    ]
    assert statuses[0] == 422
    assert statuses[-1] == 429


def test_devices_are_named_masked_and_ended(app: Flask, who: market.Buyer, here: FlaskClient) -> None:
    phone = app.test_client()
    phone.post(
        "/signin", data={"phone": phone_of(who.id), "password": PASSWORD}, environ_base={"REMOTE_ADDR": "203.0.113.7"},
        headers={"User-Agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit Chrome/120 MicroMessenger/8.0"},
    )  # fmt: skip
    page = here.get("/me/devices").text
    assert "微信 · 安卓手机" in page
    assert "203.0.*.*" in page
    assert "203.0.113" not in page
    stranger = signed_in(app, market.buyer().id)
    other = re.findall(r'name="session" value="(\d+)"', page)[0]
    stranger.post("/me/devices/end", data={"session": other})
    assert phone.get("/me").status_code == 200  # somebody else's session is not ended
    here.post("/me/devices/end", data={"session": other})
    assert phone.get("/me").status_code == 303
    third = signed_in(app, who.id)
    assert here.post("/me/devices/end", data={"session": "all"}).location == "/"
    assert here.get("/me").status_code == third.get("/me").status_code == 303


def test_addresses_and_names_of_devices() -> None:
    assert devices.masked_address("2001:db8:1::1") == "2001:db8:*"
    assert devices.masked_address("nonsense") == devices.masked_address(None) == ""
    assert devices.described("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Edg/120") == ("Edge", "Windows 电脑")
    assert devices.described(None) == ("", "")


def test_consents_are_dated_rows_and_offers_are_off_until_asked_for(
    app: Flask, who: market.Buyer, here: FlaskClient
) -> None:
    assert not consents.allows(who.id, consents.MARKETING)
    assert "没有开" in here.get("/me/consents").text
    for given in ("0", "1", "1", "0", "1"):
        assert here.post("/me/consents", data={"purpose": "marketing", "given": given}).status_code == 303
    here.post("/me/consents", data={"purpose": "privacy", "given": "0"})  # that would be closing the account
    here.post("/me/consents", data={"purpose": "elsewhat", "given": "1"})
    rows = market.rows(
        "select purpose, given, version from user_consent where user_id = :u order by id", u=who.id
    )
    assert [(row.purpose, row.given) for row in rows] == [
        ("marketing", True),
        ("marketing", False),
        ("marketing", True),
    ]
    assert consents.allows(who.id, consents.MARKETING)
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(text("update user_consent set given = false"))


def test_signing_in_by_code_keeps_the_consent_that_was_ticked(app: Flask, db_session: scoped_session) -> None:
    browser = app.test_client()
    browser.post("/signin/code", data={"phone": NEW, "act": "send"})
    browser.post(
        "/signin/code", data={"phone": NEW, "code": last_code(app, NEW), "act": "enter", "agree": "1"}
    )
    rows = market.rows("select c.purpose, c.given, c.version from user_consent c join user_account u on u.id = c.user_id"
                       " where u.phone = :p", p=NEW)  # fmt: skip
    assert [tuple(row) for row in rows] == [("privacy", True, consents.NOTICE)]
    assert f"同意了 {consents.NOTICE} 版" in browser.get("/me/consents").text


def test_logs_of_sign_ins_go_after_half_a_year(app: Flask, who: market.Buyer, here: FlaskClient) -> None:
    with transaction() as session:
        session.execute(text("update user_session set ip = '203.0.113.7', agent = 'x'"))
    tasks.tidy()
    assert market.rows("select 1 from user_session where ip is not null")
    with transaction() as session:
        session.execute(
            text("update user_session set seen_at = now() - interval '187 days', expires_at = now()")
        )
    tasks.tidy()
    assert not market.rows("select 1 from user_session where ip is not null or agent is not null")


def test_a_recipients_phone_opens_nothing(app: Flask, db_session: scoped_session) -> None:
    """A guest sends goods to somebody: who holds the phone of the parcel signs in and sees no order of the guest's."""
    sku = market.stall().sku_id
    delivery = {"recipient": "奶奶", "phone": "13800138099", "province": "湖北省", "city": "武汉市", "district": "洪山区",
                "street": "", "detail": "1号"}  # fmt: skip
    numbers = {}
    for own in ("", "1"):
        browser = app.test_client()
        browser.post("/basket/add", data={"sku": sku, "count": "1"})
        browser.post("/checkout/guest", data=delivery | {"own": own})
        user_id = market.rows("select max(user_id) as id from guest_pass")[0].id
        address = market.rows("select id from address where user_id = :u", u=user_id)[0].id
        numbers[own] = market.place(market.Buyer(user_id, address), {sku: 1}).number
    grandmother = app.test_client()
    grandmother.post("/signin/code", data={"phone": "13800138099", "act": "send"})
    code = last_code(app, "+8613800138099")
    entered = grandmother.post(
        "/signin/code", data={"phone": "13800138099", "code": code, "act": "enter", "agree": "1"}
    )
    assert entered.status_code == 303
    shown = grandmother.get("/orders").text
    assert numbers["1"] in shown
    assert numbers[""] not in shown
    assert grandmother.get(f"/orders/{numbers['']}").status_code == 404
