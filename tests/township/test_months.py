"""总览 of a month: every cell leads to its rows, a closed month stays as it was stated, a county sees its towns."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from itertools import count

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shop.audit.run import CHECKS, run_check
from shop.core import clock
from shop.core.db import session, transaction
from shop.orders import facts
from tests.access.identities import TOWN, make_user, signed_in
from tests.orders import market
from tests.orders.test_facts import noon, sell
from tests.payments.refund_scene import give_back, line_ids, part_ids
from tests.support import town_builder

COUNTY = "420302"
_phones = count(1)
MONEY_LINK = re.compile(r'<a class="drill" href="([^"]+)">(-?[\d,]+\.\d\d)</a>')
PEOPLE_LINK = re.compile(r'<a class="drill number" href="([^"]+)">([\d,]+)</a>')


def staff(app: Flask, duty: str = "approver", region: str = TOWN) -> FlaskClient:
    phone = f"+86139000071{next(_phones):02d}"
    return signed_in(app, make_user(app, phone, role="staff", duty=duty, region_code=region))


def look(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address, follow_redirects=True)
    assert answer.status_code == status, address
    return unescape(answer.get_data(as_text=True))


def last_month() -> date:
    return (clock.today().replace(day=1) - timedelta(days=1)).replace(day=1)


def tile(shown: str, name: str) -> str:
    """The text of a figure's tile."""
    found = re.search(rf'<p class="tile-name">\s*{name}</p>(.*?)</li>', shown, re.DOTALL)
    assert found, name
    return re.sub(r"<[^>]+>", " ", found[1])


@pytest.mark.parametrize("query", ["", "?month=2020-11", "?year=2020"])
def test_every_cell_leads_to_rows_of_the_same_sum(town: Flask, query: str) -> None:
    clerk = staff(town, "clerk")
    shown = look(clerk, f"/town/{TOWN}/{query}")
    links = set(MONEY_LINK.findall(shown))
    assert len(links) > 15
    for address, amount in links:
        yuan = f"-¥{amount[1:]}" if amount.startswith("-") else f"¥{amount}"
        assert f'<strong class="money">{yuan}</strong>' in look(clerk, address), (address, amount)
    people = set(PEOPLE_LINK.findall(shown))
    assert len(people) >= 5
    for address, counted in people:
        assert f"有销售归属 {counted.replace(',', '')} 户" in look(clerk, address), address


def test_a_running_month_is_compared_with_the_same_days(app: Flask, db_session: object) -> None:
    with transaction():
        town_builder.regions()
    goods, who = market.stall(200), market.buyer()
    today = clock.today()
    sell(who, {goods.sku_id: 3}, today)
    sell(who, {goods.sku_id: 2}, today.replace(year=today.year - 1, day=1))
    shown = look(staff(app), f"/town/{TOWN}/")
    assert "204.00" in tile(shown, "销售额")
    assert "+50.0%" in shown
    assert "136.00" in shown
    report = re.search(r"<textarea[^>]*readonly>(.*?)</textarea>", shown, re.DOTALL)
    assert report
    assert f"{today.month}月（截至{today.day}日）销售额0.02万元（204.00元），比去年同月+50.0%" in report[1]
    assert "不并入销售额" in report[1]
    with transaction():
        facts.rebuild(goods.coop.id)
    assert "204.00" in tile(look(staff(app), f"/town/{TOWN}/"), "销售额")


