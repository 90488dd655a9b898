"""Household income from a table: whose, what, how much and by which paper; each once; taken back by a reversal only."""

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

from shop.audit.checks_household_income import CHECKS as INCOME
from shop.audit.checks_imports import CHECKS as IMPORTS
from shop.audit.run import run_check
from shop.cooperatives.income import income_entries
from shop.cooperatives.people.models import Person
from shop.core import clock, privacy
from shop.core.db import insert_rows, session, transaction
from shop.core.table_import import tasks
from tests.access.identities import make_user, signed_in
from tests.support import town_builder as builder

HERE = f"/town/{builder.TOWNSHIP}/imports/income"
HEAD = (
    "户编号",
    "村",
    "户主 *",
    "类别",
    "来源 *",
    "金额（元） *",
    "日期 *",
    "凭据 *",
    "是谁的",
)
TODAY = clock.today().isoformat()


@pytest.fixture
def clerk(app: Flask) -> FlaskClient:
    with app.app_context(), transaction():
        builder.regions()
        village = builder.village("大川村")
        for name in ("赵大山", "钱二", "孙一", "孙一"):
            home = builder.household(village, name)
            insert_rows(Person, [{"household_id": home.household_id, "name": name, "is_head": True}])
    grant = {"role": "staff", "duty": "clerk", "region_code": builder.TOWNSHIP}
    return signed_in(app, make_user(app, "+8613900000004", **grant))  # type: ignore[arg-type]


def row(**changes: Any) -> list[Any]:
    values = {
        "code": "", "village": "大川村", "head": "赵大山", "income_class": "工资性收入", "source": "外出务工",
        "amount": "3200.05", "on": TODAY, "evidence": "工资表 10 月", "person": "",
    } | changes  # fmt: skip
    return list(values.values())


def sheet(*rows: Sequence[Any]) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    for one in (HEAD, *rows):
        page.append(list(one))
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def send(client: FlaskClient, data: bytes) -> str:
    answer = client.post(HERE, data={"file": (BytesIO(data), "收入.xlsx")})
    assert answer.status_code == 303, answer.text[-500:]
    work(client)
    return str(answer.location)


def start(client: FlaskClient, address: str) -> str:
    assert client.post(f"{address}/start").status_code == 303
    work(client)
    return shown(client, address)


def work(client: FlaskClient) -> None:
    with client.application.app_context():
        tasks.sweep.run()


def shown(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.text)


def entries(app: Flask) -> list[Any]:
    with app.app_context():
        found = session().execute(
            text(
                "select h.code, e.id, e.income_class, e.source_code, e.fen, e.on_date, e.evidence, e.person_id"
                " from household_income_entry e join household h on h.id = e.household_id where reverses_id is null order by e.id"
            )
        )
        return list(found)


def codes(app: Flask, name: str) -> list[str]:
    with app.app_context():
        rows = session().execute(text("select code, head_name from household order by id"))
        return [one.code for one in rows if privacy.decrypt(bytes(one.head_name)) == name]


def test_good_rows_are_entered_to_the_fen(clerk: FlaskClient, app: Flask) -> None:
    [code] = codes(app, "钱二")
    address = send(
        clerk,
        sheet(
            row(person="赵大山"),
            row(code=code, village="", head="钱二", income_class="", source="养老金", amount=1234.5, evidence="存折 3"),
            row(income_class="生产经营支出", source="种子、化肥、饲料等", amount="80", evidence="收据 0012"),
        ),
    )  # fmt: skip
    assert "通过 3 行，有误 0 行" in shown(clerk, address)
    assert "已导入 3 行" in start(clerk, address)
    found = entries(app)
    assert [(one.income_class, one.source_code, one.fen) for one in found] == [
        ("wage", "work_away", 320_005),
        ("transfer", "pension", 123_450),
        ("expense", "inputs", 8_000),
    ]
    assert found[1].code == code
    assert found[0].person_id is not None
    assert privacy.decrypt(bytes(found[2].evidence)) == "收据 0012"
    with app.app_context():
        assert [row for check in (*IMPORTS, *INCOME) for row in run_check(check)["rows"]] == []


