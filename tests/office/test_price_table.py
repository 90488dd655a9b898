"""改价表: all specs in one table, saved together or not at all, never over somebody else's change."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.office.conftest import Office


def _fields(page: str) -> dict[str, str]:
    """The form as a browser would send it."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        named = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        name = named.get("name", "")
        if not re.match(r"(price|version|shown|offered)-", name):
            continue
        if named.get("type") != "checkbox" or " checked" in tag:
            found[name] = named.get("value", "")
    return found


def _skus(office: Office) -> list[Any]:
    return office.rows(
        "select s.id, s.price_fen, s.published, s.version from sku s where s.cooperative_id = :c order by s.id",
        c=office.coop.id,
    )


def test_changed_rows_are_saved_and_the_others_keep_their_version(office: Office) -> None:
    first, *others = _skus(office)
    fields = _fields(office.get("/products/prices"))
    assert f"price-{first.id}" in fields
    office.post("/products/prices", 303, **(fields | {f"price-{first.id}": "81.50"}))
    now, *rest = _skus(office)
    assert (now.price_fen, now.version) == (8_150, first.version + 1)
    assert [row.version for row in rest] == [row.version for row in others]
    prices = office.rows(
        "select price_fen from sku_price where sku_id = :id order by id desc limit 1", id=first.id
    )
    assert prices[0].price_fen == 8_150


@pytest.mark.parametrize("bad", ["", "0", "-3", "1e9", "NaN", "1.234", "两块"])
def test_one_wrong_price_saves_nothing_and_keeps_what_was_typed(office: Office, bad: str) -> None:
    skus = _skus(office)
    fields = _fields(office.get("/products/prices"))
    typed = {f"price-{row.id}": "9.99" for row in skus[1:]} | {f"price-{skus[0].id}": bad}
    page = office.post("/products/prices", 422, **(fields | typed))
    assert f"price-{skus[0].id}-error" in page
    assert f'value="{bad}"' in page
    assert [row.price_fen for row in _skus(office)] == [row.price_fen for row in skus]


def test_what_somebody_else_changed_is_shown_and_nothing_is_saved(office: Office) -> None:
    first = _skus(office)[0]
    fields = _fields(office.get("/products/prices"))
    office.post("/products/prices", 303, **(fields | {f"price-{first.id}": "55"}))
    page = office.post("/products/prices", 409, **(fields | {f"price-{first.id}": "66"}))
    assert "别人刚改成" in page
    assert "¥55.00" in page
    assert _skus(office)[0].price_fen == 5_500
    office.post("/products/prices", 303, **_fields(page))
    assert _skus(office)[0].price_fen == 6_600, "looked at, and saved all the same"


def test_an_untouched_row_never_takes_back_somebody_elses_change(office: Office) -> None:
    skus = _skus(office)
    old = _fields(office.get("/products/prices"))
    office.post("/products/prices", 303, **(old | {f"price-{skus[0].id}": "55"}))
    office.post("/products/prices", 303, **old)
    assert _skus(office)[0].price_fen == 5_500


def test_the_last_offered_spec_of_a_product_on_sale_stays(office: Office) -> None:
    fields = _fields(office.get("/products/prices"))
    none = {name: value for name, value in fields.items() if not name.startswith("offered-")}
    page = office.post("/products/prices", 422, **none)
    assert "最后一个规格" in page
    assert any(row.published for row in _skus(office))
