"""Sales made elsewhere: good rows come in once and are attributed, wrong ones come back red, likely repeats ask."""

from __future__ import annotations

from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from shop.audit.checks_imports import CHECKS
from shop.audit.run import run_check
from shop.core import clock
from shop.core.table_import import tasks
from tests.access.identities import OTHER_TOWN, TOWN, browsers, make_user, signed_in
from tests.township.test_assisted import filled, get, rows, sellable

BASE = f"/town/{TOWN}/imports/sales"
HEAD = "合作社,平台,平台订单号,订单行,日期,买家,产品,数量,单位,金额（元）,收款,银行流水号,确认不是重复"


@pytest.fixture
def clerk(town: Flask) -> FlaskClient:
    return signed_in(town, make_user(town, "+8613900000044", role="staff", duty="clerk", region_code=TOWN))


def seller(town: Flask) -> Any:
    """(code, cooperative, product) of somebody who has goods."""
    return rows(
        town,
        "select c.code, c.name as cooperative, p.name from sku k join cooperative c on c.id = k.cooperative_id"
        " join product p on p.id = k.product_id where k.id = :id",
        id=sellable(town).id,
    )[0]


def line(
    town: Flask, number: str = "A-1", *, at: int = 1, kg: str = "1", yuan: str = "123.45", tick: str = "", goods: str = "",
    platform: str = "832平台", paid: str = "现金", reference: str = "", coop: str = "", unit: str = "公斤",
) -> str:  # fmt: skip
    what = seller(town)
    cells = (
        coop or what.cooperative, platform, number, str(at), clock.today().isoformat(), "示例单位", goods or what.name, kg,
        unit, yuan, paid, reference, tick,
    )  # fmt: skip
    return ",".join(cells)


def send(client: FlaskClient, *lines: str) -> str:
    """Upload and check; the address of the import."""
    data = ("\n".join([HEAD, *lines]) + "\n").encode()
    answer = client.post(BASE, data={"file": (BytesIO(data), "832.csv")})
    assert answer.status_code == 303, answer.text[-800:]
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
    return unescape(client.get(address).text)


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
    page = start(clerk, send(clerk, *two))
    assert "已导入 2 行，有误 0 行" in page, page[-2500:]
    assert imported(town) == [("A-1", 1, 12_345), ("A-1", 2, 6_000)]
    again = send(clerk, *two, line(town, "A-2", kg="0.2", yuan="7"))
    page = shown(clerk, again)
    assert "通过 1 行，有误 0 行" in page
    assert "另有 2 行不用动" in page
    assert "已导入 1 行" in start(clerk, again)
    assert len(imported(town)) == 3
    assert "示例单位" in get(clerk, f"/town/{TOWN}/assisted?channel=imported")
    channels = rows(town, "select o.channel from assisted_sale a join customer_order o on o.id = a.order_id")
    assert {row.channel for row in channels} == {"imported"}
    with town.app_context():
        assert [run_check(check)["rows"] for check in CHECKS] == [[]] * len(CHECKS)


def test_wrong_rows_come_back_red_and_good_ones_come_in(town: Flask, clerk: FlaskClient) -> None:
    address = send(
        clerk, line(town), line(town, "A-2", goods="月亮"), line(town, "A-3", kg="两筐"), line(town, yuan="5"),
        line(town, "A-5", kg="9999999", yuan="6"), line(town, "A-6", yuan="7", paid="记账"),
        line(town, "4.2E+17", yuan="8"), line(town, "A-8", yuan="9", coop="没有这一家"),
        line(town, "A-9", yuan="10", paid="转账"),
    )  # fmt: skip
    page = shown(clerk, address)
    assert "通过 1 行，有误 8 行" in page, page[-3000:]
    for sentence in (
        "没有叫“月亮”的货",
        "两筐",
        "和第 2 行重复",
        "已封批的货只有",
        "收款只能写现金、转账或未收",
        "科学计数",
        "本镇没有这家合作社",
        "请填银行流水号",
    ):
        assert sentence in page, sentence
    assert not imported(town)
    assert "已导入 1 行，有误 8 行" in start(clerk, address)
    assert imported(town) == [("A-1", 1, 12_345)]
    marked = load_workbook(BytesIO(clerk.get(f"{address}/marked.xlsx").data)).worksheets[0]
    reasons = [str(row[-1].value or "") for row in marked.iter_rows(min_row=2)]
    assert reasons[0] == "已导入"
    assert "月亮" in reasons[1]
    assert marked["G3"].fill.fgColor.rgb != marked["G2"].fill.fgColor.rgb


