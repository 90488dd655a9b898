"""收入台账 at the township: figures that lead to their rows, an entry from a phone, taking it back, papers and workbooks."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import text

from shop.cooperatives.income import income_year, movements
from shop.core.db import session, transaction
from shop.core.money import format_plain
from tests.access.identities import OTHER_TOWN, TOWN, make_user, signed_in

BASE = f"/town/{TOWN}/income"
KEY = "0123456789abcdef0123456789abcdef"
TYPED = {
    "request_key": KEY, "source": "work_local", "amount": "2,500.50", "on_date": "2020-05-06", "evidence": "5 月工资表",
    "person": "",
}  # fmt: skip


@pytest.fixture
def clerk(town: Flask) -> FlaskClient:
    return signed_in(town, make_user(town, "+8613900000004", role="staff", duty="clerk", region_code=TOWN))


@pytest.fixture
def stranger(town: Flask) -> FlaskClient:
    with town.app_context(), transaction():
        session().execute(
            text("insert into region values (:c, '别的镇', 'township', '420302')"), {"c": OTHER_TOWN}
        )
    made = make_user(town, "+8613900000005", role="staff", duty="clerk", region_code=OTHER_TOWN)
    return signed_in(town, made)


@pytest.fixture
def home(town: Flask) -> int:
    """A household that earned something in 2020."""
    with town.app_context():
        return int(income_year.households(TOWN, 2020, income_year.Wanted(), 1)[0].id)


def picture_bytes() -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (80, 60), "red").save(body, "JPEG")
    return body.getvalue()


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(answer.get_data(as_text=True))


def enter(client: FlaskClient, home: int, **changed: str) -> Any:
    return client.post(f"{BASE}/households/{home}/new", data=TYPED | changed)


def count(town: Flask) -> int:
    with town.app_context():
        return int(session().execute(text("select count(*) from household_income_entry")).scalar_one())


def test_the_regions_year_leads_to_villages_and_households(clerk: FlaskClient, town: Flask) -> None:
    shown = page(clerk, f"{BASE}?year=2020")
    with town.app_context():
        found = income_year.region_year(TOWN, 2020)
    assert format_plain(found.total.income_fen) in shown
    assert f"各月户数相加是 {found.months_of_households:,}，全年不重复是 {found.total.households} 户" in shown
    assert "没有登记生产成本" in shown
    lists = re.findall(r'href="([^"]+households\?year=2020&village=[^"]+)"', shown)
    assert len(lists) == 5
    counted = 0
    for address in lists:
        counted += int(re.findall(r"2020 年，([\d,]+) 户", page(clerk, address))[0])
    assert counted == found.total.households
    assert "台账里还没有记录" in page(clerk, f"{BASE}?year=2019")
    paper = page(clerk, f"{BASE}/print?year=2020")
    assert format_plain(found.total.net_fen) in paper


def test_every_line_of_a_statement_leads_to_its_source(clerk: FlaskClient, town: Flask, home: int) -> None:
    shown = page(clerk, f"{BASE}/households/{home}?year=2020")
    with town.app_context():
        rows = movements.movements(home, 2020, TOWN, 1000)
    links = re.findall(r'<a href="([^"]+)">((?:收货单|订单) [^<]+)</a>', shown)
    assert len(links) == len(rows) > 0
    for address in {address for address, _ in links[:6]}:
        page(clerk, address)
    assert format_plain(sum(row.fen for row in rows)) in shown


def test_an_entry_with_its_picture_shows_up_everywhere(clerk: FlaskClient, town: Flask, home: int) -> None:
    before = page(clerk, f"{BASE}/households/{home}?year=2020")
    assert "2,500.50" not in before
    form = page(clerk, f"{BASE}/households/{home}/new")
    assert "工资性收入 · 本地务工" in form
    assert "合作社货款" not in re.findall(r"<select.+?</select>", form, re.DOTALL)[0]
    person = re.findall(r'<select[^>]+name="person".+?<option value="(\d+)"', form, re.DOTALL)[0]
    sent = TYPED | {"person": person, "picture": (io.BytesIO(picture_bytes()), "工资表.jpg")}
    answer = clerk.post(f"{BASE}/households/{home}/new", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 303
    shown = page(clerk, answer.location)
    assert "5 月工资表" in shown
    assert "2,500.50" in shown
    picture = clerk.get(f"{answer.location}/paper")
    assert (picture.status_code, picture.mimetype) == (200, "image/webp")
    assert "5 月工资表" in page(clerk, f"{BASE}/households/{home}?year=2020")
    with town.app_context():
        acts = (
            session().execute(text("select actor_id, after from activity where act = 'income.entered'")).all()
        )
        stored = session().execute(text("select evidence from household_income_entry")).scalar_one()
    assert len(acts) == 1
    assert acts[0].actor_id is not None
    assert "工资表" not in str(acts[0].after)
    assert "工资表".encode() not in bytes(stored)


def test_the_same_press_twice_enters_once(clerk: FlaskClient, town: Flask, home: int) -> None:
    first, second = enter(clerk, home), enter(clerk, home)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert count(town) == 1
    other = enter(clerk, home, amount="3")
    assert other.status_code == 409
    assert count(town) == 1


@pytest.mark.parametrize(
    "changed,sentence",
    [
        ({"source": ""}, "请选择来源"),
        ({"source": "goods_sold"}, "这一项由系统自动记入"),
        ({"amount": "两百"}, "两百"),
        ({"amount": "0"}, "金额"),
        ({"on_date": "2020-13-01"}, "日期要写成"),
        ({"on_date": "2014-01-01"}, "台账从 2015 年记起"),
        ({"evidence": " "}, "请填写凭据"),
        ({"person": "999999"}, "这个人不在这一户"),
        ({"request_key": "x"}, "页面信息不完整"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_kept(
    clerk: FlaskClient, town: Flask, home: int, changed: dict[str, str], sentence: str
) -> None:
    answer = enter(clerk, home, **changed)
    shown = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert sentence in shown
    kept = (TYPED | changed)["evidence"]
    assert f'value="{kept}"' in shown
    assert count(town) == 0


def test_taking_back_needs_a_reason_and_happens_once(clerk: FlaskClient, town: Flask, home: int) -> None:
    address = enter(clerk, home).location
    refused = clerk.post(f"{address}/reverse", data={"reason": " ", "request_key": KEY[::-1]})
    assert refused.status_code == 422
    assert "请填写冲销原因" in unescape(refused.get_data(as_text=True))
    done = clerk.post(f"{address}/reverse", data={"reason": "记错了户", "request_key": KEY[::-1]})
    assert done.status_code == 303
    again = clerk.post(f"{address}/reverse", data={"reason": "再来一次", "request_key": "f" * 32})
    assert again.status_code == 409
    assert "已经冲销过" in unescape(again.get_data(as_text=True))
    assert count(town) == 2
    shown = page(clerk, address)
    assert "已冲销：记错了户" in shown
    statement = page(clerk, f"{BASE}/households/{home}?year=2020")
    assert "手工登记（已冲销）" in statement
    assert "冲销登记" in statement
    with town.app_context():
        assert movements.year_sums(home, 2020).of_class("wage") == 0


def test_another_towns_staff_find_nothing(
    clerk: FlaskClient, stranger: FlaskClient, town: Flask, home: int
) -> None:
    entry = enter(clerk, home).location.rpartition("/")[2]
    theirs = f"/town/{OTHER_TOWN}/income"
    assert stranger.get(theirs).status_code == 200
    for address in (f"households/{home}", f"households/{home}/print", f"households/{home}.xlsx", f"households/{home}/new",
                    f"entries/{entry}", f"entries/{entry}/paper"):  # fmt: skip
        assert stranger.get(f"{theirs}/{address}").status_code == 404, address
        assert stranger.get(f"{BASE}/{address}").status_code == 404, address
    assert stranger.post(f"{theirs}/households/{home}/new", data=TYPED).status_code == 404
    back = stranger.post(f"{theirs}/entries/{entry}/reverse", data={"reason": "不是我的", "request_key": KEY})
    assert back.status_code == 404
    assert count(town) == 1


def test_workbooks_hold_the_same_sums_and_are_logged(clerk: FlaskClient, town: Flask, home: int) -> None:
    enter(clerk, home, source="inputs", amount="80")
    with town.app_context():
        found = income_year.region_year(TOWN, 2020)
        sums = movements.year_sums(home, 2020)
    book = openpyxl.load_workbook(io.BytesIO(clerk.get(f"{BASE}.xlsx?year=2020").data))
    assert book.sheetnames == ["各村", "各月", "各户"]
    for sheet in book.worksheets:
        rows = list(sheet.iter_rows(min_row=4, values_only=True))
        total = next(place for place, row in enumerate(rows) if row[0] == "合计")
        column = next(cell.column for cell in sheet[3] if cell.value == "净收入（元）") - 1
        listed = sum(round(row[column] * 100) for row in rows[:total] if row[column] is not None)
        assert listed == round(rows[total][column] * 100) == found.total.net_fen, sheet.title
    one = openpyxl.load_workbook(io.BytesIO(clerk.get(f"{BASE}/households/{home}.xlsx?year=2020").data))
    details = list(one["明细"].iter_rows(min_row=4, values_only=True))
    end = next(place for place, row in enumerate(details) if row[0] == "净收入")
    assert sum(round(row[6] * 100) for row in details[:end]) == round(details[end][6] * 100) == sums.net_fen
    with town.app_context():
        logged = (
            session()
            .execute(
                text(
                    "select subject_type, subject_id from activity where act = 'income.exported' order by id"
                )
            )
            .all()
        )
    assert [tuple(row) for row in logged] == [("region", TOWN), ("household", str(home))]
