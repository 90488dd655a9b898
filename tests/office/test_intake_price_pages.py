"""收购价目 in the office: the list, a new price, and the intake form that is filled from it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from shop.core import clock
from shop.core.db import transaction
from tests.office.conftest import Office
from tests.office.test_intake_pages import _form, _receipts
from tests.support import town_builder as town

KEY = "a" * 32


def _offer(office: Office, **changes: Any) -> dict[str, Any]:
    return {
        "idempotency_key": KEY, "produce": office.stall.produce_id, "grade": "统货", "mode": "buyout", "price": "58",
        "price_unit": "公斤", "commission_rate": "", "grade_factor": "100", "valid_from": clock.today().isoformat(),
        "notice": "理事会公告",
    } | changes  # fmt: skip


def _listed(office: Office) -> list[Any]:
    return office.rows(
        "select produce_id, grade, mode, price_fen, commission_rate from intake_price order by id"
    )


def _price_in(page: str) -> str:
    found = re.search(r'name="price" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def test_an_empty_list_says_so_and_a_price_appears_on_it(office: Office) -> None:
    assert "还没有价目" in office.get("/intake/prices")
    office.post("/intake/prices", 303, **_offer(office, price="29", price_unit="斤"))
    office.post("/intake/prices", 303, **_offer(office, price="29", price_unit="斤"))  # pressed twice
    assert [row.price_fen for row in _listed(office)] == [5_800]
    page = office.get("/intake/prices")
    assert "¥58.00/公斤" in page
    assert "理事会公告" in page


def test_a_price_to_come_stands_beside_the_one_in_force(office: Office) -> None:
    office.post("/intake/prices", 303, **_offer(office))
    later = (clock.today() + timedelta(days=3)).isoformat()
    office.post(
        "/intake/prices", 303, **_offer(office, price="60", valid_from=later, idempotency_key="b" * 32)
    )
    page = office.get("/intake/prices")
    assert "还没生效" in page
    assert _price_in(office.get(f"/intake/new?produce={office.stall.produce_id}&mode=buyout")) == "58.00"


@pytest.mark.parametrize(
    "field,value",
    [
        *(("price", bad) for bad in ("", "0", "-1", "NaN", "1e999", "5.001", "9" * 5000, "１２x")),
        ("price_unit", ""), ("price_unit", "只"),
        ("grade", "神级"), ("mode", ""), ("mode", "gift"),
        *(("grade_factor", bad) for bad in ("0", "1.5", "-1", "5000", "x")),
        ("valid_from", ""), ("valid_from", "2020-13-40"), ("valid_from", "2099-01-01"),
        ("notice", ""), ("notice", "x" * 201), ("notice", "a\u202eb"),
        ("commission_rate", "8"), ("produce", ""), ("produce", "9" * 30), ("idempotency_key", ""),
    ],
)  # fmt: skip
def test_bad_input_is_refused_beside_its_field_with_everything_kept(
    office: Office, field: str, value: str
) -> None:
    page = office.post("/intake/prices", 422, **_offer(office, **{field: value}))
    assert "error-summary" in page
    assert not _listed(office)
    if field != "notice":
        assert 'value="理事会公告"' in page


def test_commission_has_a_rate_and_pieces_their_word(office: Office) -> None:
    with transaction():
        chickens = town.produce(office.coop, "土鸡", "piece")
    office.post(
        "/intake/prices", 303, **_offer(office, mode="consign_commission", price="", commission_rate="6.5%")
    )
    office.post("/intake/prices", 422, **_offer(office, produce=chickens, idempotency_key="b" * 32))
    office.post(
        "/intake/prices", 303, **_offer(office, produce=chickens, price_unit="件", idempotency_key="b" * 32)
    )
    assert [(row.price_fen, row.commission_rate) for row in _listed(office)] == [(0, "0.065"), (5_800, None)]


def test_another_cooperatives_produce_is_not_priced(office: Office) -> None:
    office.post("/intake/prices", 422, **_offer(office, produce=office.other.produce_id))
    assert not _listed(office)


@pytest.fixture
def priced(office: Office) -> Office:
    """统货 58, 特级 80, commission 6 %."""
    office.post("/intake/prices", 303, **_offer(office))
    office.post("/intake/prices", 303, **_offer(office, grade="特级", price="80", idempotency_key="b" * 32))
    office.post(
        "/intake/prices", 303,
        **_offer(office, mode="consign_commission", price="", commission_rate="6", idempotency_key="c" * 32),
    )  # fmt: skip
    return office


def test_the_form_is_filled_from_the_list_and_follows_grade_and_mode(priced: Office) -> None:
    page = priced.get(f"/intake/new?produce={priced.stall.produce_id}&mode=buyout")
    assert _price_in(page) == "58.00"
    assert "价目 ¥58.00/公斤" in page
    found = priced.post(
        "/intake/new", 200, **_form(priced, act="find", price="58.00", filled="5800", grade="特级")
    )
    assert _price_in(found) == "80.00"
    none = priced.post(
        "/intake/new", 200, **_form(priced, act="find", price="58.00", filled="5800", grade="三级")
    )
    assert _price_in(none) == ""
    rated = priced.post(
        "/intake/new",
        200,
        **_form(priced, act="find", price="58.00", filled="5800", mode="consign_commission"),
    )
    assert _price_in(rated) == ""
    assert "：6%" in rated


def test_a_listed_price_left_behind_by_another_grade_is_not_taken(priced: Office) -> None:
    page = priced.post("/intake/new", 422, **_form(priced, price="58.00", filled="5800", grade="特级"))
    assert "已按价目填成 ¥80.00/公斤" in page
    assert _price_in(page) == "80.00"
    assert not _receipts(priced)
    priced.post("/intake/new", 303, **_form(priced, price="80.00", filled="8000", grade="特级"))
    assert _receipts(priced)[0].price_fen == 8_000


def test_a_listed_price_for_a_grade_that_has_none_is_asked_about_once(priced: Office) -> None:
    page = priced.post("/intake/new", 422, **_form(priced, price="58.00", filled="5800", grade="三级"))
    assert "再按一次保存" in page
    assert _price_in(page) == "58.00"
    assert 'name="filled" value=""' in page
    priced.post("/intake/new", 303, **_form(priced, price="58.00", filled="", grade="三级"))
    assert _receipts(priced)[0].price_fen == 5_800


def test_an_empty_price_is_filled_and_asked_about_once(priced: Office) -> None:
    page = priced.post("/intake/new", 422, **_form(priced, price=""))
    assert _price_in(page) == "58.00"
    assert 'name="filled" value="5800"' in page


def test_a_repeat_gets_its_first_answer_though_the_list_has_changed(priced: Office) -> None:
    sent = _form(priced, price="58.00", filled="5800")
    first = priced.post("/intake/new", 303, **sent)
    priced.post("/intake/prices", 303, **_offer(priced, price="61", idempotency_key="d" * 32))
    assert priced.post("/intake/new", 303, **sent).split("?")[0] == first.split("?")[0]
    assert len(_receipts(priced)) == 1


def test_commission_needs_no_clearing_of_the_lists_price(priced: Office) -> None:
    for _press in range(2):
        priced.post(
            "/intake/new", 303, **_form(priced, price="58.00", filled="5800", mode="consign_commission")
        )
    assert len(_receipts(priced)) == 1
    assert _receipts(priced)[0].commission_rate == "0.06"


def test_another_price_is_taken_and_the_receipt_says_so(priced: Office) -> None:
    page = priced.post("/intake/new", 200, **_form(priced, act="find", price="57", filled="5800"))
    assert _price_in(page) == "57"
    assert "与价目 ¥58.00/公斤 不同" in page
    address = priced.post("/intake/new", 303, **_form(priced, price="57", filled="5800"))
    assert _receipts(priced)[0].price_fen == 5_700
    assert "与价目 ¥58.00/公斤 不同" in priced.client.get(address).text
    same = priced.post("/intake/new", 303, **_form(priced, price="29", price_unit="斤", request_key="e" * 32))
    shown = priced.client.get(same).text
    assert "不同" not in shown
    assert "按价目" in shown
