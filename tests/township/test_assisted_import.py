"""Sales made elsewhere: all rows or none, each once, and what looks like another sale asks first."""

from __future__ import annotations

from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from shop.core import clock
from tests.access.identities import OTHER_TOWN, TOWN, browsers, make_user, signed_in
from tests.township.test_assisted import filled, get, rows, sellable

BASE = f"/town/{TOWN}/assisted"
HEAD = "平台,平台订单号,订单行,日期,买家,产品,数量,单位,金额（元）,收款,银行流水号,确认不是重复"


@pytest.fixture
def clerk(town: Flask) -> FlaskClient:
    return signed_in(town, make_user(town, "+8613900000044", role="staff", duty="clerk", region_code=TOWN))


def seller(town: Flask) -> Any:
    """(code, product) of somebody who has goods."""
    return rows(
        town,
        "select c.code, p.name from sku k join cooperative c on c.id = k.cooperative_id join product p on p.id = k.product_id"
        " where k.id = :id",
        id=sellable(town).id,
    )[0]


def line(
    town: Flask, number: str = "A-1", *, at: int = 1, kg: str = "1", yuan: str = "123.45", tick: str = "", goods: str = ""
) -> str:  # fmt: skip
    name = goods or seller(town).name
    return f"832平台,{number},{at},{clock.today()},示例单位,{name},{kg},公斤,{yuan},现金,,{tick}"


def send(town: Flask, client: FlaskClient, *lines: str, coop: str = "") -> tuple[int, str]:
    data = ("\n".join([HEAD, *lines]) + "\n").encode()
    form = {"cooperative": coop or seller(town).code, "file": (BytesIO(data), "832.csv")}
    answer = client.post(f"{BASE}/import", data=form)
    return answer.status_code, unescape(answer.text)


def imported(town: Flask) -> list[tuple[str, int, int]]:
    found = rows(
        town,
        "select a.platform_number as number, a.platform_line as line, sum(t.fen) as fen from assisted_sale a"
        " join suborder s on s.order_id = a.order_id join order_line l on l.suborder_id = s.id"
        " join attribution t on t.line_id = l.id group by 1, 2 order by 1, 2",
    )
    return [(row.number, row.line, int(row.fen)) for row in found]


def test_rows_come_in_once_and_are_attributed(town: Flask, clerk: FlaskClient) -> None:
    two = (line(town), line(town, at=2, kg="0.5", yuan="60"))
    status, page = send(town, clerk, *two)
    assert (status, "导入 2 笔，以前已有 0 笔" in page) == (200, True), page[-2500:]
    assert imported(town) == [("A-1", 1, 12_345), ("A-1", 2, 6_000)]
    status, page = send(town, clerk, *two, line(town, "A-2", kg="0.2", yuan="7"))
    assert "导入 1 笔，以前已有 2 笔" in page
    assert len(imported(town)) == 3
    assert "示例单位" in get(clerk, f"{BASE}?channel=imported")
    channels = rows(town, "select o.channel from assisted_sale a join customer_order o on o.id = a.order_id")
    assert {row.channel for row in channels} == {"imported"}


def test_one_wrong_row_keeps_all_out_and_every_problem_is_named(town: Flask, clerk: FlaskClient) -> None:
    status, page = send(
        town, clerk, line(town), line(town, "A-2", goods="月亮"), line(town, "A-3", kg="两筐"), line(town, yuan="5"),
        line(town, "A-5", kg="9999999", yuan="6"), line(town, "A-6", yuan="7").replace("现金", "记账"),
    )  # fmt: skip
    assert status == 422
    for sentence in (
        "有 5 行不对",
        "没有叫“月亮”的货",
        "两筐",
        "和第 2 行重复",
        "已封批的货只有",
        "收款只能写现金、转账或未收",
    ):
        assert sentence in page
    assert not imported(town)
    assert not rows(town, "select 1 from customer_order where channel = 'imported'")


def test_what_looks_like_a_sale_of_ours_needs_a_tick(town: Flask, clerk: FlaskClient) -> None:
    form = filled(town, get(clerk, f"{BASE}/new"), quantity="1", unit="公斤", money="123.45", priced="total")
    clerk.post(f"{BASE}/new", data=form)
    status, page = send(town, clerk, line(town))
    assert status == 422
    assert "像是同一笔" in page
    assert "/orders/" in page
    status, page = send(town, clerk, line(town, tick="是"))
    assert (status, "导入 1 笔" in page) == (200, True)


def test_files_that_are_none_and_cooperatives_of_elsewhere(town: Flask, clerk: FlaskClient) -> None:
    for data, sentence in ((b"", "请选择要导入的文件"), (b"\x00\x01nothing", ""), (HEAD.encode(), "")):
        answer = clerk.post(
            f"{BASE}/import", data={"cooperative": seller(town).code, "file": (BytesIO(data), "x.csv")}
        )
        assert answer.status_code == 422
        assert sentence in unescape(answer.text)
    status, page = send(town, clerk, line(town), coop="nobody")
    assert (status, "请选择合作社" in page) == (422, True)
    many = [line(town, f"A-{number}", yuan=f"{number}") for number in range(1, 202)]
    assert "一次最多 200 行" in send(town, clerk, *many)[1]
    other = browsers(town)["other_staff"]
    there = f"/town/{OTHER_TOWN}/assisted/import"
    assert other.get(f"{there}.xlsx?coop={seller(town).code}").status_code == 404
    assert other.post(there, data={"cooperative": seller(town).code}).status_code == 422


def test_the_template_can_be_filled_in_and_sent(town: Flask, clerk: FlaskClient) -> None:
    code, name = seller(town)
    book = load_workbook(BytesIO(clerk.get(f"{BASE}/import.xlsx?coop={code}").data))
    sheet = book["填写"]
    assert str(sheet["A2"].value).startswith("例")
    day = clock.today().isoformat()
    for place, value in enumerate(
        ("832平台", "B-1", "1", day, "示例单位", name, "1", "公斤", "99", "未收"), 1
    ):
        sheet.cell(3, place, value)
    buffer = BytesIO()
    book.save(buffer)
    buffer.seek(0)
    answer = clerk.post(f"{BASE}/import", data={"cooperative": code, "file": (buffer, "a.xlsx")})
    assert "导入 1 笔" in unescape(answer.text)
    states = rows(town, "select o.state from assisted_sale a join customer_order o on o.id = a.order_id")
    assert [row.state for row in states] == ["pending"]
