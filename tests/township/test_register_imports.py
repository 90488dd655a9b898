"""Households from a table: the form has its choices, good rows come in whole, wrong ones come back red with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook
from sqlalchemy import text

from shop.audit.checks_imports import CHECKS as IMPORTS
from shop.audit.checks_register import CHECKS as REGISTER
from shop.audit.run import run_check
from shop.core import clock
from shop.core.db import session, transaction
from shop.core.table_import import tasks
from tests.access.identities import make_user, signed_in
from tests.support import town_builder as builder

HERE = f"/town/{builder.TOWNSHIP}/imports/households"
HEAD = ("户编号", "村 *", "户主 *", "其他人员", "电话", "户口 *", "类别", "类别从哪天起", "从哪天起 *")
TODAY = clock.today().isoformat()


@pytest.fixture
def clerk(app: Flask) -> FlaskClient:
    with app.app_context(), transaction():
        builder.regions()
        builder.village("大川村")
    grant = {"role": "staff", "duty": "clerk", "region_code": builder.TOWNSHIP}
    return signed_in(app, make_user(app, "+8613900000004", **grant))  # type: ignore[arg-type]


def sheet(*rows: Sequence[Any]) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in (HEAD, *rows):
        page.append(list(row))
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def send(client: FlaskClient, data: bytes) -> str:
    answer = client.post(HERE, data={"file": (BytesIO(data), "户.xlsx")})
    assert answer.status_code == 303
    work(client)
    return str(answer.location)


def work(client: FlaskClient) -> None:
    with client.application.app_context():
        tasks.sweep.run()


def shown(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True))


def value(app: Flask, statement: str) -> Any:
    with app.app_context():
        return session().execute(text(statement)).scalar()


def test_good_rows_come_in_and_wrong_ones_come_back_red(clerk: FlaskClient, app: Flask) -> None:
    data = sheet(
        (
            "",
            "大川村",
            "赵大山",
            "赵二山、赵小山",
            "13812345678",
            "农业户",
            "建档立卡户",
            "2014-04-01",
            TODAY,
        ),
        ("", "小川村", "钱一", "", "", "农业户", "", "", TODAY),
        ("", "大川村", "孙一", "", "12", "农户", "富裕户", "", "昨天"),
        ("", "大川村", "赵大山", "", "", "农业户", "", "", TODAY),
        ("", "大川村", "李一", "", "", "非农业户", "", "", "2020-01-01"),
    )
    address = send(clerk, data)
    page = shown(clerk, address)
    assert "通过 1 行，有误 4 行" in page
    for words in (
        "本镇没有这个村",
        "请填“农业户”",
        "没有这种类别",
        "要写成 2026-11-01 这样",
        "和第 2 行重复",
        "已经上报",
    ):
        assert words in page, words
    assert clerk.post(f"{address}/start").status_code == 303
    work(clerk)
    assert "已导入 1 行，有误 4 行" in shown(clerk, address)
    assert value(app, "select count(*) from household") == 1
    assert value(app, "select count(*) from person") == 3
    assert str(value(app, "select valid_from from household_category")) == "2014-04-01"
    marked = load_workbook(BytesIO(clerk.get(f"{address}/marked.xlsx").get_data())).active
    assert marked is not None
    reasons = [str(row[-1].value or "") for row in marked.iter_rows(min_row=2)]
    assert reasons[0].startswith("已导入")
    assert "本镇没有这个村" in reasons[1]
    assert marked["B3"].fill.fgColor.rgb != marked["B2"].fill.fgColor.rgb
    again = send(clerk, data)  # the same bytes are the same import
    assert again == address
    with app.app_context():
        assert [row for check in (*IMPORTS, *REGISTER) for row in run_check(check)["rows"]] == []


def test_a_known_household_gets_more_persons_and_a_category(clerk: FlaskClient, app: Flask) -> None:
    first = send(clerk, sheet(("", "大川村", "赵大山", "", "", "农业户", "", "", TODAY)))
    clerk.post(f"{first}/start")
    work(clerk)
    code = value(app, "select code from household")
    more = (
        (code, "大川村", "赵大山", "赵小山", "", "农业户", "监测对象", TODAY, TODAY),
        (code, "大川村", "钱大山", "", "", "农业户", "监测对象", TODAY, TODAY),
        ("", "大川村", "赵大山", "", "", "农业户", "", "", TODAY),
        (code, "大川村", "赵大山", "", "13812345678", "非农业户", "", "", TODAY),
    )
    second = send(clerk, sheet(*more))
    page = shown(clerk, second)
    assert "通过 1 行，有误 3 行" in page
    assert "请核对户编号和户主" in page
    assert "村里已有同名户主" in page
    assert "电话请在它的页面上改" in page
    assert "和册子上的不一样" in page
    clerk.post(f"{second}/start")
    work(clerk)
    assert value(app, "select count(*) from person") == 2
    assert value(app, "select category from household_category") == "monitored_household"


def test_the_form_has_choices_and_a_sample_row(clerk: FlaskClient) -> None:
    book = load_workbook(BytesIO(clerk.get(f"{HERE}/template.xlsx").get_data()))
    assert [cell.value for cell in book["填写"][1]][: len(HEAD)] == [*HEAD]
    assert "王小华" in [cell.value for cell in book["填写"][2]]
    offered = {cell.value for row in book["选项"].iter_rows() for cell in row}
    assert {"大川村", "农业户", "建档立卡户"} <= offered
    assert clerk.post(HERE, data={}).status_code == 422


def test_another_townships_file_is_none(clerk: FlaskClient, app: Flask) -> None:
    address = send(clerk, sheet(("", "大川村", "赵大山", "", "", "农业户", "", "", TODAY)))
    with app.app_context(), transaction():
        session().execute(
            text(
                "insert into region (code, name, level, parent_code) values ('420302999', '别镇', 'township', '420302')"
            )
        )
    stranger = signed_in(
        app, make_user(app, "+8613900000005", role="staff", duty="clerk", region_code="420302999")
    )
    there = address.replace(builder.TOWNSHIP, "420302999")
    assert stranger.get(there).status_code == 404
    assert stranger.post(f"{there}/start").status_code == 404
