"""加工: the form keeps what was typed and says the yield; the result shows the chain; it is undone from its page."""

from __future__ import annotations

from typing import Any

import pytest

from shop.core.db import transaction
from tests.office.conftest import Office
from tests.support import town_builder as town

FORM = {
    "request_key": "0" * 32, "kind": "dry", "quantity1": "10", "unit1": "公斤", "produce1": "new", "new_name": "香菇脆",
    "new_kind": "g", "out1": "3.6", "out_unit1": "斤", "best1": "2099-01-01", "factor1": "100", "note": "", "act": "save",
}  # fmt: skip


def _made(office: Office) -> int:
    where = office.post(f"/lots/{office.stall.lot_id}/transform", 303, **FORM)
    return int(where.rsplit("/", 1)[1])


def _count(office: Office) -> int:
    return int(office.rows("select count(*) from transformation")[0][0])


def test_from_the_lot_to_a_new_one_and_its_public_page(office: Office) -> None:
    lot_id = office.stall.lot_id
    page = office.get(f"/lots/{lot_id}/transform")
    assert "最多能用 50千克" in page
    assert f"/lots/{lot_id}/transform" in office.get(f"/lots/{lot_id}")
    page = office.get(f"/transformations/{_made(office)}")
    for words in ("香菇脆", "10千克", "1.8千克", "18%", "82%", "户主0", "600克"):
        assert words in page
    new = office.rows("select id, trace_code, closed_at from lot order by id desc limit 1")[0]
    assert "由加工而来" in office.get(f"/lots/{new.id}")
    assert "加工产出" in office.get(f"/lots/{new.id}/moves")
    assert "3 户" in office.get("/lots?which=closed")
    public = office.client.get(f"/t/{new.trace_code}").text
    assert "加工：晒干烘干" in public
    assert "香菇脆" in public
    assert "2020年8月3日" in public or "2020-08-03" in public
    assert "户主" not in public.split("加工：", 1)[1].split("打包发货", 1)[0]
    assert "香菇脆" in office.get("/transformations")


def test_the_yield_is_said_before_anything_is_stored(office: Office) -> None:
    before = office.fingerprint()
    page = office.post(f"/lots/{office.stall.lot_id}/transform", 200, **{**FORM, "act": "check"})
    assert "得率 18%，少了 8.2千克" in page
    assert 'value="香菇脆"' in page
    assert office.fingerprint() == before
    assert _count(office) == 0


def test_the_same_form_twice_makes_one(office: Office) -> None:
    """Also where the first one has used up the lot."""
    whole = {**FORM, "quantity1": "50"}
    first = office.post(f"/lots/{office.stall.lot_id}/transform", 303, **whole)
    assert office.post(f"/lots/{office.stall.lot_id}/transform", 303, **whole) == first
    assert office.rows("select count(*) from produce where name = '香菇脆'")[0][0] == 1


@pytest.mark.parametrize(
    "wrong,sentence",
    [
        ({"quantity1": ""}, "投入数量"),
        ({"quantity1": "1e3"}, "投入数量"),
        ({"quantity1": "51"}, "最多能用"),
        ({"unit1": "吨"}, "单位请选"),
        ({"out1": "-1"}, "产出数量"),
        ({"out1": "21"}, "比投入"),
        ({"out_unit1": "件"}, "按重量"),
        ({"new_kind": "piece"}, "按件数"),
        ({"produce1": ""}, "请选择产出的产品"),
        ({"produce1": "999999999"}, "请选择产出的产品"),
        ({"new_name": " "}, "新产品的名称"),
        ({"new_name": "字" * 41}, "新产品名称"),
        ({"best1": "2020-02-30"}, "保质日期"),
        ({"best1": "2020-01-01"}, "保质期已经过了"),
        ({"factor1": "1.5"}, "等级系数"),
        ({"factor1": "0"}, "等级系数"),
        ({"kind": "boil"}, "加工方式"),
        ({"kind": "blend"}, "两个批次"),
        ({"lot2": "999999", "quantity2": "1"}, "没有找到这个批次"),
        ({"quantity2": "1"}, "请选择批次"),
        ({"out2": "1"}, "请选择产品"),
        ({"note": "字" * 201}, "备注"),
        ({"request_key": "x"}, "再按一次"),
    ],
)
def test_a_wrong_form_stores_nothing_and_keeps_what_was_typed(
    office: Office, wrong: dict[str, Any], sentence: str
) -> None:
    before = office.fingerprint()
    page = office.post(f"/lots/{office.stall.lot_id}/transform", 422, **{**FORM, **wrong})
    assert sentence in page
    assert "error-summary" in page
    assert 'name="out_unit1"' in page
    assert office.fingerprint() == before
    assert _count(office) == 0
    assert office.rows("select count(*) from produce where name = '香菇脆'")[0][0] == 0


