"""优惠券 in the office: issuing with every field read strictly, stopping, and the town's payment of its coupons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shop.core import clock
from shop.core.db import transaction
from shop.orders import attributing
from tests.office.conftest import Office
from tests.orders import coupon_scene as scene
from tests.orders import market
from tests.payments import refund_scene as back


def fields(**more: Any) -> dict[str, Any]:
    today = clock.today()
    return {
        "name": "山货券", "kind": "amount", "off_fen": "10", "threshold_fen": "68.00", "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=9)).isoformat(), "issued": "100", "idempotency_key": "a-form",
    } | more  # fmt: skip


def test_issued_once_and_stopped(office: Office) -> None:
    assert "还没有发过券" in office.get("/coupons")
    for _ in range(2):
        office.post("/coupons", 303, **fields())
    page = office.get("/coupons")
    assert page.count("山货券") == 1
    assert "满 ¥68.00 减 ¥10.00" in page
    [row] = office.rows("select id, cooperative_id, only_id, off_fen from coupon")
    assert (row.cooperative_id, row.only_id, row.off_fen) == (office.coop.id, office.coop.id, 1000)
    office.post("/coupons/stop", 303, coupon=row.id)
    assert "已停发" in office.get("/coupons")


def test_each_wrong_field_has_its_sentence_and_what_was_typed_stays(office: Office) -> None:
    wrong = {
        "name": "",
        "kind": "percent",
        "percent": "120",
        "cap_fen": "很多",
        "issued": "0",
        "ends_on": "明天",
    }
    page = office.post("/coupons", 422, **fields(**wrong))
    assert page.count('class="field-error"') >= 3
    assert 'value="很多"' in page
    assert 'value="明天"' in page
    page = office.post("/coupons", 422, **fields(off_fen="70"))
    assert "减的钱要少于门槛" in page
    page = office.post("/coupons", 422, **fields(ends_on="2020-01-01"))
    assert "最后一天不能早于" in page
    assert office.rows("select count(*) from coupon")[0][0] == 0


def test_another_cooperatives_coupon_does_not_exist(office: Office) -> None:
    coupon = scene.issued(office.other.coop.id)
    office.post("/coupons/stop", 404, coupon=coupon)


def test_the_town_pays_what_it_owes(office: Office) -> None:
    assert "镇里没有欠款" in office.get("/money/town")
    who = market.buyer()
    placed = market.place(who, {office.stall.sku_id: 1}, coupon_ids=[scene.taken(scene.issued(), who)])
    with transaction():
        market.pay_order(placed.order_id)
    with transaction():
        attributing.attribute_orders([placed.order_id])
    assert f"{placed.number}-1" in office.get("/money/town")
    day = clock.today().isoformat()
    assert "只欠" in office.post("/money/town", 422, fen="10.01", reference="T-1", paid_on=day)
    assert "T-1" in office.post("/money/town", 422, fen="", reference="T-1", paid_on=day)
    office.post("/money/town", 303, fen="10", reference="T-1", paid_on=day)
    assert back.account("113.town") == 0
    assert back.account("102") == 1000
    assert "T-1" in office.get("/money/town")
    assert scene.broken() == {}
