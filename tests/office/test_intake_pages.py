"""收货登记 as a manager does it: what is taken, what is refused, and that nothing is stored twice."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from shop.core import clock
from shop.core.db import transaction
from tests.access.identities import make_user, signed_in
from tests.office.conftest import Office
from tests.support import town_builder as town

KEY = "0123456789abcdef" * 2


def _form(office: Office, **changes: Any) -> dict[str, Any]:
    number = office.stall.parties[0].number
    return {
        "act": "save", "request_key": KEY, "produce": office.stall.produce_id, "q": str(number), "found_for": "",
        "quantity": "20", "unit": "斤", "mode": "buyout", "price": "58", "price_unit": "公斤", "grade": "统货",
        "certificate_no": "", "received_on": clock.today().isoformat(), "supplier": "", "supplier_new": "",
    } | changes  # fmt: skip


def _receipts(office: Office) -> list[Any]:
    return office.rows(
        "select id, household_id, supplier_id, quantity, mode, price_fen, commission_rate, value_fen, received_on, lot_id"
        " from intake_receipt where recorded_by is not null order by id"
    )


def test_a_delivery_in_jin_is_stored_in_grams_and_said_back(office: Office) -> None:
    address = office.post("/intake/new", 303, **_form(office))
    row = _receipts(office)[0]
    assert (row.quantity, row.price_fen, row.value_fen) == (10_000, 5_800, 58_000)
    assert row.household_id == office.stall.parties[0].household_id
    page = office.client.get(address).text
    assert "20斤 = 10千克" in page
    assert "¥580.00" in page
    assert "再记一户" in page


@pytest.mark.parametrize(
    "quantity,unit,price,price_unit,grams,per_kg",
    [
        ("１２", "斤", "２９", "斤", 6_000, 5_800),
        ("2.5kg", "公斤", "58.00元", "公斤", 2_500, 5_800),
        ("1,200", "克", "1,234.5", "公斤", 1_200, 123_450),
    ],
)
def test_full_width_digits_units_and_prices_per_jin(
    office: Office, quantity: str, unit: str, price: str, price_unit: str, grams: int, per_kg: int
) -> None:
    office.post(
        "/intake/new", 303, **_form(office, quantity=quantity, unit=unit, price=price, price_unit=price_unit)
    )
    row = _receipts(office)[0]
    assert (row.quantity, row.price_fen) == (grams, per_kg)


@pytest.mark.parametrize(
    "field,value",
    [
        *(
            ("quantity", bad)
            for bad in (
                "",
                "0",
                "-1",
                "1e999",
                "NaN",
                "Infinity",
                "1_0",
                "0x10",
                "两盒",
                "9" * 5000,
                "0.0001",
            )
        ),
        ("quantity", "10公斤"),  # the unit chosen is 斤
        ("unit", "磅"),
        ("unit", "只"),
        *(("price", bad) for bad in ("", "0", "-1", "1e999", "NaN", "5.001", "two", "9" * 20)),
        ("price_unit", ""),
        ("price_unit", "吨"),
        ("mode", ""),
        ("mode", "gift"),
        ("grade", "神级"),
        ("received_on", ""),
        ("received_on", "2020-13-40"),
        ("received_on", "0001-01-01"),
        ("received_on", "2099-01-01"),
        ("certificate_no", "x" * 61),
        ("certificate_no", "a\u202eb"),
        ("q", ""),
        ("q", "没有这个人"),
        ("supplier_new", "外来商行"),  # a household and a supplier at once
    ],
)
def test_bad_input_is_refused_with_everything_kept(office: Office, field: str, value: str) -> None:
    before = office.fingerprint()
    page = office.post("/intake/new", 422, **_form(office, **{field: value}))
    assert office.fingerprint() == before
    assert "error-summary" in page
    if field != "quantity":
        assert 'value="20"' in page  # the weight typed is still there
    assert f'value="{KEY}"' in page


def test_scripts_and_templates_are_only_text(office: Office) -> None:
    bad = "<script>alert(1)</script>{{7*7}}"
    page = office.post("/intake/new", 422, **_form(office, q=bad, price=bad))
    assert "<script>alert" not in page
    assert "{{7*7}}" in page


def test_a_commission_delivery_has_no_price_and_the_charters_rate(office: Office) -> None:
    refused = office.post("/intake/new", 422, **_form(office, mode="consign_commission"))
    assert "请清空单价" in refused
    office.post("/intake/new", 303, **_form(office, mode="consign_commission", price=""))
    row = _receipts(office)[0]
    assert (row.price_fen, row.value_fen, row.commission_rate) == (0, 0, "0.08")


def test_pieces_are_counted(office: Office) -> None:
    with transaction():
        chickens = town.produce(office.coop, "土鸡", "piece")
    wrong = office.post("/intake/new", 422, **_form(office, produce=chickens))
    assert "单位只能选件" in wrong
    office.post(
        "/intake/new",
        303,
        **_form(office, produce=chickens, unit="件", price_unit="件", quantity="3", price="80.5"),
    )
    row = _receipts(office)[0]
    assert (row.quantity, row.value_fen) == (3, 24_150)


def test_one_request_makes_one_receipt(office: Office) -> None:
    first = office.post("/intake/new", 303, **_form(office))
    again = office.post("/intake/new", 303, **_form(office))
    assert first.split("?")[0] == again.split("?")[0]
    assert len(_receipts(office)) == 1
    assert "没有重复记" in office.client.get(again).text


def test_another_delivery_from_an_old_page_is_not_swallowed(office: Office) -> None:
    office.post("/intake/new", 303, **_form(office))
    page = office.post("/intake/new", 409, **_form(office, quantity="30"))
    assert "已经登记过一单" in page
    fresh = re.search(r'name="request_key" value="([0-9a-f]{32})"', page)
    assert fresh is not None
    assert fresh[1] != KEY
    office.post("/intake/new", 303, **_form(office, quantity="30", request_key=fresh[1]))
    assert [row.quantity for row in _receipts(office)] == [10_000, 15_000]


@pytest.mark.parametrize("key", ["", "x", "0123456789ABCDEF" * 2, "a" * 33, "' or 1=1 --"])
def test_a_page_without_its_key_stores_nothing(office: Office, key: str) -> None:
    before = office.fingerprint()
    office.post("/intake/new", 422, **_form(office, request_key=key))
    assert office.fingerprint() == before


def test_households_are_found_by_pinyin_initials_name_and_number(office: Office) -> None:
    with transaction():
        wanted = town.member(office.coop, "王小华", number=901)
        town.member(office.coop, "王晓红", number=902)
    for text in ("wangxiaohua", "小华", "901", "901号 王小华", "９０１"):
        page = office.post("/intake/new", 200, **_form(office, act="find", q=text))
        assert f'value="{wanted.household_id}" data-no-draft checked' in page, text
    page = office.post("/intake/new", 200, **_form(office, act="find", q="wxh"))
    assert page.count('name="household_id"') == 2
    refused = office.post("/intake/new", 422, **_form(office, q="wxh"))
    assert "请选一户" in refused
    office.post(
        "/intake/new", 303, **_form(office, q="wxh", found_for="wxh", household_id=wanted.household_id)
    )
    assert _receipts(office)[0].household_id == wanted.household_id


def test_a_choice_counts_only_for_the_text_it_was_found_for(office: Office) -> None:
    """Somebody searches 王小华, ticks it, then types another name over it: the tick must not win."""
    with transaction():
        ticked = town.member(office.coop, "王小华", number=901)
        meant = town.member(office.coop, "李大山", number=902)
    office.post(
        "/intake/new", 303, **_form(office, q="902", found_for="wxh", household_id=ticked.household_id)
    )
    assert _receipts(office)[0].household_id == meant.household_id


def test_one_hit_by_initials_is_confirmed_before_it_counts(office: Office) -> None:
    with transaction():
        town.member(office.coop, "王小华", number=901)
    before = office.fingerprint()
    assert "再按一次保存" in office.post("/intake/new", 422, **_form(office, q="wxh"))
    assert office.fingerprint() == before


def test_outside_suppliers_by_new_name_and_from_the_list(office: Office) -> None:
    office.post("/intake/new", 303, **_form(office, q="", supplier_new="山货行"))
    office.post("/intake/new", 303, **_form(office, q="", supplier_new="山货行", request_key="f" * 32))
    rows = office.rows("select id from supplier where cooperative_id = :coop", coop=office.coop.id)
    assert len(rows) == 1
    office.post("/intake/new", 303, **_form(office, q="", supplier=rows[0].id, request_key="e" * 32))
    assert [row.supplier_id for row in _receipts(office)] == [rows[0].id] * 3


def test_a_refused_delivery_leaves_no_new_supplier(office: Office) -> None:
    before = office.fingerprint()
    office.post("/intake/new", 422, **_form(office, q="", supplier_new="山货行", received_on="2099-01-01"))
    assert office.fingerprint() == before


def test_the_next_form_keeps_produce_mode_and_price(office: Office) -> None:
    address = office.post(
        "/intake/new", 303, **_form(office, act="next", mode="consign_fixed", price="57.5", price_unit="斤")
    )
    page = office.client.get(address).text
    assert 'value="57.5"' in page
    assert re.search(r'name="mode" value="consign_fixed" data-no-draft checked', page)
    assert "今天已记 1 单" in page
    assert 'id="q" name="q" value=""' in page
    way = re.search(r'href="(/coop/[^"]*/intake/\d+)">拍照、请对方确认', page)
    assert way, "the household still stands there: its receipt is one tap away"
    assert "加照片" in office.client.get(way.group(1)).text


def test_another_cooperatives_produce_household_and_supplier_do_not_exist(office: Office) -> None:
    with transaction():
        foreign_supplier = town.supplier(office.other.coop).supplier_id
    before = office.fingerprint()
    office.post("/intake/new", 404, **_form(office, produce=office.other.produce_id))
    foreign = office.other.parties[0]
    office.post("/intake/new", 422, **_form(office, q="", household_id=foreign.household_id))
    office.post("/intake/new", 422, **_form(office, q=str(foreign.number)))
    office.post("/intake/new", 422, **_form(office, q="", supplier=foreign_supplier))
    office.post("/intake/new", 404, **_form(office, produce="9" * 30))
    assert office.fingerprint() == before


def test_a_receipt_is_reversed_once_with_a_reason_while_the_lot_is_open(
    office: Office, open_produce: int
) -> None:
    receipt_id = office.rows("select max(id) as id from intake_receipt")[0].id
    assert "请填写冲销原因" in office.post(f"/intake/{receipt_id}/reverse", 422, reason=" ")
    office.post(f"/intake/{receipt_id}/reverse", 303, reason="称错了")
    assert "已经冲销" in office.get(f"/intake/{receipt_id}")
    before = office.fingerprint()
    office.post(f"/intake/{receipt_id}/reverse", 422, reason="再来一次")
    closed = office.rows(
        "select receipt_id from lot_part where lot_id = :lot limit 1", lot=office.stall.lot_id
    )
    assert "已经封批" in office.post(f"/intake/{closed[0].receipt_id}/reverse", 422, reason="晚了")
    assert office.fingerprint() == before


def test_forms_need_their_token_and_the_right_person(office: Office, csrf_on: None, app: Flask) -> None:
    before = office.fingerprint()
    office.post("/intake/new", 400, **_form(office))
    assert office.fingerprint() == before
    app.config["WTF_CSRF_ENABLED"] = False
    stranger = make_user(
        app, "+8613700000003", role="manager", duty="manager", cooperative_id=office.other.coop.id
    )
    browser = signed_in(app, stranger)
    before = office.fingerprint()
    assert browser.get(f"/coop/{office.coop.code}/intake").status_code == 404
    assert browser.post(f"/coop/{office.coop.code}/intake/new", data=_form(office)).status_code == 404
    assert (
        app.test_client().post(f"/coop/{office.coop.code}/intake/new", data=_form(office)).status_code == 303
    )
    assert office.fingerprint() == before


def test_nothing_to_take_in_says_so(app: Flask, office: Office) -> None:
    with transaction():
        bare = town.cooperative()
    user_id = make_user(app, "+8613700000009", role="manager", duty="manager", cooperative_id=bare.id)
    browser = signed_in(app, user_id)
    for path in ("intake", "intake/new", "lots", "products", "products/new", "shipping", "shipping/shipped",
                 "shipping/pick-list", "ledger", "ledger/suppliers", "settlement", "members", "more", ""):  # fmt: skip
        answer = browser.get(f"/coop/{bare.code}/{path}")
        assert answer.status_code == 200, path
    assert browser.get("/coop").headers["Location"].endswith(f"/coop/{bare.code}/")
