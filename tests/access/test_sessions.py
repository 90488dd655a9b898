"""Sessions die when they should: a replayed cookie gets nowhere."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from shop.accounts import registration, sessions
from shop.accounts.models import LoginCode, UserSession
from shop.core import clock
from shop.core.db import db, session, transaction
from shop.core.errors import Refused
from tests.access.identities import make_user, signed_in

PHONE = "+8613800138000"
PASSWORD = "mountain-tea-and-rain"


@pytest.fixture
def buyer(app: Flask) -> int:
    user_id = make_user(app, PHONE)
    with app.test_request_context(), transaction():
        registration.set_password(user_id, PHONE, PASSWORD, keep_session=None)
    return user_id


def enter(app: Flask, phone: str = "138 0013 8000", password: str = PASSWORD):  # type: ignore[no-untyped-def]
    client = app.test_client()
    answer = client.post("/signin", data={"phone": phone, "password": password})
    return client, answer


def test_the_cookie_holds_a_token_and_the_table_only_its_hash(app: Flask, buyer: int) -> None:
    client, answer = enter(app)
    assert answer.status_code == 303
    token = client.get_cookie("sid").value
    with app.app_context():
        stored = session().execute(select(UserSession.token_hash)).scalars().all()
    assert stored
    assert token not in stored


def test_a_replayed_cookie_is_dead_after_sign_out(app: Flask, buyer: int) -> None:
    client, _ = enter(app)
    token = client.get_cookie("sid").value
    assert client.get("/me").status_code == 200
    assert client.post("/signout").status_code == 303
    thief = app.test_client()
    thief.set_cookie("sid", token)
    answer = thief.get("/me")
    assert answer.status_code == 303
    assert "/signin" in answer.headers["Location"]


def test_a_password_change_ends_the_other_sessions(app: Flask, buyer: int) -> None:
    here, _ = enter(app)
    there, _ = enter(app)
    new = "bamboo-shoots-after-rain"
    bare = here.post("/me/password", data={"password": new, "again": new})
    assert bare.status_code == 422  # an open device alone changes no password
    wrong = here.post("/me/password", data={"now": "not-the-password", "password": new, "again": new})
    assert "密码不对" in wrong.text
    answer = here.post("/me/password", data={"now": PASSWORD, "password": new, "again": new})
    assert answer.status_code == 303
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 303
    assert enter(app, password=PASSWORD)[1].status_code == 422
    assert enter(app, password=new)[1].status_code == 303


def test_disabling_ends_every_session(app: Flask, buyer: int) -> None:
    client, _ = enter(app)
    with app.app_context(), transaction():
        sessions.disable(buyer)
    assert client.get("/me").status_code == 303
    assert enter(app)[1].status_code == 422


def test_an_expired_session_is_dead(app: Flask, buyer: int) -> None:
    client, _ = enter(app)
    with app.app_context(), transaction():
        session().execute(update(UserSession).values(expires_at=func.now()))
    assert client.get("/me").status_code == 303


def test_a_manager_is_out_after_idle_hours(app: Flask, buyer: int) -> None:
    client = signed_in(app, make_user(app, "+8613900000009", role="operator"))
    assert client.get("/me").status_code == 200
    with app.app_context(), transaction():
        session().execute(update(UserSession).values(seen_at=clock.now() - timedelta(hours=9)))
    assert client.get("/me").status_code == 303


def test_signing_in_replaces_what_the_visitor_had(app: Flask, buyer: int) -> None:
    client = app.test_client()
    client.set_cookie("sid", "a-token-somebody-planted")
    client.post("/signin", data={"phone": PHONE, "password": PASSWORD})
    assert client.get_cookie("sid").value != "a-token-somebody-planted"


@pytest.mark.parametrize("phone", ["13800138000", "13911112222"])
def test_known_and_unknown_phones_get_the_same_answer(app: Flask, buyer: int, phone: str) -> None:
    _, answer = enter(app, phone=phone, password="not-the-password")
    page = re.sub(r'value="[^"]*"', "", answer.get_data(as_text=True)).replace(phone, "")
    assert answer.status_code == 422
    assert "手机号或密码不对" in page


def test_one_account_is_limited_from_many_addresses(app: Flask, buyer: int) -> None:
    statuses = [
        app.test_client()
        .post(
            "/signin",
            data={"phone": PHONE, "password": "wrong-password"},
            environ_base={"REMOTE_ADDR": f"10.0.{n}.1"},
        )
        .status_code
        for n in range(12)
    ]
    assert statuses[:10] == [422] * 10
    assert statuses[-1] == 429


def test_one_address_is_limited_over_many_accounts(app: Flask) -> None:
    statuses = [
        app.test_client().post("/signin", data={"phone": f"138001{n:05d}", "password": "x"}).status_code
        for n in range(32)
    ]
    assert statuses[-1] == 429


def test_a_code_opens_an_account_once(app: Flask) -> None:
    client = app.test_client()
    sent = client.post("/signin/code", data={"phone": PHONE, "act": "send"})
    assert sent.status_code == 200
    code = re.findall(r"验证码 (\d{6})", _messages(app))[-1]
    without = client.post("/signin/code", data={"phone": PHONE, "code": code, "act": "enter"})
    assert without.status_code == 422
    assert "勾选同意" in without.get_data(as_text=True)
    done = client.post("/signin/code", data={"phone": PHONE, "code": code, "act": "enter", "agree": "1"})
    assert done.status_code == 303
    again = app.test_client().post(
        "/signin/code", data={"phone": PHONE, "code": code, "act": "enter", "agree": "1"}
    )
    assert again.status_code == 422


def test_five_wrong_tries_kill_a_code(app: Flask) -> None:
    client = app.test_client()
    client.post("/signin/code", data={"phone": PHONE, "act": "send"})
    code = re.findall(r"验证码 (\d{6})", _messages(app))[-1]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        client.post("/signin/code", data={"phone": PHONE, "code": wrong, "act": "enter", "agree": "1"})
    answer = client.post("/signin/code", data={"phone": PHONE, "code": code, "act": "enter", "agree": "1"})
    assert answer.status_code == 422
    with app.app_context():
        assert db.session.execute(select(LoginCode.tries)).scalar() == 5


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "////evil.example", "/\\evil.example", "/%09/evil", "https:evil", "javascript:alert(1)",
     "http://evil.example/", "/\n/x", "/no/such/page"],
)  # fmt: skip
def test_sign_in_never_leads_away(app: Flask, buyer: int, wanted: str) -> None:
    client = app.test_client()
    answer = client.post(
        "/signin", query_string={"next": wanted}, data={"phone": PHONE, "password": PASSWORD}
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_one_account_cannot_manage_and_check(app: Flask) -> None:
    user_id = make_user(app, PHONE, role="operator")
    with app.app_context(), transaction():
        session().execute(
            db.text("insert into region (code, name, level) values ('42', '湖北省', 'province')")
        )
    with app.app_context(), transaction():
        registration.grant(user_id, "staff", duty="clerk", region_code="42", valid_from=clock.today())
        village = (
            session()
            .execute(
                db.text(
                    "insert into village (code, region_code, name, pinyin) values ('v', '42', '村', 'cun') returning id"
                )
            )
            .scalar()
        )
        coop = (
            session()
            .execute(
                db.text(
                    "insert into cooperative (code, uscc, name, pinyin, village_id) values ('c','u','社','she',:v) returning id"
                ),
                {"v": village},
            )
            .scalar()
        )
        with pytest.raises(Refused, match="第三十八条"):
            registration.grant(
                user_id, "manager", duty="chair", cooperative_id=coop, valid_from=clock.today()
            )


def _messages(app: Flask) -> str:
    return Path(app.extensions["settings"].sms_console_file).read_text(encoding="utf-8")
