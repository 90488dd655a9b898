"""The township's figures on the demo town are the report's own, and every one leads to its rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from shop.cooperatives.people import lists, rates
from shop.cooperatives.people.facts import LISTS
from shop.cooperatives.people.lists import Wanted
from shop.core.db import session
from shop.orders import figures
from tests.access.identities import TOWN, make_user, signed_in

YEAR = f"/town/{TOWN}/?year=2020"


@pytest.fixture
def clerk(town: Flask) -> FlaskClient:
    return signed_in(town, make_user(town, "+8613900000004", role="staff", duty="clerk", region_code=TOWN))


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(answer.get_data(as_text=True))


def test_sales_of_2020_are_the_reports(shared_town: Flask) -> None:
    with shared_town.app_context():
        sales = figures.year_sales(TOWN, 2020, date(2020, 12, 31))
    assert sales.total.fen == 18_600_000
    assert not sales.has_before
    assert set(sales.by["product"]) == {"干香菇", "茶叶", "干竹笋", "蜂蜜"}
    assert {name for name, sold in sales.assisted_by["product"].items() if sold[0].fen} == {"辣椒", "西瓜"}
    for level in ("cooperative", "product", "month"):
        assert sum(now.fen for now, _ in sales.by[level].values()) == sales.total.fen
        assert sum(now.fen for now, _ in sales.assisted_by[level].values()) == sales.assisted.fen


def test_registry_of_2020_is_the_reports(shared_town: Flask) -> None:
    with shared_town.app_context():
        found = rates.registry(TOWN, date(2020, 12, 31))
    counts = found.counts
    assert (counts.villages, counts.key_villages, counts.deep_villages) == (5, 2, 1)
    assert (counts.households, counts.persons) == (1172, 3830)
    assert (counts.agricultural_households, counts.agricultural_persons) == (936, 3440)
    assert (counts.registered_households, counts.registered_persons) == (465, 1593)
    assert counts.registered_households - counts.eligible_households == 49
    assert counts.registered_persons - counts.eligible_persons == 372
    assert (counts.cooperatives, counts.member_households, counts.member_persons) == (5, 416, 1221)
    assert (counts.loan_households, counts.loan_fen) == (215, 878_500_000)
    assert (counts.pv_stations, counts.pv_running) == (2, 2)
    shown = {rate.name: (rate.numerator, rate.denominator, rate.percent) for rate in found.rates}
    assert shown["产业带动率"] == (315, 315, "100%")
    assert shown["户贷率"] == (215, 465, "46.2%")
    assert shown["入社率（户）"] == (416, 416, "100%")
    assert shown["入社率（人）"] == (1221, 1221, "100%")


def test_the_page_says_all_of_it(clerk: FlaskClient) -> None:
    shown = page(clerk, YEAR)
    for words in (
        "18.6万元",
        "186,000.00",
        "878.5万元",
        "416 / 416",
        "215 / 465",
        "315 / 315",
        "2020-12-31",
        "统计口径",
    ):
        assert words in shown
    assert "2019 年没有数据，无法与去年比较" in shown


def test_every_list_has_as_many_rows_as_its_figure(town: Flask) -> None:
    expected = {
        "all": 1172, "agricultural": 936, "registered": 465, "eligible": 416, "not_eligible": 49, "member": 416,
        "eligible_member": 416, "able": 315, "led": 315, "loan": 215,
    }  # fmt: skip
    assert set(expected) == set(LISTS)
    with town.app_context():
        for which, count in expected.items():
            assert lists.households(TOWN, date(2020, 12, 31), Wanted(which), 1, 0)[0].total == count, which


def test_drill_down_sums_to_the_figure(clerk: FlaskClient, town: Flask) -> None:
    shown = page(clerk, YEAR)
    links = re.findall(r'<a class="drill" href="([^"]+)">([\d,.]+)</a>', shown)
    assert len(links) > 20
    for address, amount in [*links[:6], *links[-3:]]:
        lines = page(clerk, address)
        if amount == "0.00":
            continue
        assert f"¥{amount}" in lines, address
    with town.app_context():
        part = figures.Slice(TOWN, date(2020, 1, 1), date(2020, 12, 31))
        rows = figures.lines(part, 10_000, 0)
    assert sum(row.fen for row in rows) == rows[0].total_fen == 18_600_000


def test_two_figures_of_households_stand_side_by_side(clerk: FlaskClient, town: Flask) -> None:
    shown = page(clerk, f"/town/{TOWN}/households?first=2020-01-01&last=2020-12-31")
    assert "两个数不相加" in shown
    with town.app_context():
        rows = figures.household_sums(TOWN, date(2020, 1, 1), date(2020, 12, 31), 5000, 0)
        outside = (
            session()
            .execute(
                text(
                    "select sum(a.fen) from attribution a join order_line l on l.id = a.line_id join suborder s on"
                    " s.id = l.suborder_id join customer_order o on o.id = s.order_id where a.supplier_id is not null"
                    " and o.channel <> 'assisted' and extract(year from a.on_date) = 2020"
                )
            )
            .scalar()
        )
    assert sum(row.sold_fen or 0 for row in rows) + (outside or 0) == 18_600_000
    assert rows[0].sold_total == sum(row.sold_fen or 0 for row in rows)


@pytest.mark.parametrize(
    "query",
    ["year=20x0", "year=1e3", "year=2099", "year=-2020", "year=２０２０", "year=' or 1=1"],
)
def test_a_year_that_is_none_is_refused_in_words(clerk: FlaskClient, query: str) -> None:
    answer = clerk.get(f"/town/{TOWN}/?{query}")
    assert answer.status_code == 422
    assert "年份要在" in answer.get_data(as_text=True)


@pytest.mark.parametrize("query", ["first=2020-13-01", "first=x", "last=9999-01-01", "first=2020-1-1"])
def test_a_day_that_is_none_is_refused_in_words(clerk: FlaskClient, query: str) -> None:
    assert clerk.get(f"/town/{TOWN}/sales?{query}").status_code == 422


def test_an_empty_year_says_so(clerk: FlaskClient) -> None:
    assert "2019 年没有销售数据" in page(clerk, f"/town/{TOWN}/?year=2019")


def test_statements_do_not_grow_with_rows(
    town: Flask, clerk: FlaskClient, sql_counter: Callable[..., Any]
) -> None:
    pages = {
        YEAR: 10,
        f"/town/{TOWN}/sales?first=2020-01-01&last=2020-12-31": 4,
        f"/town/{TOWN}/register?which=all&day=2020-12-31": 6,
        f"/town/{TOWN}/households?first=2020-01-01&last=2020-12-31": 4,
        f"/town/{TOWN}/distributions": 4,
        f"/town/{TOWN}/audit": 4,
    }
    for address, most in pages.items():
        with sql_counter(town) as count:
            assert clerk.get(address).status_code == 200
        assert count.total <= most, (address, count.statements)


def test_the_paper_has_the_same_total(clerk: FlaskClient) -> None:
    paper = page(clerk, f"/town/{TOWN}/overview/print?year=2020")
    assert "186,000.00" in paper
    assert "单位：元" in paper
