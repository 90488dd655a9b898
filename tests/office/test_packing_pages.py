"""批次和称重 from a manager's phone: another lot, the real weight, a spec charged by weight; and what the buyer is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.identities import signed_in
from tests.office.conftest import Office
from tests.orders import market
from tests.orders.test_lot_swaps import held, second_lot


@pytest.fixture
def order(office: Office) -> Any:
    who = market.buyer("李建国")
    placed = market.paid(who, {office.stall.sku_id: 3})
    row = office.rows(
        "select s.*, l.id as line from suborder s join order_line l on l.suborder_id = s.id where order_id = :id",
        id=placed.order_id,
    )[0]
    return {"part": row, "line": row.line, "number": placed.number, "buyer": who.id}


def test_a_lot_is_exchanged_and_the_books_tell_so(office: Office, order: Any) -> None:
    part, first = order["part"].id, held(order["line"])
    assert "没有别的批次可换" in office.get(f"/shipping/{part}/pack")
    second = second_lot(office.stall)
    code = office.rows("select code from lot where id = :id", id=second)[0].code
    page = office.get(f"/shipping/{part}/pack")
    assert code in page
    fields = {"allocation": str(first.id), "lot": str(second), "quantity": "1", "quantity_unit": "斤"}
    before = office.fingerprint()
    for wrong, sentence in (
        ({"lot": ""}, "请选择批次"),
        ({"quantity": "9", "quantity_unit": "公斤"}, "最多能换 1.5千克"),
        ({"quantity": "?"}, "换多少"),
        ({"lot": str(office.other.lot_id)}, "同一种货"),
        ({"idempotency_key": ""}, "刷新后再换"),
    ):
        page = office.post(
            f"/shipping/{part}/pack/lot", 422, **{"idempotency_key": "key-000001"} | fields | wrong
        )
        assert sentence in page
    assert office.fingerprint() == before
    office.post(f"/shipping/{part}/pack/lot", 303, **fields, idempotency_key="key-000001")
    assert "货款跟着归到新批次的户" in office.get(f"/shipping/{part}/pack")
    office.post(f"/shipping/{part}/pack/lot", 303, **fields, idempotency_key="key-000001")
    assert "没有重复换" in office.get(f"/shipping/{part}/pack")
    assert "发货前换了批次" in office.get(f"/shipping/{part}")
    assert code.replace("-", "\u2011") in office.get("/shipping/pick-list")
    office.get(f"/shipping/{office.rows('select max(id) as id from suborder')[0].id + 1}/pack", 404)


def test_a_spec_by_weight_is_weighed_and_the_buyer_sees_it(office: Office, order: Any) -> None:
    part, line, sku = order["part"].id, order["line"], office.stall.sku_id
    office.post(f"/shipping/{part}/pack/weight", 303, line=str(line), weighed="1.4", weighed_unit="公斤",
                idempotency_key="key-000002")  # fmt: skip
    assert "不是称重计价" in office.get(f"/shipping/{part}/pack")
    version = office.rows("select version from sku where id = :id", id=sku)[0].version
    office.post(f"/specs/{sku}/by-weight", 303, version=str(version))
    assert "装箱时称，少了退差价" in office.get(f"/products/{office.stall.product_id}")
    assert "装箱时称，少了退差价" in office.client.get(f"/p/{office.stall.product_id}").text
    office.post(f"/specs/{sku}/by-pack", 409, version=str(version))
    page = office.get(f"/shipping/{part}/pack")
    assert "订 1.5千克" in page
    for weighed, sentence in (
        ("1.5", "不少就不用填"),
        ("", "实际重量"),
        ("0", "要大于 0"),
        ("x", "实际重量"),
    ):
        page = office.post(f"/shipping/{part}/pack/weight", 422, line=str(line), weighed=weighed, weighed_unit="公斤",
                           idempotency_key="key-000003")  # fmt: skip
        assert sentence in page
        assert f'value="{weighed}"' in page
    for _ in range(2):
        office.post(f"/shipping/{part}/pack/weight", 303, line=str(line), weighed="1.4", weighed_unit="公斤",
                    idempotency_key="key-000004")  # fmt: skip
    assert office.rows("select count(*) as n from weighing")[0].n == 1
    assert "这个包裹已称重：1.4千克" in office.get(f"/shipping/{part}/pack")
    page = signed_in(office.app, order["buyer"]).get(f"/orders/{order['number']}").text
    assert "订 1.5千克，实际称重 1.4千克，退差价 ¥13.60" in page
    assert "1.4千克" in office.get("/shipping")
