"""An assisted sale on a phone: entered with its receipt, found on 总览, verified by a colleague; the audit agrees."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from shop.core import clock
from tests.journeys.clerk import Clerk
from tests.journeys.conftest import Enter, told
from tests.journeys.visitor import fen

CLERK, COLLEAGUE = "138 0000 0061", "138 0000 0062"
TOWN = "/town/420302100/"


def _receipt(folder: Path) -> Path:
    path = folder / "receipt.jpg"
    Image.new("RGB", (2400, 1800), "white").save(path, "JPEG")
    return path


def test_a_sale_is_entered_on_a_phone_and_verified_by_a_colleague(
    enter: Enter, flask: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    clerk = enter(Clerk, phone=True)
    page = clerk.page
    clerk.go(TOWN)
    clerk.sign_in(CLERK)
    clerk.go(f"{TOWN}?year={clock.today().year}")
    before = fen(clerk.tile("帮助销售").locator(".tile-sub").first.inner_text())
    clerk.follow("登记帮扶销售")
    goods = page.get_by_label("卖的什么")
    goods.select_option(value=goods.locator("option", has_text="大川干香菇").first.get_attribute("value"))
    clerk.fill("多少", "2.4")
    expect(page.get_by_text("1.2千克").first).to_be_visible()
    page.locator("#money").fill("80")
    page.get_by_label("怎么算的钱").select_option(label="元/斤")
    clerk.fill("卖给谁", "示例农贸市场蔬菜批发部")
    page.get_by_text("收了现金").click()
    page.get_by_label("收据或送货单照片").set_input_files(_receipt(tmp_path))
    page.get_by_role("button", name="登记", exact=True).click()
    clerk.sees("请另一位同事核实凭证")
    clerk.sees("未核实")
    expect(page.locator("img.goods-picture")).to_have_count(1)
    address = page.url.removeprefix(clerk.url)

    clerk.go(f"{TOWN}?year={clock.today().year}")
    assert fen(clerk.tile("帮助销售").locator(".tile-sub").first.inner_text()) - before == 19_200
    clerk.sees("其中已核实")

    colleague = enter(Clerk, phone=False)
    colleague.go(TOWN)
    colleague.sign_in(COLLEAGUE)
    colleague.go(address)
    colleague.press("我看过凭证，核实")
    colleague.sees("已核实")
    colleague.go(f"{TOWN}assisted?proof=proven")
    colleague.sees("示例农贸市场蔬菜批发部")
    assert told(flask("audit", "--json"))["clean"]