def test_rows_that_together_sell_more_than_there_is(town: Flask, clerk: FlaskClient) -> None:
    left = rows(
        town,
        "select sum(l.received + l.returned - l.shipped - l.written_off - l.transformed - l.reserved) as left from lot l"
        " join sku k on true join product p on p.id = k.product_id and p.produce_id = l.produce_id where k.id = :id"
        " and l.closed_at is not null and l.recalled_at is null and (l.best_before is null or l.best_before >= :day)",
        id=sellable(town).id, day=clock.today(),
    )[0].left  # fmt: skip
    most = f"{left // 1000}"
    page = shown(clerk, send(clerk, line(town, kg=most, yuan="500"), line(town, "A-2", kg=most, yuan="400")))
    assert "通过 1 行，有误 1 行" in page
    assert "已封批的货只有" in page


def test_what_looks_like_a_sale_of_ours_is_asked_in_its_own_column(town: Flask, clerk: FlaskClient) -> None:
    form = filled(
        town,
        get(clerk, f"/town/{TOWN}/assisted/new"),
        quantity="1",
        unit="公斤",
        money="123.45",
        priced="total",
    )
    clerk.post(f"/town/{TOWN}/assisted/new", data=form)
    address = send(clerk, line(town))
    page = shown(clerk, address)
    assert "通过 0 行，有误 1 行" in page
    assert "像是已有的" in page
    assert "确认不是重复" in page
    answered = send(clerk, line(town, tick="是"))
    assert "已导入 1 行" in start(clerk, answered)


def test_one_platforms_numbers_tell_its_orders_apart_two_platforms_do_not(
    town: Flask, clerk: FlaskClient
) -> None:
    page = shown(clerk, send(clerk, line(town), line(town, "A-2"), line(town, "展-1", platform="秋季展会")))
    assert "通过 2 行，有误 1 行" in page
    assert "像是第 2 行" in page
    both = send(clerk, line(town), line(town, "A-2"), line(town, "展-1", platform="秋季展会", tick="是"))
    assert "已导入 3 行" in start(clerk, both)
    assert len(imported(town)) == 3


def test_a_line_that_came_before_with_something_else_in_it(town: Flask, clerk: FlaskClient) -> None:
    start(clerk, send(clerk, line(town)))
    page = shown(clerk, send(clerk, line(town, yuan="99")))
    assert "内容和这一行不一样" in page
    assert "通过 0 行，有误 1 行" in page


def test_a_transfer_pays_one_row(town: Flask, clerk: FlaskClient) -> None:
    first = line(town, paid="转账", reference="T-1")
    page = shown(clerk, send(clerk, first, line(town, "A-2", yuan="7", paid="转账", reference="T-1")))
    assert "通过 1 行，有误 1 行" in page
    assert "这条流水已经对上了另一笔销售" in page
    assert "已导入 1 行" in start(clerk, send(clerk, first))
    later = send(clerk, line(town, "A-3", yuan="8", paid="转账", reference="T-1"))
    assert "通过 0 行，有误 1 行" in shown(clerk, later)


def test_another_township_sees_nothing_of_it(town: Flask, clerk: FlaskClient) -> None:
    address = send(clerk, line(town))
    other = browsers(town)["other_staff"]
    there = address.replace(TOWN, OTHER_TOWN)
    assert other.get(there).status_code == 404
    assert other.post(f"{there}/start").status_code == 404
    assert other.get(f"/town/{TOWN}/imports/sales").status_code == 404


def test_the_template_can_be_filled_in_and_sent(town: Flask, clerk: FlaskClient) -> None:
    what = seller(town)
    book = load_workbook(BytesIO(clerk.get(f"{BASE}/template.xlsx").data))
    offered = {cell.value for row in book["选项"].iter_rows() for cell in row}
    assert {what.cooperative, what.name, "公斤", "转账", "是"} <= offered
    sheet = book["填写"]
    assert str(sheet["N2"].value).startswith("例")
    day = clock.today().isoformat()
    for place, value in enumerate(
        (what.cooperative, "832平台", "B-1", "1", day, "示例单位", what.name, "1", "公斤", "99", "未收"), 1
    ):
        sheet.cell(3, place, value)
    buffer = BytesIO()
    book.save(buffer)
    buffer.seek(0)
    answer = clerk.post(BASE, data={"file": (buffer, "a.xlsx")})
    work(clerk)
    assert "已导入 1 行" in start(clerk, str(answer.location))
    states = rows(town, "select o.state from assisted_sale a join customer_order o on o.id = a.order_id")
    assert [row.state for row in states] == ["pending"]
