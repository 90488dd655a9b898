"""A copy of one's own data: whole, only one's own, gone after three days."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import text
from sqlalchemy.orm import scoped_session

from shop.accounts import registration
from shop.core.db import db, transaction
from shop.orders import gifts
from shop.orders.attempts import retried
from shop.personal import exporting, tasks
from tests.access.identities import signed_in
from tests.orders import market
from tests.personal.test_account_pages import PASSWORD, phone_of


@pytest.fixture
def who(db_session: scoped_session) -> market.Buyer:
    who = market.buyer()
    with transaction():
        registration.set_password(who.id, "+8600", PASSWORD, None)
    return who


@pytest.fixture
def here(app: Flask, who: market.Buyer) -> FlaskClient:
    return signed_in(app, who.id)


def test_a_copy_holds_everything_of_mine_and_nothing_of_others(
    app: Flask, who: market.Buyer, here: FlaskClient
) -> None:
    goods = market.stall()
    mine = market.paid(who, {goods.sku_id: 2})
    retried(lambda: gifts.place(who.id, goods.sku_id, "王小华 13900139001 湖北省武汉市洪山区珞喻路2号 2", "g",
                                giver=("李女士", phone_of(who.id)), greeting="新年好"))  # fmt: skip
    foreign = market.paid(market.buyer("别人"), {goods.sku_id: 1})
    assert here.get("/me/copy/file").location == "/me/copy"
    for _ in range(2):
        here.post("/me/copy")  # pressed twice: one copy
    assert "正在整理" in here.get("/me/copy").text
    assert len(exporting.waiting()) == 1
    db.session.rollback()
    tasks.sweep()
    tasks.sweep()
    assert "下载（ZIP）" in here.get("/me/copy").text
    answer = here.get("/me/copy/file")
    assert answer.mimetype == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    file = zipfile.ZipFile(io.BytesIO(answer.data))
    found: dict[str, list[dict[str, Any]]] = json.loads(file.read("data.json"))
    assert found["orders"][0]["number"] == mine.number
    assert len(found["orders"]) == 2
    assert found["profile"][0]["phone"] == phone_of(who.id)
    assert found["lines"][0]["count"] == 2
    assert found["gift_recipients"][0]["recipient"] == "王小华"
    assert found["payments"][0]["amount_fen"] == found["orders"][0]["total_fen"]
    whole = file.read("data.json").decode()
    assert foreign.number not in whole
    assert "别人" not in whole
    assert not {"password_hash", "token_hash", "totp_secret", "user_id"} & set(re.findall(r'"(\w+)":', whole))
    book = load_workbook(io.BytesIO(file.read("data.xlsx")))
    assert book["订单"].cell(4, 1).value == mine.number
    stored = market.rows("select body from data_export where user_id = :u", u=who.id)[0].body
    assert bytes(stored)[:2] != b"PK"  # sealed at rest
    stranger = signed_in(app, market.buyer().id)
    assert stranger.get("/me/copy/file").location == "/me/copy"


def test_a_copy_is_gone_after_three_days(app: Flask, who: market.Buyer, here: FlaskClient) -> None:
    here.post("/me/copy")
    tasks.sweep()
    with transaction() as session:
        session.execute(text("update data_export set expires_at = now()"))
    assert here.get("/me/copy/file").location == "/me/copy"
    assert "过期" in here.get("/me/copy").text
    tasks.sweep()
    rows = market.rows("select state, body from data_export where user_id = :u", u=who.id)
    assert [tuple(row) for row in rows] == [("gone", None)]
    here.post("/me/copy")
    here.post("/me/copy")
    states = market.rows("select state from data_export where user_id = :u order by id", u=who.id)
    assert [row.state for row in states] == ["gone", "waiting"]


def test_a_copy_that_cannot_be_made_is_given_up_and_told(
    app: Flask, who: market.Buyer, here: FlaskClient
) -> None:
    here.post("/me/copy")
    with transaction() as session:  # sealed with another key: nothing can be read
        session.execute(
            text(
                "update address set recipient = '\\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'"
            )
        )
    for _ in range(3):
        tasks.sweep()
    assert "没有做成" in here.get("/me/copy").text
    assert exporting.waiting() == []
    with transaction() as session:
        session.execute(text("delete from address"))
    here.post("/me/copy")
    tasks.sweep()
    assert here.get("/me/copy/file").status_code == 200
