"""产品 of the cooperative: a kind of goods is made by those who take goods in, and can be taken in at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import text

from shop.core.db import session, transaction
from tests.office.conftest import Office


def _fields(**changes: str) -> dict[str, str]:
    return {"name": "鲜木耳", "counted": "g", "count_word": "", "shelf_life": "7", **changes}


def _made(office: Office, name: str = "鲜木耳") -> Any:
    statement = "select * from produce where cooperative_id = :coop and name = :name"
    return session().execute(text(statement), {"coop": office.stall.coop.id, "name": name}).one_or_none()


def test_a_new_kind_is_offered_at_the_scales_at_once(office: Office) -> None:
    office.post("/kinds", 303, **_fields())
    made = _made(office)
    assert (made.unit_kind, made.shelf_life_days, made.pinyin) == ("g", 7, "xian mu er")
    page = office.get("/kinds")
    assert "鲜木耳" in page
    assert "保质期 7 天" in page
    assert "登记收货</a>" in page, "the message leads on"
    assert f'value="produce-{made.id}"' in office.get("/intake/new")
    assert "登记新产品" in office.get("/activity")


def test_goods_that_are_counted_have_a_word_for_one(office: Office) -> None:
    page = office.post("/kinds", 422, **_fields(name="土鸭", counted="piece"))
    assert "请填写一件叫什么" in page
    assert 'value="土鸭"' in page, "what was typed stays"
    office.post("/kinds", 303, **_fields(name="土鸭", counted="piece", count_word="只"))
    made = _made(office, "土鸭")
    assert (made.unit_kind, made.count_word) == ("piece", "只")
    assert "按只" in office.get("/kinds")


@pytest.mark.parametrize(
    "field,value,sentence",
    [
        ("name", "", "请填写新产品名称"),
        ("name", "木" * 41, "最多 40"),
        ("counted", "升", "请选择怎么计量"),
        ("shelf_life", "半年", "保质期请只写普通数字"),
        ("shelf_life", "0", "1 到 3650 天"),
        ("shelf_life", "3651", "1 到 3650 天"),
        ("shelf_life", "9" * 40, "太长"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    office: Office, field: str, value: str, sentence: str
) -> None:
    page = office.post("/kinds", 422, **_fields(**{field: value}))
    box = re.search(rf'<div class="field[^"]*has-error[^"]*">(?:(?!</div>).)*name="{field}"', page, re.DOTALL)
    assert box is not None, page
    assert sentence in box[0]
    assert _made(office) is None


def test_a_name_stands_once(office: Office) -> None:
    office.post("/kinds", 303, **_fields())
    assert "已经有叫“鲜木耳”的产品" in office.post("/kinds", 422, **_fields(shelf_life="9"))
    assert _made(office).shelf_life_days == 7


def test_the_shelf_life_is_changed_with_a_trace_and_only_ones_own(office: Office) -> None:
    office.post("/kinds", 303, **_fields())
    made = _made(office)
    office.post(f"/kinds/{made.id}", 303, shelf_life="10")
    office.post(f"/kinds/{made.id}", 303, shelf_life="10")
    assert _made(office).shelf_life_days == 10
    acts = (
        session().execute(text("select before, after from activity where act = 'produce.shelf_life'")).all()
    )
    assert [(row.before, row.after) for row in acts] == [({"shelf_life_days": 7}, {"shelf_life_days": 10})]
    page = office.post(f"/kinds/{made.id}", 422, shelf_life="十天")
    assert "保质期请只写普通数字" in page
    assert 'value="十天"' in page
    with transaction():
        before = office.fingerprint()
    office.post(f"/kinds/{office.other.produce_id}", 404, shelf_life="10")
    assert office.fingerprint() == before