def test_each_wrong_cell_says_how_to_mend_it(clerk: FlaskClient, app: Flask) -> None:
    [code] = codes(app, "钱二")
    address = send(
        clerk,
        sheet(
            row(), row(head="没有人"), row(head="孙一"), row(code=code), row(village="", evidence="a"),
            row(income_class="转移性收入", evidence="b"), row(source="合作社货款", evidence="c"),
            row(amount="3200.055", evidence="d"), row(amount="-5", evidence="e"), row(on="2999-01-01", evidence="f"),
            row(evidence=""), row(person="陌生人", evidence="g"), row(evidence="4.2E+17"), row(on="昨天", evidence="h"),
            row(),
        ),
    )  # fmt: skip
    page = shown(clerk, address)
    assert "通过 1 行，有误 14 行" in page
    for words in (
        "这个村没有这个户主",
        "有 2 户叫这个名字",
        "请核对户编号和户主",
        "请填户编号；没有编号的",
        "属于工资性收入",
        "由系统自动记入",
        "日期不能晚于今天",
        "请填写凭据",
        "这一户的册子上没有这个人",
        "科学计数",
        "日期要写成 2026-11-01 这样",
        "和第 2 行一样",
    ):
        assert words in page, words
    for candidate in codes(app, "孙一"):
        assert candidate in page
    start(clerk, address)
    assert len(entries(app)) == 1
    marked = load_workbook(BytesIO(clerk.get(f"{address}/marked.xlsx").data)).active
    assert marked is not None
    reasons = [str(one[-1].value or "") for one in marked.iter_rows(min_row=2)]
    assert reasons[0] == "已导入"
    assert "没有这个户主" in reasons[1]
    assert marked["C3"].fill.fgColor.rgb != marked["C2"].fill.fgColor.rgb


def test_what_is_there_is_not_entered_again(clerk: FlaskClient, app: Flask) -> None:
    first = sheet(row(), row(evidence="工资表 9 月"))
    start(clerk, send(clerk, first))
    assert send(clerk, first) == send(clerk, first)  # the same bytes are the same import
    again = send(clerk, sheet(row(), row(evidence="工资表 9 月"), row(evidence="工资表 8 月")))
    page = shown(clerk, again)
    assert "通过 1 行，有误 0 行" in page
    assert "另有 2 行不用动" in page
    start(clerk, again)
    assert len(entries(app)) == 3
    with app.app_context(), transaction():
        income_entries.reverse(entries(app)[0].id, builder.TOWNSHIP, "记错了", "r", None)
    third = send(clerk, sheet(row(), row(evidence="又一张")))
    assert "导入过又冲销了" in shown(clerk, third)
    assert "已导入 1 行，有误 1 行" in start(clerk, third)
    with app.app_context():
        assert [row for check in (*IMPORTS, *INCOME) for row in run_check(check)["rows"]] == []


def test_what_the_page_entered_is_not_entered_by_a_table(clerk: FlaskClient, app: Flask) -> None:
    with app.app_context():
        home = session().execute(text("select min(id) from household")).scalar()
    address = f"/town/{builder.TOWNSHIP}/income/households/{home}/new"
    form = {
        "request_key": "a" * 32, "source": "work_away", "amount": "3200.05", "on_date": TODAY, "evidence": "工资表10月",
    }  # fmt: skip
    answer = clerk.post(address, data=form)
    assert answer.status_code == 303, unescape(answer.text)[-2000:]
    page = shown(clerk, send(clerk, sheet(row())))
    assert "已经登记过同样的一笔" in page
    assert "通过 0 行，有误 1 行" in page


def test_the_form_has_choices_and_a_sample_row(clerk: FlaskClient) -> None:
    book = load_workbook(BytesIO(clerk.get(f"{HERE}/template.xlsx").data))
    assert [cell.value for cell in book["填写"][1]][: len(HEAD)] == [*HEAD]
    offered = {cell.value for one in book["选项"].iter_rows() for cell in one}
    assert {"大川村", "工资性收入", "外出务工", "土地流转租金"} <= offered
    assert "合作社货款" not in offered
    assert clerk.post(HERE, data={}).status_code == 422


def test_who_writes_over_the_sample_or_copies_it_has_filled_in_rows(clerk: FlaskClient) -> None:
    book = load_workbook(BytesIO(clerk.get(f"{HERE}/template.xlsx").data))
    page = book["填写"]
    sample = [cell.value for cell in page[2]]
    assert str(sample[-1]).startswith("例")
    page.append([*row()[: len(sample) - 1], sample[-1]])  # copied with its mark
    buffer = BytesIO()
    book.save(buffer)
    address = send(clerk, buffer.getvalue())
    assert "通过 1 行，有误 0 行" in shown(clerk, address), "the sample itself is passed over"
    start(clerk, address)
    with clerk.application.app_context():
        assert session().scalar(text("select fen from household_income_entry")) == 320_005
