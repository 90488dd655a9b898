"""A parcel on a manager's phone: another lot, the real weight, the papers, the waybill pasted; and the audit at its end."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

from playwright.sync_api import expect

from tests.journeys.conftest import Enter
from tests.journeys.manager import Manager

MANAGER = "138 0000 0011"


def test_pick_swap_weigh_dispatch(
    enter: Enter, flask: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    manager = enter(Manager, phone=True)
    manager.go("/coop/dachuan/shipping")
    manager.sign_in(MANAGER)
    page = manager.page
    found = page.locator("ul.card-list > li h2 a")
    places = [found.nth(place).get_attribute("href") for place in range(found.count())]
    pack = next(place for place in places if place and _exchangeable(manager, f"{place}/pack"))
    name = page.locator("section.panel h2").first.inner_text()

    block = page.locator("section.panel").first
    block.locator("summary", has_text="换批次").first.click()
    code = block.get_by_label("换成哪个批次").first.locator("option").nth(1).inner_text().split(" ")[0]
    block.get_by_label("换成哪个批次").first.select_option(index=1)
    manager.press("确认换批次")
    manager.sees("货款跟着归到新批次的户")
    expect(page.locator("section.panel").first).to_contain_text(code)

    manager.go("/coop/dachuan/products")
    page.get_by_role("link", name=re.compile(name.split(" ")[0])).first.click()
    spec = page.locator("ul.card-list > li").filter(has_text=name.split(" ")[1])
    manager.press("改为称重计价", spec)
    manager.sees("改为称重计价")

    manager.go(f"{pack}/pack")
    block = page.locator("section.panel").first
    ordered = re.search(r"订 (\d+)克", block.inner_text())
    grams = int(ordered.group(1)) if ordered else 1000
    block.get_by_label("实际重量", exact=True).fill(str(grams - 20))
    manager.press("记下重量，退差价")
    manager.sees("退差价")
    expect(page.locator("section.panel").first).to_contain_text("这个包裹已称重")

    manager.go(pack)
    page.get_by_label("快递单号").fill("顺丰 SF1234567890123")
    manager.press("确认发货")
    manager.sees("已发货：顺丰速运 SF1234567890123")
    manager.go(pack)
    manager.sees("发货前换了批次")
    done = flask("audit")
    assert done.returncode == 0, done.stdout


def _exchangeable(manager: Manager, address: str) -> bool:
    manager.go(address)
    return manager.page.locator("summary", has_text="换批次").count() > 0
