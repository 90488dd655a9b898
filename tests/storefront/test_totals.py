"""助农成效: the seed's sum to the fen, no group of fewer than ten households, years that had no sales do not exist."""

from __future__ import annotations

import re

from flask import Flask

from shop.storefront.indexing import KEPT


def test_the_year_2020_as_the_township_reported_it(shared_town: Flask) -> None:
    page = shared_town.test_client().get("/impact?year=2020").text
    assert "¥186,000.00" in page
    assert "没有数据" in page  # 2019
    households = [int(n.replace(",", "")) for n in re.findall(r'data-label="供货户"[^>]*>\s*([0-9,]+)', page)]
    assert len(households) == 5
    assert min(households) >= 10
    sums = [
        int(n.replace(",", "").replace(".", ""))
        for n in re.findall(r'data-label="销售额（元）"[^>]*>\s*([0-9,.]+)', page)
    ]
    assert sum(sums) == 18_600_000
    assert "按产品" not in page  # a cooperative less a product would be its others


def test_a_year_that_runs_is_told_as_a_whole_only(shared_town: Flask) -> None:
    page = shared_town.test_client().get("/impact").text
    assert "过完年再公布" in page
    assert 'data-label="供货户"' not in page


def test_other_years(shared_town: Flask) -> None:
    client = shared_town.test_client()
    assert client.get("/impact").status_code == 200
    for year in ("1999", "abcd", "20200", "²⁰²⁰"):
        assert client.get(f"/impact?year={year}").status_code == 404
    assert "storefront.impact" in KEPT


def test_it_is_read_once_in_ten_minutes(shared_town: Flask, sql_counter) -> None:  # type: ignore[no-untyped-def]
    client = shared_town.test_client()
    client.get("/impact?year=2020")
    with sql_counter(shared_town) as seen:
        client.get("/impact?year=2020")
    assert [statement for statement in seen.statements if "attribution" in statement] == []
