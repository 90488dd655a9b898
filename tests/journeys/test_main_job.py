"""The main job, from end to end: a buyer buys, a manager ships, the township distributes and reads one number, the audit agrees.

Separate web, worker, beat, broker, database and payment stand-in. The tests run in the order of the file; each goes on from
what the one before left.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.buyer import DECLINED, GOOD, Buyer
from tests.journeys.clerk import Clerk, read_sheet
from tests.journeys.conftest import Enter, told
from tests.journeys.manager import Manager
from tests.journeys.visitor import fen
from tests.support.live import LiveShop

BUYER, MANAGER, CLERK = "138 0000 0001", "138 0000 0011", "138 0000 0061"
SOLD_IN_2020 = 18_600_000
Flask = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass
class Story:
    """What one part of the journey leaves for the next."""

    order: str = ""
    net_fen: int = 0


@pytest.fixture(scope="module")
def story() -> Story:
    return Story()


def test_a_buyer_on_a_phone_buys_and_sees_whom_it_helped(enter: Enter, story: Story) -> None:
    buyer = enter(Buyer, phone=True)
    buyer.find("gxg", "大川干香菇")
    buyer.put_in_basket("250克/袋", 2)
    buyer.check_out()
    buyer.sign_in(BUYER)
    buyer.heading("确认订单")
    buyer.sees("大川干香菇")
    buyer.press("新地址")
    buyer.add_address("李梅")
    story.order = buyer.place_order()

    buyer.open_checkout()
    buyer.pay_by_card(DECLINED)
    expect(buyer.page.get_by_role("alert")).to_be_visible()
    buyer.pay_by_card(GOOD)
    expect(buyer.page.get_by_role("heading", name="付款成功")).to_be_visible(timeout=30_000)
    buyer.go(f"/orders/{story.order}")
    buyer.sees(re.compile("待发货|已收到付款"))

    lines = buyer.whom_it_helped()
    assert [line.net_fen for line in lines] == [
        2 * 4_200 - 500
    ]  # the cooperative's coupon was chosen beforehand
    assert all(sum(line.villages) == line.net_fen for line in lines)
    assert all(sum(line.households) in (0, line.net_fen) for line in lines)
    story.net_fen = lines[0].net_fen


def test_a_buyer_without_javascript_buys_as_well(enter: Enter, live_shop: LiveShop) -> None:
    """A newcomer by one-time code, with a parcel of two cooperatives."""
    buyer = enter(Buyer, phone=True, scripts=False)
    buyer.find("tangjia", "唐家干竹笋")
    buyer.put_in_basket("250克/袋", 1)
    buyer.find("蜂蜜", "浪溪土蜂蜜")
    buyer.put_in_basket("500克/瓶", 1)
    buyer.check_out()
    buyer.follow("用短信验证码登录或开账号")
    buyer.fill("手机号", "139 0000 4242")
    buyer.press("获取验证码")
    buyer.fill("验证码", _code(live_shop))
    buyer.page.get_by_role("checkbox").check()
    buyer.press("登录", buyer.page.locator("main"))
    buyer.add_address("王小山", scripts=False)
    number = buyer.place_order()
    buyer.open_checkout()
    buyer.pay_by_card(GOOD)
    buyer.reload_until("付款成功")
    buyer.go(f"/orders/{number}")
    lines = buyer.whom_it_helped()
    assert sorted(line.net_fen for line in lines) == [2_900, 6_500]
    assert all(sum(line.villages) == line.net_fen for line in lines)


def test_a_manager_on_a_phone_takes_in_sells_and_ships(enter: Enter, story: Story) -> None:
    manager = enter(Manager, phone=True)
    manager.go("/coop/")
    manager.sign_in(MANAGER)
    manager.heading("今日")
    waiting = int(re.sub(r"\D", "", manager.tile("待发货")))
    sold = manager.tile("本月销售")
    assert waiting > 0

    name = manager.record_intake("干香菇", "1", "30", "斤", "62")
    manager.sees("30斤 = 15千克")
    manager.sees(name)
    manager.close_lot()
    manager.put_on_sale("干香菇", "大川冬菇尝鲜装", "200", "39.80")
    guest = enter(Buyer, phone=True)
    guest.find("dcdg", "大川冬菇尝鲜装")
    guest.sees("¥39.80")

    manager.ship(story.order, "顺丰速运", "SF1234567890123")
    manager.go("/coop/")
    manager.heading("今日")
    assert int(re.sub(r"\D", "", manager.tile("待发货"))) == waiting - 1
    manager.follow(re.compile("看归属到户"))
    manager.heading("对账：归属到户")
    shares = manager.sales_per_household()
    assert len(shares) > 1
    assert sum(shares.values()) == fen(sold)


def test_the_buyer_sees_the_parcel_and_receives_it(enter: Enter, story: Story) -> None:
    buyer = enter(Buyer, phone=True)
    buyer.go(f"/orders/{story.order}")
    buyer.sign_in(BUYER)
    buyer.sees("顺丰速运")
    buyer.sees("SF1234567890123")
    buyer.receives()
    buyer.sees(re.compile("已签收|已完成|已收货"))


def test_a_clerk_reads_the_total_and_distributes_the_year(enter: Enter) -> None:
    clerk = enter(Clerk, phone=False)
    clerk.go("/town/")
    clerk.sign_in(CLERK)
    clerk.heading("消费帮扶总览")
    clerk.follow("2020 年")
    sales = clerk.tile("销售额")
    expect(sales).to_contain_text("18.6万元")
    expect(sales).to_contain_text("186,000.00")
    expect(clerk.tile("合作社成员")).to_contain_text("416")
    expect(clerk.tile("产业带动率")).to_contain_text("315 / 315")

    clerk.drill("销售额")
    assert clerk.total_of_lines() == (SOLD_IN_2020, SOLD_IN_2020)
    clerk.page.locator("table.data tbody th a").first.click()
    clerk.heading(re.compile("订单归属"))
    shares = clerk.shares_of_trace()
    assert shares
    assert all(net == parts for net, parts in shares)

    clerk.distribute(2020)
    clerk.page.locator("ul.rows a").first.click()
    clerk.heading("怎么算出来的")
    clerk.sees("各户之和与总数分文不差")
    totals = clerk.printed_totals()
    headings, rows, sums = read_sheet(clerk.download_sheet())
    assert _columns(headings, sums) == totals
    assert (
        _columns(
            headings, [sum(_fen(row[place]) for row in rows) for place in range(len(headings))], fen=True
        )
        == totals
    )


def test_the_audit_and_the_trace_agree(enter: Enter, flask: Flask, story: Story) -> None:
    done = flask("audit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BROKEN" not in done.stdout

    clerk = enter(Clerk, phone=False)
    clerk.go("/town/420302100/audit")
    clerk.sign_in(CLERK)
    clerk.heading("账目核对")
    clerk.sees("全部相符")

    document = told(flask("trace", story.order, "--json"))
    assert set(document) == {"order", "lines"}
    assert document["order"] == story.order
    assert [line["net_fen"] for line in document["lines"]] == [story.net_fen]
    for line in document["lines"]:
        assert set(line) == {"line", "net_fen", "lots"}
        assert sum(lot["fen"] for lot in line["lots"]) == line["net_fen"]
        assert sum(lot["quantity"] for lot in line["lots"]) == 500
        for lot in line["lots"]:
            assert set(lot) == {"lot", "quantity", "fen", "parties"}
            assert all(set(party) == {"household", "quantity", "fen"} for party in lot["parties"])
            assert sum(party["fen"] for party in lot["parties"]) == lot["fen"]
            assert sum(party["quantity"] for party in lot["parties"]) == lot["quantity"]


def _code(live_shop: LiveShop) -> str:
    """The one-time code that the console gateway wrote."""
    return re.findall(r"验证码 (\d{6})", Path(live_shop.environment["SMS_CONSOLE_FILE"]).read_text("utf-8"))[
        -1
    ]


def _columns(headings: list[str], row: list[object], *, fen: bool = False) -> list[int]:
    """Of a row of the sheet: trade, patronage, residual and total, in fen."""
    names = ("交易额（元）", "盈余返还（元）", "剩余盈余（元）", "合计（元）")
    picked = [row[headings.index(name)] for name in names]
    return [int(str(value)) if fen else _fen(value) for value in picked]


def _fen(value: object) -> int:
    """A cell of yuan in fen; text counts nothing."""
    return round(value * 100) if isinstance(value, int | float) else 0
