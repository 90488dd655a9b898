"""批量填单号 and the papers of parcels: every line judged by itself, the good ones sent, no price in the box."""

from __future__ import annotations

from typing import Any

import pytest

from shop.core.db import transaction
from tests.office.conftest import Office
from tests.orders import market
from tests.orders.test_parcels import send, suborder


def order(office: Office, count: int = 1, stall: market.Stall | None = None) -> Any:
    return suborder(market.paid(market.buyer("李建国"), {(stall or office.stall).sku_id: count}).order_id)


def test_a_waybill_pasted_with_its_company(office: Office) -> None:
    part = order(office)
    page = office.post(f"/shipping/{part.id}", 422, company="zto", number="顺丰 SF1234567890123")
    assert "粘贴的是顺丰速运，选的是中通快递" in page
    assert "SF1234567890123" in page
    office.post(f"/shipping/{part.id}", 303, company="", number="顺丰 SF1234567890123")
    bill = office.rows("select company, number from waybill")[0]
    assert tuple(bill) == ("sf", "SF1234567890123")


def test_lines_are_looked_over_and_the_good_ones_sent(office: Office) -> None:
    first, second, gone = (order(office) for _ in range(3))
    send(gone)
    strange = order(office, stall=office.other)
    rows = "\n".join(
        [
            f"{first.number}，顺丰，SF1234567890123",
            f"{second.number[:-2]}\tzto\t76895",
            f"{gone.number} 中通 76895432109876",
            f"{strange.number} 中通 76895432109877",
            f"{first.number} 顺丰 SF1234567890124",
            f"{second.number}",
            "",
            "乱写",
        ]
    )
    before = office.fingerprint()
    page = office.post("/shipping/batch", 200, rows=rows)
    for sentence in ("可以发", "平常的样子不一样", "不在待发货里", "没有找到这个订单号", "和第 1 行是同一张订单",
                     "确认发货 2 单"):  # fmt: skip
        assert sentence in page
    assert page.count("没有找到这个订单号") == 2
    assert office.fingerprint() == before
    page = office.post("/shipping/batch", 200, rows=rows, sure="1")
    assert "已发出 2 单" in page
    assert f"{strange.number} 中通" in page
    assert f"{first.number}，顺丰" not in page
    states = {row.number: row.state for row in office.rows("select number, state from suborder")}
    assert (states[first.number], states[second.number], states[strange.number]) == (
        "shipped", "shipped", "to_ship",
    )  # fmt: skip
    after = office.fingerprint()
    office.post("/shipping/batch", 200, rows=rows, sure="1")
    assert office.fingerprint() == after


@pytest.mark.parametrize("rows", ["", "  \n ", "x y z\n" * 201])
def test_nothing_or_too_much_is_refused(office: Office, rows: str) -> None:
    page = office.post("/shipping/batch", 422, rows=rows)
    assert "请粘贴至少一行" in page or "一次最多 200 行" in page


def test_papers_have_names_and_no_prices(office: Office) -> None:
    part, strange = order(office, 3), order(office, stall=office.other)
    line = office.rows("select id from order_line where suborder_id = :id", id=part.id)[0].id
    for path in (
        f"/shipping/{part.id}/note",
        "/shipping/address-labels",
        f"/shipping/address-labels?suborder={part.id}",
    ):
        page = office.get(path)
        assert "李建国" in page
        assert "珞喻路1号" in page
        assert "¥" not in page
    assert office.rows("select count(*) as n from activity where act = 'suborder.address_shown'")[0].n == 3
    assert "没有要送上门或自提的货" in office.get("/shipping/hand-over")
    send(part, {line: 500})
    assert "500克" in office.get(f"/shipping/{part.id}/note?parcel=1")
    assert "1千克" in office.get(f"/shipping/{part.id}/note")
    office.get(f"/shipping/{part.id}/note?parcel=2", 404)
    office.get(f"/shipping/{strange.id}/note", 404)
    office.get(f"/shipping/address-labels?suborder={strange.id}", 404)


def test_own_deliveries_are_handed_over_by_village(office: Office) -> None:
    village = office.rows("select name from village order by id limit 1")[0].name
    first, second = order(office), order(office)
    with transaction():
        market.row("update suborder set delivery = 'town' where id = :id returning id", id=first.id)
        market.row(
            "update customer_order set region_text = :v where id = :id returning id",
            id=first.order_id,
            v=f"湖北省 {village}",
        )
        market.row(
            "update suborder set delivery = 'pickup', freight_basis = '{\"pickup\": \"村口小店\"}' where id = :id returning id",
            id=second.id,
        )
    page = office.get("/shipping/hand-over")
    assert f"<h2>{village}" in page
    assert "自提：村口小店" in page
    assert "签收" in page
