"""From an empty town to the first goods on the scales: a village, a cooperative with its charter, its chair, a kind of goods."""

from __future__ import annotations

import re
import threading
from datetime import date
from typing import Any

import pytest
from flask import Flask

from shop.cooperatives.income import founding
from shop.cooperatives.income.charters import Terms
from shop.cooperatives.people.queries import charter_on, cooperatives_under
from shop.core import clock
from shop.core.credit_codes import check_code
from shop.core.db import session, transaction
from shop.core.errors import Conflict
from tests.access.identities import OTHER_TOWN, TOWN, make_user, signed_in
from tests.support import town_builder as town
from tests.township.town_desk import Desk, staff

CHAIR = "+8613700000055"
BODY = "93420302MA49TEXT1"
USCC = BODY + check_code(BODY)


@pytest.fixture
def desk(app: Flask, db_session: Any) -> Desk:
    with transaction():
        town.regions()
    return staff(app, "approver")


def _typed(village: int | str, **changes: str) -> dict[str, str]:
    today = clock.today()
    return {
        "in_village": str(village), "name": "大川镇新村兴农农民专业合作社", "code": "xincun", "uscc": USCC,
        "address": "新村 1 号", "phone": "0719-8012345", "supervision_phone": "138 0013 8000", "founded_on": "2024-05-06",
        "decided_on": "2024-05-01", "valid_from": today.replace(month=1, day=1).isoformat(),
        "reserve_rate": "10", "patronage_ratio": "65",
        "patronage_basis": "amount", "commission_rate": "8", "freight_bearer": "cooperative", "packaging_bearer": "producers",
        "fee_bearer": "cooperative", "minimum_payout_fen": "10.00", "notice_days": "20", **changes,
    }  # fmt: skip


def _village(desk: Desk, code: str = TOWN + "201", name: str = "新村") -> int:
    desk.post("/cooperatives/villages", 303, village=name, code=code)
    return int(desk.rows("select id from village where code = :code", code=code)[0].id)


def test_regions_come_from_the_command_line_the_one_above_first(app: Flask, db_session: Any) -> None:
    run = app.test_cli_runner().invoke
    assert run(args=["region", "420302100", "大川镇"]).exit_code == 2
    for code, name in (("42", "湖北省"), ("4203", "十堰市"), ("420302", "茅箭区"), ("420302100", "大川镇")):
        assert run(args=["region", code, name]).exit_code == 0
    assert run(args=["region", "420302100", "大川镇"]).exit_code == 2, "once"
    assert run(args=["region", "42030210", "大川"]).exit_code == 2
    rows = (
        session().execute(town.select(town.Region.code, town.Region.level).order_by(town.Region.code)).all()
    )
    assert [tuple(row) for row in rows] == [
        ("42", "province"), ("4203", "city"), ("420302", "county"), ("420302100", "township"),
    ]  # fmt: skip


def test_from_an_empty_town_to_the_first_goods(app: Flask, desk: Desk) -> None:
    assert "还没有合作社" in desk.get("/cooperatives")
    assert "请先登记村" in desk.get("/cooperatives/new")
    village = _village(desk)
    assert "新村" in desk.get("/cooperatives")
    desk.post("/cooperatives/new", 303, **_typed(village))
    page = desk.get("/cooperatives")
    assert "还没有理事长" in page
    assert USCC in page
    with app.app_context():
        coop = cooperatives_under(TOWN)[0]
        terms = charter_on(coop.id, clock.today())
    assert terms is not None
    assert (terms.patronage_ratio, terms.packaging_bearer, terms.notice_days) == ("0.65", "producers", 20)
    assert terms.resolution == "2024-05-01 设立大会"

    desk.post("/cooperatives/xincun/chair", 303, phone="137 0000 0055")
    assert "等理事长接受邀请" in desk.get("/cooperatives")
    chair = signed_in(app, make_user(app, CHAIR))
    invitation = desk.rows("select id from duty_invitation")[0].id
    assert chair.post(f"/invitations/{invitation}/accept").status_code == 303
    assert "还没有理事长" not in desk.get("/cooperatives")

    answer = chair.get("/coop/xincun/intake/new")
    assert "先建好合作社收的产品" in answer.text
    fields = {"name": "鲜木耳", "counted": "g", "count_word": "", "shelf_life": "7"}
    assert chair.post("/coop/xincun/kinds", data=fields).status_code == 303
    assert "鲜木耳" in chair.get("/coop/xincun/intake/new").text


