"""货到付款 in the office: the list, the cash, the refusal, and the switch on the freight page."""

from __future__ import annotations

from typing import Any

import pytest

from shop.core import clock
from shop.core.db import transaction
from shop.orders import freight_book, fulfilment
from shop.payments import on_delivery
from tests.office.conftest import Office
from tests.office.test_freight_pages import RULE
from tests.orders import market
from tests.payments.door_scene import open_in_town


@pytest.fixture
def part(office: Office) -> Any:
    """Two packs for the town, promised in cash: the row of the part."""
    who = market.buyer("李建国")
    open_in_town(office.stall, who)
    placed = market.place(who, {office.stall.sku_id: 2}, ways={office.coop.code: "town"})
    on_delivery.choose(placed.number, who.id)
    return office.rows("select * from suborder where order_id = :id", id=placed.order_id)[0]


def send(office: Office, part: Any) -> None:
    with transaction():
        fulfilment.ship(part.id, office.coop.id, "own", "", None)


def test_the_parcel_says_what_to_take_and_then_takes_it(office: Office, part: Any) -> None:
    assert "货到付款 ¥141.00" in office.get("/shipping")
    assert "要收现金 ¥141.00" in office.get("/shipping/pick-list")
    assert part.number in office.get("/on-delivery")
    assert "送到时收现金 ¥141.00" in office.get(f"/shipping/{part.id}")
    send(office, part)
    assert "要收现金 ¥141.00" in office.get("/shipping/shipped")
    today = clock.today().isoformat()
    for odd in (
        {"amount": ""},
        {"amount": "x"},
        {"amount": "140.99"},
        {"received_on": "昨天"},
        {"received_on": "2020-01-01"},
    ):
        page = office.post(
            f"/shipping/{part.id}/cash", 422, **({"amount": "141", "received_on": today} | odd)
        )
        assert "field-error" in page
    assert 'value="140.99"' in office.post(
        f"/shipping/{part.id}/cash", 422, amount="140.99", received_on=today
    )
    for _ in range(2):
        office.post(f"/shipping/{part.id}/cash", 303, amount="１４１.00", received_on=today)
    assert "刚才已经登记过" in office.get(f"/shipping/{part.id}")
    assert [row.state for row in office.rows("select state from payment")] == ["succeeded"]
    assert "没有要收现金的订单" in office.get("/on-delivery")


def test_a_refusal_needs_its_reason_and_brings_the_goods_back(office: Office, part: Any) -> None:
    send(office, part)
    assert "没有收货的原因" in office.post(f"/shipping/{part.id}/refused", 422, reason=" ")
    for _ in range(2):
        office.post(f"/shipping/{part.id}/refused", 303, reason="家里没人")
    page = office.get(f"/shipping/{part.id}")
    assert "家里没人" in page
    assert "登记收到现金" not in page
    office.post(f"/shipping/{part.id}/cash", 303, amount="141", received_on=clock.today().isoformat())
    assert "已关闭，不能再登记收款" in office.get("/shipping")
    lot = office.rows(
        "select reserved, shipped - returned as out from lot where id = :id", id=office.stall.lot_id
    )[0]
    assert (lot.reserved, lot.out) == (0, 0)


def test_the_switch_stands_on_the_freight_page(office: Office) -> None:
    with transaction():
        home = freight_book.home(office.coop.id)
    town = {"town_streets": home.street, "town_fen": "5"}
    for odd in (
        {"cash_most": "300"},
        town | {"cash_most": "0"},
        town | {"cash_most": "-1"},
        town | {"cash_most": "x"},
    ):
        office.post("/freight", 422, **(RULE | odd))
    if home.street:
        office.post("/freight", 303, **(RULE | town | {"cash_most": "300"}))
        assert 'value="300' in office.get("/freight")
        with transaction():
            assert freight_book.in_force(office.coop.id).cash_most_fen == 30_000
