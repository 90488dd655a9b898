"""商品: new products, on and off sale with undo, prices."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from tests.office.conftest import Office


def _new(office: Office, **changes: Any) -> dict[str, Any]:
    category = office.rows("select id from category limit 1")[0].id
    return {
        "produce": office.stall.produce_id, "name": "深山香菇", "content": "250", "content_unit": "克", "pack": "袋",
        "price": "42", "category_id": category, "certificate_no": "", "origin": "湖北十堰", "grade": "统货",
        "regulatory_class": "edible_agri", "subtitle": "", "storage": "", "shelf_life": "", "story": "", "picture": "",
    } | changes  # fmt: skip


def _undo(office: Office, page: str) -> None:
    """Press 撤销 of the message on this page."""
    found = re.search(r'class="toast.*?<form method="post" action="([^"]+)">(.*?)</form>', page, re.DOTALL)
    assert found is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[2]))
    answer = office.client.post(html.unescape(found[1]), data=fields)
    assert answer.status_code == 303


def test_a_new_product_in_few_fields_goes_on_sale_when_it_says_what_it_must(office: Office) -> None:
    address = office.post("/products/new", 303, **_new(office))
    product = office.rows("select * from product order by id desc limit 1")[0]
    sku = office.rows("select * from sku where product_id = :id", id=product.id)[0]
    assert (sku.spec, sku.unit_quantity, sku.price_fen) == ("250克/袋", 250, 4_200)
    assert product.published_at is None
    assert "没有上架" in office.client.get(address).text
    refused = office.post(f"/products/{product.id}/on", 422)
    assert "承诺达标合格证编号" in refused
    assert f"/products/{product.id}/edit#certificate_no" in refused
    texts = {
        name: value
        for name, value in _new(office, certificate_no="HB-1").items()
        if name not in ("content", "price")
    }
    office.post(f"/products/{product.id}/edit", 303, **texts)
    office.post(f"/products/{product.id}/on", 303)
    assert office.client.get(f"/p/{product.id}").status_code == 200


@pytest.mark.parametrize(
    "field,value",
    [
        *(("content", bad) for bad in ("", "0", "-1", "1e999", "NaN", "一袋", "0.5")),
        *(("price", bad) for bad in ("", "0", "-5", "1e999", "1.234", "免费")),
        ("content_unit", "磅"),
        ("pack", "麻袋<"),
        ("name", ""),
        ("name", "x" * 41),
        ("name", "a\x00b"),
        ("name", "干香菇"),  # there is one already
        ("category_id", ""),
        ("category_id", "99999"),
        ("category_id", "1 or 1=1"),
        ("regulatory_class", "magic"),
        ("subtitle", "包治百病"),
        ("story", "长期吃能降血压"),
    ],
)
def test_bad_products_are_refused(office: Office, field: str, value: str) -> None:
    before = office.fingerprint()
    page = office.post("/products/new", 422, **_new(office, **{field: value}))
    assert "error-summary" in page
    assert office.fingerprint() == before
    assert "<script" not in page.replace("<script src", "")


def test_names_are_escaped(office: Office) -> None:
    office.post("/products/new", 303, **_new(office, name="<img src=x onerror=alert(1)>"))
    assert "<img src=x" not in office.get("/products")


def test_off_and_on_again_by_undo(office: Office) -> None:
    product_id = office.stall.product_id
    office.post(f"/products/{product_id}/off", 303)
    page = office.get("/products")
    assert "已下架" in page
    assert not office.rows(
        "select id from product where id = :id and published_at is not null", id=product_id
    )
    # the builder's product has no certificate, which going on sale again asks for
    found = re.search(r'action="([^"]*/on)"', page)
    assert found is not None
    assert office.client.post(found[1]).status_code == 422


def test_a_price_changes_from_today_and_back_by_undo(office: Office) -> None:
    sku_id = office.stall.sku_id
    address = office.post(f"/specs/{sku_id}/price", 303, price="７０.5", version="1")
    assert office.rows("select price_fen from sku where id = :id", id=sku_id)[0].price_fen == 7_050
    _undo(office, office.client.get(address).text)
    row = office.rows("select price_fen, version from sku where id = :id", id=sku_id)[0]
    assert (row.price_fen, row.version) == (6_800, 3)
    history = office.rows("select price_fen from sku_price where sku_id = :id order by id", id=sku_id)
    assert [row.price_fen for row in history] == [6_800, 7_050, 6_800]


@pytest.mark.parametrize("price,version,status", [
    ("-1", "1", 422), ("0", "1", 422), ("1e999", "1", 422), ("NaN", "1", 422), ("一百", "1", 422), ("70", "", 422),
    ("70", "x", 422), ("70", "7", 409), ("9" * 30, "1", 422),
])  # fmt: skip
def test_bad_prices_change_nothing(office: Office, price: str, version: str, status: int) -> None:
    before = office.fingerprint()
    page = office.post(f"/specs/{office.stall.sku_id}/price", status, price=price, version=version)
    assert f'id="price-{office.stall.sku_id}-error"' in page
    assert office.fingerprint() == before


def test_one_more_spec_and_not_the_same_twice(office: Office) -> None:
    product_id = office.stall.product_id
    office.post(f"/products/{product_id}/specs", 303, content="2", content_unit="斤", pack="箱", price="150")
    assert "已经有" in office.post(
        f"/products/{product_id}/specs", 422, content="1000", content_unit="克", pack="箱", price="1"
    )
    assert [row.spec for row in office.rows("select spec from sku where product_id = :id order by id", id=product_id)] == [
        "500", "1千克/箱",
    ]  # fmt: skip
    last = office.stall.sku_id
    office.post(f"/specs/{last}/hide", 303, version="1")
    other = office.rows("select id from sku where spec = '1千克/箱'")[0].id
    assert "最后一个规格" in office.post(f"/specs/{other}/hide", 422, version="1")


def test_another_cooperatives_shelf_does_not_exist(office: Office) -> None:
    before = office.fingerprint()
    product_id, sku_id = office.other.product_id, office.other.sku_id
    office.get(f"/products/{product_id}", 404)
    office.get(f"/products/{product_id}/edit", 404)
    for path in (f"/products/{product_id}/{act}" for act in ("on", "off", "edit", "specs")):
        office.post(path, 404, **_new(office))
    for path in (f"/specs/{sku_id}/{act}" for act in ("price", "hide", "show")):
        office.post(path, 404, price="1", version="1")
    office.post("/products/new", 404, **_new(office, produce=office.other.produce_id))
    assert office.fingerprint() == before
    assert f"/products/{product_id}" not in office.get("/products")


def test_low_stock_is_counted_and_listed(office: Office) -> None:
    assert "库存都够" in office.get("/products?which=low")
    product_id = office.stall.product_id
    office.post(
        f"/products/{product_id}/specs", 303, content="20", content_unit="公斤", pack="箱", price="900"
    )
    office.post(f"/specs/{office.stall.sku_id}/hide", 303, version="1")
    assert "库存不足" in office.get("/products?which=low")
    assert office.get("/").count("去补货") == 1
