"""The register's pages on the demo town: figures lead to lists that count the same, deeds, reveals, files, other towns."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import text

from shop.cooperatives.people import rates
from shop.cooperatives.people.models import Region
from shop.core import clock
from shop.core.db import insert_rows, session, transaction
from tests.access.identities import OTHER_TOWN, TOWN, make_user, signed_in

HERE = f"/town/{TOWN}/register"
DAY = "2020-12-31"
KEY = "0123456789abcdef0123456789abcdef"  # of a page that was looked at once


@pytest.fixture
def clerk(town: Flask) -> FlaskClient:
    return signed_in(town, make_user(town, "+8613900000004", role="staff", duty="clerk", region_code=TOWN))


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return unescape(answer.get_data(as_text=True))


def post(client: FlaskClient, address: str, status: int = 303, **form: str) -> str:
    answer = client.post(address, data={"request_key": KEY} | form)
    assert answer.status_code == status, (address, unescape(answer.get_data(as_text=True)))
    return unescape(answer.get_data(as_text=True))


def value(town: Flask, statement: str, **values: Any) -> Any:
    with town.app_context():
        return session().execute(text(statement), values).scalar()


def test_every_numerator_and_denominator_counts_its_list(clerk: FlaskClient, town: Flask) -> None:
    shown = page(clerk, f"{HERE}/rates?day={DAY}")
    for words in ("46.2%", "215", "465", "315", "416", "1,221"):
        assert words in shown
    cells = re.findall(r'<a class="drill" href="([^"]+)">([\d,]+)</a>', shown)
    assert (
        len(cells) == 2 * 4 * 6
    )  # numerator and denominator of four rates, for the town and each of its villages
    for address, number in cells:
        said = re.search(r"合计 ([\d,]+) 户 ([\d,]+) 人，其中符合入社条件 ([\d,]+) 人", page(clerk, address))
        assert said is not None, address
        assert number in (said[1], said[3]), address
    with town.app_context():
        by_village = rates.by_village(TOWN, date(2020, 12, 31))
        whole = rates.registry(TOWN, date(2020, 12, 31))
    for place, rate in enumerate(whole.rates):
        assert sum(one.rates[place].numerator for one in by_village) == rate.numerator
        assert sum(one.rates[place].denominator for one in by_village) == rate.denominator


def test_villages_count_their_lists_and_name_their_stations(clerk: FlaskClient, town: Flask) -> None:
    shown = page(clerk, f"{HERE}/villages?day={DAY}")
    assert "1,172" in shown
    assert "3,830" in shown
    assert "936" in shown
    assert shown.count(" kW") == 2
    cells = re.findall(r'<a class="drill" href="([^"]+)">([\d,]+)</a>', shown)
    for address, number in cells[:14]:
        said = re.search(r"合计 ([\d,]+) 户 ([\d,]+) 人", page(clerk, address))
        assert said is not None, address
        assert number in (said[1], said[2]), address
    code = value(town, "select code from village order by id limit 1")
    one = page(clerk, f"{HERE}/villages/{code}?day={DAY}")
    assert "户贷率" in one
    assert "统计口径" in one
    page(clerk, f"{HERE}/villages/nowhere", 404)


def test_the_list_is_narrowed_by_any_filter(clerk: FlaskClient, town: Flask) -> None:
    code = value(town, "select code from household order by id limit 1")
    assert "共 1 户" in page(clerk, f"{HERE}?which=all&search={code}")
    assert "没有这样的户" in page(clerk, f"{HERE}?which=all&search=没有这个人")
    village = value(town, "select code from village order by id limit 1")
    in_village = value(
        town,
        "select count(*) from household h join village v on v.id = h.village_id where v.code = :v",
        v=village,
    )
    assert f"共 {in_village} 户" in page(clerk, f"{HERE}?which=all&village={village}")
    assert "共 756 户" in page(clerk, f"{HERE}?which=all&member=no&day={DAY}")
    assert "共 465 户" in page(clerk, f"{HERE}?which=all&category=registered_household&day={DAY}")
    members = value(
        town,
        "select count(*) from member m join cooperative c on c.id = m.cooperative_id where c.code = 'dachuan'",
    )
    assert f"共 {members} 户" in page(clerk, f"{HERE}?which=all&cooperative=dachuan")
    page(clerk, f"{HERE}?which=rich", 404)
    page(clerk, f"{HERE}?which=all&endpoint=x&_scheme=y&region=z&village=%00")


def test_a_day_at_the_clerks_desk(clerk: FlaskClient, town: Flask) -> None:
    today = clock.today().isoformat()
    village = value(town, "select id from village order by id limit 1")
    wrong = post(
        clerk,
        f"{HERE}/new",
        422,
        village=str(village),
        head="",
        agricultural="yes",
        on="yesterday",
        others="赵小山",
    )
    assert "赵小山" in wrong
    assert "要写成 2020-08-03 这样" in wrong
    post(
        clerk,
        f"{HERE}/new",
        village=str(village),
        head="赵大山",
        phone="138 1234 5678",
        agricultural="yes",
        on=today,
        others="赵小山\n",
    )
    home = value(town, "select max(id) from household")
    here = f"{HERE}/{home}"
    assert value(town, "select count(*) from person where household_id = :h", h=home) == 2
    shown = page(clerk, here)
    assert "赵*山" in shown
    assert "赵大山" not in shown
    assert "138****5678" in shown
    assert "13812345678" not in shown
    son = value(town, "select max(id) from person")
    post(clerk, f"{here}/category", category="registered_household", on=today)
    post(clerk, f"{here}/exclusion", person=str(son), exclusion="under_18", on=today)
    post(clerk, f"{here}/able", on=today)
    post(clerk, f"{here}/link", industry="planting", evidence="合同 3 号", on=today)
    post(clerk, f"{here}/loan", fen="50000", on=today)
    post(clerk, f"{here}/phone", phone="13900000000")
    post(clerk, f"{here}/person", name="钱小妹", on=today)
    shown = page(clerk, here)
    for words in (
        "建档立卡户",
        "未满 18 岁，不能入社",
        "种植",
        "合同 3 号",
        "¥50,000.00",
        "尾号 5678",
        "尾号 0000",
        "139****0000",
    ):
        assert words in shown
    post(
        clerk, f"{here}/category", category="registered_household", on=today
    )  # the same form again: done already
    assert value(town, "select count(*) from household_category where household_id = :h", h=home) == 1
    again = "f" * 32
    refused = post(
        clerk, f"{here}/category", 422, category="registered_household", on=today, request_key=again
    )
    assert "已经有了" in refused
    row = value(town, "select id from household_category where household_id = :h", h=home)
    assert "请填写原因" in post(clerk, f"{here}/end_category", 422, row=str(row), on=today, why="")
    post(clerk, f"{here}/end_category", row=str(row), on=today, why="登记错了")
    assert "刚才已经结束" in post(clerk, f"{here}/end_category", 409, row=str(row), on=today, why="又一次")
    assert "登记有误，没有生效过" in page(clerk, here)
    assert (
        value(
            town,
            "select count(*) from activity where subject_type = 'household' and subject_id = :h",
            h=str(home),
        )
        == 9
    )
    assert value(town, "select count(*) from activity where after::text ~ '赵大山|13812345678|钱小妹'") == 0
    assert (value(town, "select count(*) from household where left_on is null"), rates_of(town)) == (
        1173,
        (1172, 3830),
    )


def rates_of(town: Flask) -> tuple[int, int]:
    """The closed year does not know what was entered today."""
    with town.app_context():
        counts = rates.registry(TOWN, date(2020, 12, 31)).counts
        return counts.households, counts.persons


def test_full_names_are_shown_for_a_reason_that_is_kept(clerk: FlaskClient, town: Flask) -> None:
    home = value(town, "select id from household order by id limit 1")
    here = f"{HERE}/{home}"
    assert "至少写 5 个字" in post(clerk, f"{here}/reveal", 422, reveal_why="看看")
    assert value(town, "select count(*) from reveal") == 0
    shown = post(clerk, f"{here}/reveal", 200, reveal_why="核对收款电话")
    assert "+86" in shown
    assert "核对收款电话" in page(clerk, here)
    assert value(town, "select act from activity order by id desc limit 1") == "household.revealed"
    approver = make_user(town, "+8613900000064", role="staff", duty="approver", region_code=TOWN)
    listed = page(signed_in(town, approver), f"{HERE}/reveals")
    assert "核对收款电话" in listed
    assert "1390" not in listed


def test_the_file_is_the_list_masked_unless_a_reason_is_given(clerk: FlaskClient, town: Flask) -> None:
    answer = clerk.get(f"{HERE}.xlsx?which=loan&day={DAY}")
    rows = list(load_workbook(BytesIO(answer.get_data())).active.iter_rows(values_only=True))
    body = [row for row in rows[3:] if row[0] and str(row[0])[-1:].isdigit() and row[7]]
    assert len(body) == 215
    assert all("*" in row[1] for row in body)
    assert "至少写 5 个字" in post(clerk, f"{HERE}/full.xlsx?which=loan&day={DAY}", 422, why="看看")
    full = clerk.post(f"{HERE}/full.xlsx?which=loan&day={DAY}", data={"why": "银行核对贷款户"})
    names = [
        row[1]
        for row in load_workbook(BytesIO(full.get_data())).active.iter_rows(min_row=4, values_only=True)
    ]
    assert not any("*" in str(name) for name in names[:215])
    assert value(town, "select households from reveal") == 215
    assert value(town, "select count(*) from reveal_household") == 215
    home = value(town, "select household_id from reveal_household limit 1")
    assert "银行核对贷款户" in page(clerk, f"{HERE}/{home}")


def test_another_towns_household_is_none(town: Flask) -> None:
    with town.app_context(), transaction():
        row = {"code": OTHER_TOWN, "name": "别镇", "level": "township", "parent_code": "420302"}
        insert_rows(Region, [row])
    stranger = signed_in(
        town, make_user(town, "+8613900000005", role="staff", duty="clerk", region_code=OTHER_TOWN)
    )
    home = value(town, "select id from household order by id limit 1")
    there = f"/town/{OTHER_TOWN}/register/{home}"
    page(stranger, there, 404)
    post(stranger, f"{there}/reveal", 404, reveal_why="核对收款电话")
    post(stranger, f"{there}/loan", 404, fen="5", on=clock.today().isoformat())
    assert value(town, "select count(*) from reveal") + value(town, "select count(*) from register_step") == 0