def test_a_cooperative_with_a_chair_gets_further_people_from_the_chair(app: Flask, desk: Desk) -> None:
    with transaction():
        coop = town.cooperative("dachuan")
    make_user(app, CHAIR, role="manager", duty="chair", cooperative_id=coop.id)
    page = desk.post("/cooperatives/dachuan/chair", 422, phone="13700000077")
    assert "邀请理事长" not in page
    assert not desk.rows("select 1 from duty_invitation")


@pytest.mark.parametrize(
    "field,value,sentence",
    [
        ("in_village", "", "请选择所在村"),
        ("in_village", "999999", "请选择所在村"),
        ("name", "", "请填写合作社名称"),
        ("code", "新村", "小写字母开头"),
        ("code", "x", "小写字母开头"),
        ("uscc", USCC[:-1] + ("0" if USCC[-1] != "0" else "1"), "校验位不对"),
        ("uscc", "91440300715267" + "26XG", "93 开头"),
        ("uscc", "123", "18 位"),
        ("phone", "电话", "请填电话号码"),
        ("founded_on", "2999-01-01", "年份"),
        ("decided_on", "2024年5月", "2020-08-03"),
        ("valid_from", "2099-01-01", "今天或以前"),
        ("patronage_ratio", "59", "60%"),
        ("notice_days", "14", "15 到 90"),
        ("freight_bearer", "村里", "请选择由谁承担"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_nothing_is_kept(
    desk: Desk, field: str, value: str, sentence: str
) -> None:
    village = _village(desk)
    page = desk.post("/cooperatives/new", 422, **_typed(village, **{field: value}))
    box = re.search(
        rf'<div class="field[^"]*has-error(?:(?!<div class="field).)*name="{field}"', page, re.DOTALL
    )
    assert box is not None, page[-3000:]
    assert sentence in box[0]
    assert 'value="新村 1 号"' in page, "what was typed stays"
    assert not desk.rows("select 1 from cooperative")
    assert not desk.rows("select 1 from charter")


@pytest.mark.parametrize(
    "code,sentence",
    [
        ("420302101201", "前 9 位"),
        ("42030210020", "12 位"),
        ("新村", "12 位"),
        ("４２０３０２１００２０１", ""),
    ],
)
def test_a_village_has_the_code_of_its_township(desk: Desk, code: str, sentence: str) -> None:
    if not sentence:
        desk.post("/cooperatives/villages", 303, village="新村", code=code)
        assert desk.rows("select code from village")[0].code == "420302100201"
        assert "已经有了" in desk.post("/cooperatives/villages", 422, village="新村", code="420302100201")
    else:
        assert sentence in desk.post("/cooperatives/villages", 422, village="新村", code=code)
        assert not desk.rows("select 1 from village")


def test_another_towns_village_cannot_be_chosen(app: Flask, desk: Desk) -> None:
    with transaction():
        session().execute(
            town.insert(town.Region).values(
                code=OTHER_TOWN, name="别的镇", level="township", parent_code="420302"
            )
        )
        elsewhere = town.village("别村", OTHER_TOWN)
    _village(desk)
    assert "请选择所在村" in desk.post("/cooperatives/new", 422, **_typed(elsewhere))
    assert not desk.rows("select 1 from cooperative")


def test_one_of_two_who_enter_the_same_cooperative_wins(app: Flask, desk: Desk) -> None:
    village, outcomes = _village(desk), []
    wanted = founding.Founding(
        village,
        "新村合作社",
        "xincun",
        USCC,
        "新村",
        "0719-8012345",
        "0719-8012345",
        date(2024, 5, 6),
        date(2024, 5, 1),
    )
    terms = Terms(date(2024, 5, 6), "0.10", "0.60", "amount", "0.08", *["cooperative"] * 3, 1000, 15)
    together = threading.Barrier(2)

    def enter() -> None:
        with app.app_context():
            together.wait()
            try:
                with transaction():
                    founding.found(TOWN, wanted, terms, desk.user_id)
                outcomes.append("entered")
            except Conflict:
                outcomes.append("refused")

    threads = [threading.Thread(target=enter) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["entered", "refused"]
    assert len(desk.rows("select 1 from charter")) == 1
