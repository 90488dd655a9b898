"""Freight rules, gifts and invoices in the office."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shop.core.db import transaction
from shop.orders import attributing, gifts, invoices
from shop.orders.attempts import retried
from tests.office.conftest import Office
from tests.orders import market
from tests.orders.test_buying import LIST

RULE = {
    "after": "0", "name-0": "湖北省内", "provinces-0": "湖北省", "first-0": "1", "first_fen-0": "8", "step-0": "1",
    "step_fen-0": "2", "free-0": "99", "name-1": "其他", "first-1": "1", "first_fen-1": "12", "piece_g": "500",
}  # fmt: skip


def test_a_rule_is_tried_published_once_and_never_over_anothers(office: Office) -> None:
    assert "现在全国一个价" in office.get("/freight")
    tried = office.post("/freight", 200, **RULE, act="try", try_weight="3", try_province="湖北省")
    assert "¥12.00" in tried
    assert office.rows("select count(*) from freight_rule")[0][0] == 0
    for odd in (
        {"first-0": ""}, {"first-0": "x"}, {"first_fen-0": "-1"}, {"first_fen-0": "1e9"}, {"provinces-0": "湖北"},
        {"provinces-1": "湖北省"}, {"provinces-0": ""}, {"town_streets": "大川镇"}, {"piece_g": "0"}, {"name-0": "\x00"},
        {"try_weight": "x", "act": "try", "try_province": "湖北省"}, {"act": "try", "try_weight": "1"},
    ):  # fmt: skip
        office.post("/freight", 422, **(RULE | odd))
    office.post("/freight", 303, **RULE)
    office.post("/freight", 409, **(RULE | {"first_fen-0": "9"}))
    assert [row.version for row in office.rows("select version from freight_rule")] == [1]
    assert "第 1 版" in office.get("/freight?try_weight=3&try_province=" + "湖北省")


def test_a_gift_goes_parcel_by_parcel_and_its_notes_have_no_price(office: Office) -> None:
    who = market.buyer()
    placed = retried(
        lambda: gifts.place(
            who.id, office.stall.sku_id, LIST, "g", giver=("赵", "+8613800138001"), greeting="新年好"
        )
    )
    with transaction():
        market.pay_order(placed.order_id)
    with transaction():
        attributing.attribute_orders([placed.order_id])
    part = office.rows("select id, state from suborder where order_id = :o", o=placed.order_id)[0]
    assert part.state == "to_ship"
    url = f"/shipping/{part.id}/gifts"
    assert office.post(f"/shipping/{part.id}", 303, company="sf", number="SF1234567890123").endswith("/gifts")
    page = office.get(url)
    assert "王小华" not in page
    first, second = re.findall(r'name="(number-\d+)"', page)
    office.post(url, 422, company="sf")
    office.post(url, 422, company="xx", **{first: "SF1234567890123"})
    office.post(url, 422, company="sf", **{first: "；drop"})
    office.post(url, 303, company="sf", **{first: "SF1234567890123"})
    assert office.rows("select state from suborder where id = :p", p=part.id)[0].state == "to_ship"
    office.post(url, 303, company="sf", **{first: "SF9999999999999", second: "SF1234567890124"})
    assert office.rows("select state from suborder where id = :p", p=part.id)[0].state == "shipped"
    numbers = office.rows("select express_number from gift_recipient order by seq")
    assert [row[0] for row in numbers] == ["SF1234567890123", "SF1234567890124"]
    notes = office.get(url + "/notes")
    assert "王小华" in notes
    assert "新年好" in notes
    assert "¥" not in notes


def test_an_invoice_is_noted_corrected_and_kept(office: Office) -> None:
    who = market.buyer()
    values, _problems = invoices.cleaned("unit", "十堰市某中学", "91350100M000100Y43")
    with transaction():
        heading = invoices.save(who.id, values)
    placed = market.place(who, {office.stall.sku_id: 1}, heading_id=heading)
    part = office.rows("select id from suborder where order_id = :o", o=placed.order_id)[0].id
    url, first = f"/shipping/{part}/invoice", {"invoice_number": "1" * 20, "issued_on": "2026-01-02"}
    office.post(url, 422, **first)  # not paid yet
    with transaction():
        market.pay_order(placed.order_id)
    for odd in (
        {"invoice_number": "12"},
        {"invoice_number": ""},
        {"issued_on": "2999-01-01"},
        {"issued_on": "x"},
    ):
        office.post(url, 422, **(first | odd))
    office.post(url, 303, **first)
    office.post(url, 303, **first)
    office.post(url, 409, **(first | {"invoice_number": "2" * 20}))
    office.post(url, 303, **(first | {"invoice_number": "2" * 20, "replaces": "1" * 20}))
    page = office.get(f"/shipping/{part}")
    assert "2" * 20 in page
    assert "91350100M000100Y43" in page
    kept = office.rows("select number from invoice_issued where suborder_id = :p order by seq", p=part)
    assert [row.number for row in kept] == ["1" * 20, "2" * 20]
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(text("delete from invoice_issued"))
    other = office.rows("select code from cooperative where id = :c", c=office.other.coop.id)[0].code
    assert office.client.post(f"/coop/{other}{url}", data=first).status_code == 404


def test_parcels_of_an_unpaid_gift_cannot_be_noted(office: Office) -> None:
    who = market.buyer()
    placed = retried(
        lambda: gifts.place(who.id, office.stall.sku_id, LIST, "g-unpaid", giver=("赵", "+8613800138001"))
    )
    part = office.rows("select id from suborder where order_id = :o", o=placed.order_id)[0].id
    ids = [row.id for row in office.rows("select id from gift_recipient")]
    office.post(f"/shipping/{part}/gifts", 409, company="sf", **{f"number-{ids[0]}": "SF1234567890123"})
    assert office.rows("select count(*) from gift_recipient where shipped_at is not null")[0][0] == 0