def test_a_closed_month_changes_only_by_a_note(app: Flask, db_session: object) -> None:
    with transaction():
        town_builder.regions()
    goods, who = market.stall(200), market.buyer()
    month = last_month()
    order = sell(who, {goods.sku_id: 3}, month)
    approver = staff(app)
    named = {"month": month.isoformat()[:7]}
    address = f"/town/{TOWN}/?month={named['month']}"
    shown = approver.post(f"/town/{TOWN}/months/close", data=named, follow_redirects=True).text
    assert "已关账，上报的数不再变" in shown
    assert "一分不差" in shown
    assert "已经关过账" in approver.post(f"/town/{TOWN}/months/close", data=named, follow_redirects=True).text

    sell(who, {goods.sku_id: 1}, month)
    give_back(part_ids(order)[0], (line_ids(order)[0], market.UNIT), at=noon(clock.today()))
    shown = look(approver, address)
    assert "204.00" in tile(shown, "销售额")
    assert "272.00" in shown
    assert "68.00" in shown
    assert "说明这笔差额" in shown
    assert "204.00" in look(approver, f"/town/{TOWN}/?year={month.year}")

    empty = approver.post(f"/town/{TOWN}/months/note", data=named | {"note": " "})
    assert empty.status_code == 422
    assert 'aria-invalid="true"' in empty.text
    noted = named | {"note": "十号的一张转账单，银行回单晚到"}
    shown = approver.post(f"/town/{TOWN}/months/note", data=noted, follow_redirects=True).text
    assert "十号的一张转账单" in shown
    assert "说明这笔差额" not in shown
    again = approver.post(f"/town/{TOWN}/months/note", data=noted)
    assert again.status_code == 422
    acts = [
        row.act for row in market.rows("select act from activity where act like 'town.month%' order by id")
    ]
    assert acts == ["town.month_closed", "town.month_noted"]
    assert "204.00" in tile(look(approver, address), "销售额")
    for check in CHECKS:
        if check.code in ("daily-sales", "daily-money", "closed-town-months"):
            assert not run_check(check)["rows"], check.code
    session().rollback()
    with pytest.raises(DBAPIError), transaction():
        session().execute(text("update town_month set sales_fen = 0"))


def test_what_cannot_be_closed_says_why(app: Flask, db_session: object) -> None:
    with transaction():
        town_builder.regions()
    approver = staff(app, region=COUNTY)
    running = {"month": clock.today().isoformat()[:7]}
    shown = approver.post(f"/town/{TOWN}/months/close", data=running, follow_redirects=True).text
    assert "还没有过完" in shown
    over = {"month": last_month().isoformat()[:7]}
    shown = approver.post(f"/town/{COUNTY}/months/close", data=over, follow_redirects=True).text
    assert "关账按乡镇办" in shown
    assert approver.post(f"/town/{TOWN}/months/close", data={"month": "x"}).status_code == 422
    assert approver.post(f"/town/{TOWN}/months/note", data=over | {"note": "没有关过"}).status_code == 404
    assert market.rows("select count(*) from town_month")[0][0] == 0


@pytest.mark.parametrize(
    "query", ["month=2020-13", "month=2099-01", "month=202011", "month=' or 1", "month=２０２０-01"]
)
def test_a_month_that_is_none_is_refused_in_words(app: Flask, db_session: object, query: str) -> None:
    with transaction():
        town_builder.regions()
    answer = staff(app).get(f"/town/{TOWN}/?{query}")
    assert answer.status_code == 422
    assert "月份要写成" in answer.get_data(as_text=True)


def test_a_county_sees_its_towns_as_rows(app: Flask, db_session: object) -> None:
    ours, theirs = market.stall(200), market.stall(200)
    with transaction():
        session().execute(
            text(
                "insert into region (code, name, level, parent_code) values ('420302101', '邻镇', 'township', :county)"
            ),
            {"county": COUNTY},
        )
        session().execute(
            text("update village set region_code = '420302101' where id = :id"),
            {"id": theirs.coop.village_id},
        )
    who, today = market.buyer(), clock.today()
    sell(who, {ours.sku_id: 1, theirs.sku_id: 2}, today)
    sell(who, {theirs.sku_id: 1}, today)
    county = staff(app, region=COUNTY)
    shown = look(county, f"/town/{COUNTY}/")
    assert "272.00" in tile(shown, "销售额")
    assert "3" in tile(shown, "分社订单")
    month = today.isoformat()[:7]
    assert f'<a href="/town/420302101/?month={month}">邻镇</a>' in shown
    assert f'<a href="/town/{TOWN}/?month={month}">大川镇</a>' in shown
    links = MONEY_LINK.findall(shown)
    assert len(links) > 12, "towns, products, channels, buyers, certification"
    for address, amount in links:
        assert f'<strong class="money">¥{amount}</strong>' in look(county, address), address
    assert "204.00" in tile(look(county, "/town/420302101/"), "销售额")
    assert "关账</button>" not in shown
