"""合作社资料 and a village's story: what is written there is what buyers read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from shop.core.db import session, transaction
from tests.access.identities import OTHER_TOWN, TOWN
from tests.office.conftest import Office
from tests.support import town_builder as town
from tests.township.town_desk import staff


def _fields(**changes: str) -> dict[str, str]:
    return {
        "address": "大川村 1 号", "phone": "0719-8012345", "supervision_phone": "138 0013 8000",
        "story": "海拔八百米。\n段木种香菇。",
        **changes,
    }  # fmt: skip


def _acts(act: str) -> list[Any]:
    found = session().execute(text("select before, after from activity where act = :act"), {"act": act}).all()
    session().rollback()
    return list(found)


def test_what_the_cooperative_says_is_what_buyers_read(office: Office) -> None:
    office.post("/profile", 303, **_fields())
    page = office.client.get(f"/coops/{office.stall.coop.code}").text
    assert "海拔八百米。" in page
    assert "0719-8012345" in page
    assert "段木种香菇。" in office.get("/profile")
    office.post("/profile", 303, **_fields())
    office.post("/profile", 303, **_fields(address="大川村 2 号"))
    assert [sorted(act.after) for act in _acts("cooperative.told")] == [
        ["address", "phone", "story", "supervision_phone"], ["address"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "field,value,sentence",
    [
        ("address", "", "请填写地址"),
        ("phone", "12345", "请填电话号码"),
        ("supervision_phone", "请打村委会", "请填电话号码"),
        ("story", "常吃能降 血 压", "降血压"),
        ("story", "山" * 2001, "最多 2000"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    office: Office, field: str, value: str, sentence: str
) -> None:
    page = office.post("/profile", 422, **_fields(**{field: value}))
    box = re.search(rf'<div class="field has-error(?:(?!<div class="field).)*name="{field}"', page, re.DOTALL)
    assert box is not None, page
    assert sentence in box[0]
    assert value in page, "what was typed stays"
    assert _acts("cooperative.told") == []


def test_a_village_is_told_by_its_own_township(app: Flask, db_session: Any) -> None:
    with transaction():
        town.regions()
        town.cooperative("dachuan")
        session().execute(
            town.insert(town.Region).values(
                code=OTHER_TOWN, name="别的镇", level="township", parent_code="420302"
            )
        )
    clerk, stranger = staff(app, "clerk"), staff(app, "clerk", OTHER_TOWN, "+8613700000099")
    code = clerk.rows("select code from village")[0].code
    clerk.post(f"/register/villages/{code}", 303, story="在大川河边，三百户人家。")
    assert "在大川河边" in clerk.client.get(f"/villages/{code}").text
    assert "治愈" in clerk.post(f"/register/villages/{code}", 422, story="治愈百病的山泉")
    stranger.post(f"/register/villages/{code}", 404, story="别处的话")
    leader = staff(app, "leader")
    assert "在大川河边" in leader.get(f"/register/villages/{code}")
    leader.post(f"/register/villages/{code}", 403, story="看的人")
    assert (
        clerk.rows("select story from village where code = :code", code=code)[0].story
        == "在大川河边，三百户人家。"
    )
    assert clerk.region == TOWN
