"""Delivery addresses: step by step without JavaScript, strict, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from shop.orders import divisions
from shop.orders.models import Address
from tests.storefront.conftest import Buyer
from tests.storefront.forms import error_beside, value_of

GOOD = {
    "recipient": "王小华",
    "phone": "138 0013 8000",
    "province": "湖北省",
    "city": "十堰市",
    "district": "茅箭区",
    "detail": "人民路 1 号",
}


def _kept(db_session: scoped_session) -> list[Address]:
    db_session.rollback()
    return list(
        db_session.execute(select(Address).where(Address.deleted_at.is_(None)).order_by(Address.id)).scalars()
    )


def test_an_address_is_kept_with_its_phone_in_one_form(buyer: Buyer, db_session: scoped_session) -> None:
    assert buyer.client.post("/addresses/new", data=GOOD | {"default": "1"}).location == "/addresses"
    old, new = _kept(db_session)
    assert (new.recipient, new.phone, new.is_default, old.is_default) == (
        "王小华",
        "+8613800138000",
        True,
        False,
    )
    html = buyer.client.get("/addresses").text
    assert html.index("王小华") < html.index("李女士")
    assert "13800138000" in html


@pytest.mark.parametrize(
    "phone",
    [
        "13800138000",
        "138-0013-8000",
        "+86 138 0013 8000",
        "１３８００１３８０００",
        "0719-8888888",
        " 13800138000 ",
    ],
)
def test_phones_as_people_write_them(buyer: Buyer, db_session: scoped_session, phone: str) -> None:
    assert buyer.client.post("/addresses/new", data=GOOD | {"phone": phone}).status_code == 303
    assert _kept(db_session)[-1].phone.startswith("+86")


@pytest.mark.parametrize(
    "name,typed",
    [
        ("phone", ""),
        ("phone", "1380013800"),
        ("phone", "138001380001"),
        ("phone", "+1 202 555 0123"),
        ("phone", "两盒"),
        ("phone", "1e999"),
        ("phone", "-1"),
        ("phone", "\x00"),
        ("phone", "9" * 300),
        ("phone", "<script>"),
        ("recipient", ""),
        ("recipient", " "),
        ("recipient", "\u200b"),
        ("recipient", "长" * 31),
        ("recipient", "\x00"),
        ("detail", ""),
        ("detail", "长" * 101),
        ("detail", "\u202e1 号"),
        ("province", ""),
        ("province", "台湾省"),
        ("province", "'--"),
        ("city", ""),
        ("city", "武昌区"),
        ("district", ""),
        ("district", "武昌区"),
    ],
)
def test_each_error_stands_beside_its_field_and_what_was_typed_stays(
    buyer: Buyer, db_session: scoped_session, name: str, typed: str
) -> None:
    response = buyer.client.post("/addresses/new", data=GOOD | {name: typed})
    assert response.status_code == 422
    assert error_beside(response.text, name)
    assert f'href="#{name}"' in response.text
    assert value_of(response.text, "recipient") == (GOOD | {name: typed})["recipient"]
    assert value_of(response.text, "detail") == (GOOD | {name: typed})["detail"]
    assert "<script>" not in response.text.split("<main", 1)[1]
    assert len(_kept(db_session)) == 1


def test_rare_characters_survive(buyer: Buyer, db_session: scoped_session) -> None:
    buyer.client.post("/addresses/new", data=GOOD | {"recipient": "𠮷㛃🙂", "detail": "<b>1 号</b> & 2"})
    assert _kept(db_session)[-1].recipient == "𠮷㛃🙂"
    assert "&lt;b&gt;1 号&lt;/b&gt; &amp; 2" in buyer.client.get("/addresses").text


def test_the_selects_are_filled_one_after_the_other(client: FlaskClient, buyer: Buyer) -> None:
    html = client.get("/addresses/places").text
    assert "湖北省" in html
    assert 'name="city"' not in html
    html = client.get("/addresses/places", query_string={"province": "湖北省"}).text
    assert "十堰市" in html
    assert 'name="district"' not in html
    html = client.get("/addresses/places", query_string={"province": "湖北省", "city": "十堰市"}).text
    assert "茅箭区" in html
    html = client.get("/addresses/places", query_string={"province": "'; --\x00", "city": "x" * 9000}).text
    assert 'name="city"' not in html
    page = buyer.client.post("/addresses/new", data=GOOD | {"act": "places", "city": "", "district": ""})
    assert page.status_code == 200
    assert "field-error" not in page.text
    assert value_of(page.text, "detail") == GOOD["detail"]
    assert "襄阳市" in page.text


def test_another_buyers_addresses_do_not_exist(
    buyer: Buyer, new_buyer: Callable[[], Buyer], db_session: scoped_session
) -> None:
    other = new_buyer()
    for path in (f"/addresses/{other.address_id}", "/addresses/0", f"/addresses/{2**70}"):
        assert buyer.client.get(path).status_code == 404
        assert buyer.client.post(path, data=GOOD).status_code == 404
        assert buyer.client.post(f"{path}/remove").status_code == 404
    assert len(_kept(db_session)) == 2


def test_change_and_remove(buyer: Buyer, db_session: scoped_session) -> None:
    path = f"/addresses/{buyer.address_id}"
    assert "中北路 1 号" in buyer.client.get(path).text
    assert buyer.client.post(path, data=GOOD).status_code == 303
    assert [row.detail for row in _kept(db_session)] == ["人民路 1 号"]
    assert buyer.client.post(f"{path}/remove").status_code == 303
    assert _kept(db_session) == []
    assert "还没有收货地址" in buyer.client.get("/addresses").text


def test_not_more_than_twenty(buyer: Buyer, db_session: scoped_session) -> None:
    for _ in range(19):
        assert buyer.client.post("/addresses/new", data=GOOD).status_code == 303
    assert buyer.client.post("/addresses/new", data=GOOD).status_code == 422
    assert len(_kept(db_session)) == 20


def test_the_table_of_places_is_whole() -> None:
    table = divisions.table()
    assert len(table) == 31
    assert sum(map(len, table.values())) == 450
    assert table["北京市"]["东城区"] == ()
    assert "茅箭区" in table["湖北省"]["十堰市"]
    for province, cities in table.items():
        for city, districts in cities.items():
            assert divisions.wrong_part(province, city, districts[0] if districts else "") is None
