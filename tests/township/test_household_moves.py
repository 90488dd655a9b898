"""The page of a household's moves: registered, what the cooperative must now decide, taken back; readers only look."""

from __future__ import annotations

from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from shop.core import clock
from shop.core.db import insert_rows, session, transaction
from shop.payments.payout_models import PayeeAccount
from tests.access.identities import TOWN, make_user, signed_in

HERE = f"/town/{TOWN}/register"
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def clerk(town: Flask) -> FlaskClient:
    return signed_in(town, make_user(town, "+8613900000004", role="staff", duty="clerk", region_code=TOWN))


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return unescape(answer.get_data(as_text=True))


def post(client: FlaskClient, address: str, status: int = 303, **form: str) -> str:
    answer = client.post(address, data={"request_key": KEY} | form)
    shown = unescape(answer.get_data(as_text=True))
    assert answer.status_code == status, (address, shown)
    return shown


def value(town: Flask, statement: str, **values: object) -> object:
    with town.app_context():
        return session().execute(text(statement), values).scalar()


def member_home(town: Flask) -> tuple[int, int, int, int]:
    """household, its head, member, cooperative."""
    with town.app_context():
        row = (
            session()
            .execute(
                text(
                    "select m.household_id, p.id, m.id as member, m.cooperative_id from member m join person p on"
                    " p.household_id = m.household_id and p.is_head where m.left_on is null order by m.id limit 1"
                )
            )
            .one()
        )
        return row[0], row[1], row[2], row[3]


def test_a_head_dies_and_the_page_says_what_the_cooperative_must_decide(
    clerk: FlaskClient, town: Flask
) -> None:
    home, head, _member, cooperative = member_home(town)
    with town.app_context(), transaction():
        name = session().scalar(
            text("select head_name from household where id = :h").columns(PayeeAccount.holder), {"h": home}
        )
        people = list(session().scalars(text("select id from user_account order by id limit 2")))
        insert_rows(
            PayeeAccount,
            [
                {
                    "cooperative_id": cooperative, "household_id": home, "holder": name, "bank": "农商行",
                    "account": "6222000000001234", "last_four": "1234", "requested_by": people[0],
                    "approved_by": people[1], "approved_at": clock.now(), "effective_at": clock.now(),
                }
            ],
        )  # fmt: skip
    today = clock.today().isoformat()
    here = f"{HERE}/{home}/moves"
    assert "还要办" not in page(clerk, here)
    wrong = post(clerk, here, 422, person=str(head), kind="death", to="X-1", on=today, evidence="证明 3 号")
    assert "不写户编号" in wrong
    assert "证明 3 号" in wrong
    missing = post(clerk, here, 422, person="", kind="marriage", to="", on="昨天", evidence="")
    for words in ("请选择谁", "请填写去哪一户的编号", "请填写凭据"):
        assert words in missing, words
    before = (
        value(town, "select count(*) from ledger_entry"),
        value(town, "select count(*) from member where left_on is null"),
    )
    post(clerk, here, person=str(head), kind="death", to="", on=today, evidence="证明 3 号")
    shown = page(clerk, here)
    for words in ("还要办", "更换户主", "尾号 1234", "去世", "证明 3 号"):
        assert words in shown, words
    assert before == (
        value(town, "select count(*) from ledger_entry"),
        value(town, "select count(*) from member where left_on is null"),
    )
    assert value(town, "select act from activity order by id desc limit 1") == "household.person_moved_out"
    assert value(town, "select count(*) from activity where after::text like '%证明 3 号%'") == 0
    move = value(town, "select max(id) from person_move")
    assert "请填写为什么撤销" in post(clerk, f"{here}/undo", 422, move=str(move), why="")
    post(clerk, f"{here}/undo", move=str(move), why="弄错了人")
    after = page(clerk, here)
    assert "还要办" not in after
    assert "已撤销" in after
    assert "登记错了" not in after
    assert "刚才已经撤销" in post(clerk, f"{here}/undo", 409, move=str(move), why="再来一次")


def test_the_chair_sees_it_on_the_members_page_until_it_is_decided(clerk: FlaskClient, town: Flask) -> None:
    home, head, member, cooperative = member_home(town)
    code = value(town, "select code from cooperative where id = :c", c=cooperative)
    chair = signed_in(
        town, make_user(town, "+8613900000071", role="manager", duty="manager", cooperative_id=cooperative)
    )
    address = f"/coop/{code}/members/{member}"
    assert "还要办" not in page(chair, address)
    post(
        clerk,
        f"{HERE}/{home}/moves",
        person=str(head),
        kind="out",
        on=clock.today().isoformat(),
        evidence="迁移证 7 号",
    )
    shown = page(chair, address)
    assert "还要办" in shown
    assert f"/members/{member}/head" in shown


def test_readers_look_and_do_nothing(clerk: FlaskClient, town: Flask) -> None:
    home, head, _member, _cooperative = member_home(town)
    post(
        clerk,
        f"{HERE}/{home}/moves",
        person=str(head),
        kind="out",
        on=clock.today().isoformat(),
        evidence="迁移证 7 号",
    )
    leader = signed_in(town, make_user(town, "+8613900000072", role="staff", duty="leader", region_code=TOWN))
    shown = page(leader, f"{HERE}/{home}/moves")
    assert "登记一次变动" not in shown
    assert "迁移证" not in shown
    assert "迁出本镇" in shown
    post(leader, f"{HERE}/{home}/moves", 403, person=str(head), kind="out")
    post(leader, f"{HERE}/{home}/moves/undo", 403, move="1", why="x")
