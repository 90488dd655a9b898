"""发货 in several parcels from a manager's phone, and a waybill put right."""

from __future__ import annotations

from typing import Any

import pytest

from tests.office.conftest import Office
from tests.orders import market

BILL = {"company": "zto", "number": "7689543210987"}
SECOND = {"company": "zto", "number": "7689543210988"}


@pytest.fixture
def suborder(office: Office) -> Any:
    placed = market.paid(market.buyer("李建国"), {office.stall.sku_id: 3})
    return office.rows(
        "select s.*, l.id as line from suborder s join order_line l on l.suborder_id = s.id where order_id = :id",
        id=placed.order_id,
    )[0]


def test_a_part_goes_and_the_rest_stays(office: Office, suborder: Any) -> None:
    page = office.get("/shipping")
    assert f'name="line-{suborder.line}" value="3"' in page
    office.post(f"/shipping/{suborder.id}", 303, **BILL, parcel="1", **{f"line-{suborder.line}": "１"})
    page = office.get("/shipping")
    assert "没装的还在待发货" in page
    assert f'name="line-{suborder.line}" value="2"' in page
    assert "已发出 500克" in page
    assert "1千克" in office.get("/shipping/pick-list")
    page = office.get(f"/shipping/{suborder.id}")
    assert "7689543210987" in page
    assert "包裹 1" in page
    office.post(f"/shipping/{suborder.id}", 303, **SECOND, parcel="2", **{f"line-{suborder.line}": "2"})
    page = office.get("/shipping/shipped")
    assert "7689543210987" in page
    assert "7689543210988" in page


@pytest.mark.parametrize(
    "packs, sentence",
    [
        ("4", "最多还能发 3 份"),
        ("0", "请至少填一样"),
        ("-1", "不能带正负号"),
        ("1.5", "要写整数"),
        ("一", "普通数字"),
    ],
)
def test_wrong_numbers_of_packs(office: Office, suborder: Any, packs: str, sentence: str) -> None:
    before = office.fingerprint()
    page = office.post(
        f"/shipping/{suborder.id}", 422, **BILL, parcel="1", **{f"line-{suborder.line}": packs}
    )
    assert sentence in page
    assert 'value="7689543210987"' in page
    assert f'name="line-{suborder.line}" value="{packs}"' in page
    assert office.fingerprint() == before
    office.post(f"/shipping/{suborder.id}", 422, **BILL, back="parcel", **{f"line-{suborder.line}": packs})


def test_a_stale_page_sends_nothing(office: Office, suborder: Any) -> None:
    office.post(f"/shipping/{suborder.id}", 303, **BILL, parcel="1", **{f"line-{suborder.line}": "1"})
    before = office.fingerprint()
    office.post(f"/shipping/{suborder.id}", 303, **SECOND, parcel="1", **{f"line-{suborder.line}": "1"})
    assert "刚才已经有人" in office.get(f"/shipping/{suborder.id}")
    office.post(f"/shipping/{suborder.id}", 303, **BILL, parcel="1", **{f"line-{suborder.line}": "1"})
    assert "没有重复发" in office.get("/shipping")
    assert office.fingerprint() == before


def test_a_waybill_is_put_right(office: Office, suborder: Any) -> None:
    office.post(f"/shipping/{suborder.id}", 303, **BILL)
    shipment = office.rows("select id from shipment")[0].id
    page = office.post(f"/shipping/parcels/{shipment}/waybill", 422, company="zto", number="?")
    assert f'href="#fix-number-{shipment}"' in page
    assert 'value="?"' in page
    office.post(f"/shipping/parcels/{shipment}/waybill", 303, company="sf", number="SF1234567890123")
    page = office.get(f"/shipping/{suborder.id}")
    assert "单号更正过" in page
    assert "中通快递 7689543210987 → 顺丰速运 SF1234567890123" in page
    office.post(f"/shipping/parcels/{shipment}/waybill", 303, company="sf", number="SF1234567890123")
    assert "单号没有变" in office.get("/shipping")
    pasted = {
        "company": "sf",
        "number": "圆通速递 YT1234567890123",
    }  # the company that the form came with, and another pasted
    office.post(f"/shipping/parcels/{shipment}/waybill", 303, **pasted)
    assert "顺丰速运 SF1234567890123 → 圆通速递 YT1234567890123" in office.get(f"/shipping/{suborder.id}")
    page = office.post(
        f"/shipping/parcels/{shipment}/waybill", 422, company="zto", number="顺丰 SF1234567890123"
    )
    assert "请核对" in page
    assert 'value="顺丰 SF1234567890123"' in page
    office.post(f"/shipping/parcels/{10**15}/waybill", 404, company="sf", number="SF1234567890123")
