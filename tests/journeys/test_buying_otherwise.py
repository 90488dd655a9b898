"""Buying in the other ways, from end to end: as a guest who fetches the goods, for many people, with coupons and back again, by
bank transfer."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from shop.core import clock
from tests.journeys.buyer import GOOD, Buyer
from tests.journeys.conftest import Enter
from tests.journeys.manager import Manager
from tests.journeys.visitor import fen
from tests.support.live import LiveShop

BOTH = pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
BUYER, UNION, MANAGER = "138 0000 0001", "138 0000 0002", "138 0000 0011"
GIFTS = "王小华\t13800138000\t湖北省十堰市茅箭区大川镇人民路1号\t2\n李红 13900139000 浙江省杭州市西湖区文三路 2 号"


def test_a_manager_sets_the_freight_and_tries_it(enter: Enter) -> None:
    manager = enter(Manager, phone=True)
    manager.go("/coop/dachuan/more")
    manager.sign_in(MANAGER)
    manager.follow("运费")
    page = manager.page
    for name, value in {
        "name-0": "湖北省内", "provinces-0": "湖北省", "first-0": "1", "first_fen-0": "8", "step-0": "1", "step_fen-0": "2",
        "free-0": "", "town_streets": "大川镇", "town_fen": "0", "pickup": "大川村村委会", "try_weight": "2.5",
    }.items():  # fmt: skip
        page.locator(f"[name={name}]").fill(value)
    for name, value in {
        "name-1": "其他省份", "first-1": "1", "first_fen-1": "12", "step-1": "", "step_fen-1": "", "free-1": "",
    }.items():  # fmt: skip
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=try_province]").select_option(label="湖北省")
    manager.press("按上面填的算")
    expect(page.locator("#tried")).to_contain_text("¥12.00")
    manager.press("从现在起用这个运费")
    manager.sees("现在用第 2 版")


@BOTH
def test_a_guest_fetches_the_goods_and_comes_back_by_the_link(
    enter: Enter, live_shop: LiveShop, phone: bool
) -> None:
    guest = enter(Buyer, phone=phone)
    guest.find("gxg", "大川干香菇")
    guest.put_in_basket("250克/袋", 1)
    guest.check_out()
    guest.follow("不登录，直接下单")
    guest.page.locator("summary", has_text="粘贴一整段").click()
    guest.fill("整段的姓名、电话和地址", "王小华 13800138099 湖北省十堰市茅箭区大川镇人民路1号")
    guest.press("拆开填到下面")
    expect(guest.page.get_by_label("乡镇街道")).to_have_value("大川镇")
    guest.page.get_by_label("这是我本人的手机号").check()
    guest.press("去确认订单")
    guest.heading("确认订单")
    guest.page.get_by_label("给这家合作社留言").fill("下午来取")
    guest.page.get_by_role("radio", name=re.compile("自提")).check()
    guest.sees("自提，不收运费")
    expect(guest.page.get_by_label("给这家合作社留言")).to_have_value("下午来取")
    number = guest.place_order()
    guest.open_checkout()
    guest.pay_by_card(GOOD)
    expect(guest.page.get_by_role("heading", name="付款成功")).to_be_visible(timeout=30_000)

    sent = Path(live_shop.environment["SMS_CONSOLE_FILE"]).read_text("utf-8")
    link = re.findall(r"\+8613800138099\t.*?(/g/[\w-]{43})", sent)[-1]
    later = enter(Buyer, phone=not phone)
    later.go(link)
    later.press("打开我的订单")
    later.follow(number)
    later.sees("到这里自提：大川村村委会")
    assert [line.net_fen for line in later.whom_it_helped()] == [4_200]
    assert later.total() == 4_200


@BOTH
def test_one_product_goes_to_many_people(enter: Enter, phone: bool) -> None:
    buyer = enter(Buyer, phone=phone)
    buyer.go("/signin")
    buyer.sign_in(BUYER)
    buyer.find("gxg", "大川干香菇")
    buyer.follow("送给多个人")
    buyer.heading("送给多个人")
    buyer.page.get_by_role("radio", name="250克/袋").check()
    buyer.fill("收礼人名单", GIFTS)
    buyer.fill("送礼人", "赵工")
    buyer.fill("祝福语", "新年好")
    buyer.press("核对名单和运费")
    assert buyer.total() == 3 * 4_200 + 800 + 1_200
    number = buyer.place_order()
    buyer.open_checkout()
    buyer.pay_by_card(GOOD)
    expect(buyer.page.get_by_role("heading", name="付款成功")).to_be_visible(timeout=30_000)
    buyer.go(f"/orders/{number}")
    assert [line.net_fen for line in buyer.whom_it_helped()] == [3 * 4_200]

    manager = enter(Manager, phone=True)
    manager.go("/coop/dachuan/shipping")
    manager.sign_in(MANAGER)
    manager.page.locator("ul.card-list > li").filter(has_text=number).get_by_role(
        "link", name=re.compile("送礼")
    ).click()
    manager.page.get_by_label("快递公司").select_option(label="顺丰速运")
    numbers = manager.page.locator("input[name^=number-]")
    numbers.nth(0).fill("SF1234567890123")
    manager.press("登记这些包裹")
    manager.sees("已登记 1 个包裹，还有 1 个")
    manager.page.get_by_label("快递公司").select_option(label="顺丰速运")
    numbers.nth(0).fill("SF1234567890124")
    manager.press("登记这些包裹")
    manager.sees("全部包裹都已发出")

    buyer.go(f"/orders/{number}")
    for waybill in ("SF1234567890123", "SF1234567890124"):
        buyer.sees(waybill)
    buyer.receives()


def test_a_purchase_with_coupons_is_asked_back_and_paid_back_whole(enter: Enter) -> None:
    buyer = enter(Buyer, phone=True)
    buyer.go("/signin")
    buyer.sign_in(BUYER)
    buyer.find("gxg", "大川干香菇")
    buyer.put_in_basket("250克/袋", 3)
    buyer.check_out()
    buyer.heading("确认订单")
    assert buyer.total() == 3 * 4_200 + 800 - 500 - 1_000  # freight; both coupons chosen beforehand
    number = buyer.place_order()
    buyer.open_checkout()
    buyer.pay_by_card(GOOD)
    expect(buyer.page.get_by_role("heading", name="付款成功")).to_be_visible(timeout=30_000)
    buyer.go(f"/orders/{number}")
    assert [line.net_fen for line in buyer.whom_it_helped()] == [3 * 4_200 - 500]
    buyer.follow("申请退款")
    buyer.page.locator("select[name=reason]").select_option(index=1)
    buyer.press("提交申请")
    buyer.sees("等合作社处理")

    manager = enter(Manager, phone=True)
    manager.go("/coop/dachuan/returns")
    manager.sign_in(MANAGER)
    manager.follow(re.compile(number))
    manager.page.get_by_role("button", name=re.compile("同意")).first.click()
    manager.sees("已同意退款 ¥119.00")

    buyer.go(f"/orders/{number}")
    buyer.reload_until("退款已到账")
    buyer.go("/coupons/mine")
    for name in ("大川助农券", "新客尝鲜券"):
        buyer.sees(name)
    buyer.was_quiet()


@BOTH
def test_a_union_pays_by_bank_transfer(enter: Enter, phone: bool) -> None:
    union = enter(Buyer, phone=phone)
    union.go("/signin")
    union.sign_in(UNION)
    union.find("gxg", "大川干香菇")
    union.put_in_basket("500克/袋", 2)
    union.check_out()
    if union.page.get_by_label("收货人").count():
        union.add_address("工会办公室")
    number = union.place_order()
    union.press("改用对公转账")
    union.heading("对公转账")
    code = union.page.locator("dd strong").first.inner_text().split()[0]
    due = fen(union.page.locator(".amount").first.inner_text())

    manager = enter(Manager, phone=False)
    manager.go("/coop/dachuan/money")
    manager.sign_in(MANAGER)
    day = clock.today().isoformat()
    lines = f"流水号,日期,收入,支出,对方户名,摘要\r\nU{int(phone)},{day},{due // 100}.{due % 100:02},,市总工会,货款 {code}\r\n"
    statement = {"name": "流水.csv", "mimeType": "text/csv", "buffer": lines.encode("gb18030")}
    manager.page.locator("#statement").set_input_files(files=[statement])
    manager.press("导入流水")
    union.go(f"/orders/{number}")
    assert sum(line.net_fen for line in union.whom_it_helped()) == 2 * 7_900
    union.was_quiet()


@BOTH
def test_one_of_three_packs_is_refunded(enter: Enter, phone: bool) -> None:
    buyer = enter(Buyer, phone=phone)
    buyer.go("/signin")
    buyer.sign_in(UNION)
    buyer.find("gxg", "大川干香菇")
    buyer.put_in_basket("250克/袋", 3)
    buyer.check_out()
    number = buyer.place_order()
    buyer.open_checkout()
    buyer.pay_by_card(GOOD)
    expect(buyer.page.get_by_role("heading", name="付款成功")).to_be_visible(timeout=30_000)
    buyer.go(f"/orders/{number}")
    before = buyer.whom_it_helped()[0].net_fen

    manager = enter(Manager, phone=not phone)
    manager.go("/coop/dachuan/shipping")
    manager.sign_in(MANAGER)
    manager.page.locator("ul.card-list > li").filter(has_text=number).locator("h2 a").click()
    manager.follow("退款")
    manager.page.locator("input[name^=line-]").fill("1")
    manager.page.locator("select[name^=goods-]").select_option(label="没发出，放回去卖")
    manager.fill("退款原因", "少备了一袋")
    manager.press("下一步，核对金额", manager.page.locator("section.panel").nth(1))
    manager.page.get_by_role("button", name=re.compile("确认退款")).click()
    manager.sees(re.compile("退款中|已退"))  # the provider may be quicker than the page

    buyer.go(f"/orders/{number}")
    buyer.reload_until("退款已到账")
    assert buyer.whom_it_helped()[0].net_fen == before - before // 3
    buyer.was_quiet()


def test_the_audit_agrees(flask: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = flask("audit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BROKEN" not in done.stdout