def test_blending_with_another_lot_and_grading_into_several(office: Office) -> None:
    with transaction():
        goods = [town.Goods(office.stall.parties[0], 20_000, 6_000)]
        other = town.closed_lot(office.coop, office.stall.produce_id, "buyout", goods)
    form = {
        **FORM,
        "kind": "blend",
        "lot2": str(other),
        "quantity2": "4000",
        "unit2": "克",
        "out1": "14",
        "out_unit1": "公斤",
    }
    assert office.post(f"/lots/{office.stall.lot_id}/transform", 303, **form)
    graded = {
        **FORM, "request_key": "1" * 32, "kind": "grade", "produce1": str(office.stall.produce_id), "out1": "4",
        "out_unit1": "公斤", "factor1": "150", "produce2": str(office.stall.produce_id), "out2": "5", "out_unit2": "公斤",
        "best2": "2099-01-01", "factor2": "100",
    }  # fmt: skip
    where = office.post(f"/lots/{office.stall.lot_id}/transform", 303, **graded)
    page = office.get("/transformations/" + where.rsplit("/", 1)[1])
    assert "系数 150" in page
    assert "90%" in page


def test_undone_from_its_page_with_a_reason(office: Office) -> None:
    work_id = _made(office)
    assert "error-summary" in office.post(f"/transformations/{work_id}/undo", 422, reason="")
    office.post(f"/transformations/{work_id}/undo", 303, reason="称错了")
    assert "已经撤回" in office.get(f"/transformations/{work_id}")
    undone = office.rows("select max(id) as id from transformation")[0].id
    assert "称错了" in office.get(f"/transformations/{undone}")
    office.post(f"/transformations/{work_id}/undo", 303, reason="再来")
    assert _count(office) == 2
    page = office.get(f"/lots/{office.stall.lot_id}")
    assert "撤回加工" in page
    assert "退货入库" not in page


def test_another_cooperatives_work_does_not_exist(office: Office) -> None:
    work_id = _made(office)
    before = office.fingerprint()
    own = office.coop.code
    for path in (
        f"/coop/{office.other.coop.code}/transformations/{work_id}",
        f"/coop/{own}/transformations/999999999",
    ):
        assert office.client.get(path).status_code in (403, 404)
    for lot_id in (office.other.lot_id, 10**6, 10**30):
        office.get(f"/lots/{lot_id}/transform", 404)
        office.post(f"/lots/{lot_id}/transform", 404, **FORM)
    office.post("/transformations/999999999/undo", 404, reason="x")
    assert office.fingerprint() == before


def test_an_open_lot_is_closed_first(office: Office, open_produce: int) -> None:
    lot_id = office.rows("select id from lot where closed_at is null")[0].id
    assert "先封批再加工" in office.get(f"/lots/{lot_id}/transform")
    assert "还没有封批" in office.post(
        f"/lots/{lot_id}/transform", 422, **{**FORM, "quantity1": "1", "out1": "1"}
    )
