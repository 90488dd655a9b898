"""A manager's phone with a bad network: answers that get lost, no network at all, a page left and a phone switched off."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, StorageState, expect

from dev import browser as chromium
from tests.journeys.conftest import told
from tests.journeys.manager import Manager
from tests.support.browser import PHONE
from tests.support.live import LiveShop

KEPT = "填的内容都在"


@pytest.fixture
def manager(live_shop: LiveShop, open_page: Callable[..., Page], ticket: StorageState) -> Manager:
    return Manager(open_page(PHONE, storage_state=ticket), live_shop.url)


def _delivery(manager: Manager, amount: str) -> None:
    """The form filled up to the press of the button."""
    page = manager.page
    page.get_by_role("button", name="干香菇", exact=True).click()
    page.locator("#q").fill("1")
    manager.press("查找")
    page.get_by_role("group", name="是哪一户").get_by_role("radio").first.check()
    page.locator("#quantity").fill(amount)
    page.locator("select[name=unit]").select_option(label="斤")
    page.get_by_role("radio", name=re.compile("^买断")).check()
    page.locator("#price").fill("61")


def _save(manager: Manager) -> None:
    manager.page.get_by_role("button", name="保存", exact=True).click()


def _receipts(manager: Manager) -> int:
    """How many were recorded today, as the page itself says."""
    manager.go("/coop/dachuan/intake/new")
    strip = manager.page.locator(".impact-strip strong").first
    return int(re.sub(r"\D", "", strip.inner_text())) if strip.count() else 0


def _lose_the_answer(route: Route) -> None:
    """The shop gets the request and does it; the phone never hears of it."""
    if route.request.method == "POST":
        route.fetch(max_redirects=0)
        route.abort("timedout")
    else:
        route.continue_()


def test_a_delivery_whose_answer_was_lost_is_recorded_once(
    manager: Manager, flask: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    page = manager.page
    before = _receipts(manager)
    _delivery(manager, "12.5")
    page.route("**/intake/new", _lose_the_answer)
    _save(manager)
    page.wait_for_url("chrome-error://**")
    page.unroute("**/intake/new")
    manager.go("/coop/dachuan/intake/new")  # the page again, with a key of its own
    manager.sees("已恢复上次没提交的内容")
    expect(page.locator("#quantity")).to_have_value("12.5")
    expect(page.locator("select[name=unit]")).to_have_value("斤")
    _delivery(manager, "12.5")
    _save(manager)
    manager.sees(re.compile("已经登记过（.*），没有重复记"))
    assert _receipts(manager) == before + 1
    assert page.locator("#quantity").input_value() == ""
    assert told(flask("audit", "--json"))["clean"]


def test_who_empties_the_form_records_another_delivery(manager: Manager) -> None:
    page = manager.page
    before = _receipts(manager)
    _delivery(manager, "3")
    page.route("**/intake/new", _lose_the_answer)
    _save(manager)
    page.wait_for_url("chrome-error://**")
    page.unroute("**/intake/new")
    manager.go("/coop/dachuan/intake/new")
    manager.press("清空重填")
    _delivery(manager, "3")
    _save(manager)
    manager.heading(re.compile("交货单"))
    assert _receipts(manager) == before + 2


def test_no_network_keeps_the_form_on_the_screen(manager: Manager) -> None:
    page = manager.page
    before = _receipts(manager)
    _delivery(manager, "7.5")
    page.context.set_offline(True)
    manager.sees(re.compile("现在没有网络。打开的这一页可以接着填"))
    _save(manager)
    manager.sees(re.compile("还没有交上去。" + KEPT))
    expect(page.locator("#quantity")).to_have_value("7.5")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.set_offline(False)
    manager.sees("网络回来了，请再按一次。")
    _save(manager)
    manager.heading(re.compile("交货单"))
    assert _receipts(manager) == before + 1


# the second while the first is on its way, as after the eight seconds that lock the button
PRESS_TWICE = """() => {
  const button = document.querySelector("button[name=act][value=save]");
  setTimeout(() => button.click());
  setTimeout(() => { delete button.form.dataset.sent; button.click(); }, 500);
}"""


def test_two_presses_on_a_slow_network_are_one_delivery(manager: Manager) -> None:
    page = manager.page
    before = _receipts(manager)
    _delivery(manager, "9")
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 2_000, "downloadThroughput": 60_000, "uploadThroughput": 30_000},
    )
    sent: list[str] = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.evaluate(PRESS_TWICE)
    expect(page.get_by_role("heading", name=re.compile("交货单")).first).to_be_visible(timeout=40_000)
    assert len(sent) == 2
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    assert _receipts(manager) == before + 1


def test_a_picture_that_did_not_arrive_is_sent_again(manager: Manager) -> None:
    page = manager.page
    manager.go("/coop/dachuan/intake/new")
    _delivery(manager, "4")
    _save(manager)
    manager.heading(re.compile("交货单"))
    buffer = BytesIO()
    Image.effect_noise((2000, 1500), 90).save(buffer, "JPEG", quality=90)
    page.locator("summary", has_text="加照片").click()
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
    page.locator("#intake_delivery").set_input_files([photo])
    page.route("**/pictures*", _lose_the_answer)
    manager.press("存照片")
    manager.sees(re.compile("没有传上去。" + KEPT))
    page.unroute("**/pictures*")
    manager.press("再传一次")
    expect(page.locator(".goods-picture")).to_have_count(1)


# page, field, what is typed
DRAFTS = [
    ("/coop/dachuan/intake/new", "#quantity", "31.5"),
    ("/coop/dachuan/stock/count", "input[name^=lot-]", "17.25"),  # "17" stands in every moment too
    ("/coop/dachuan/shipping", "input[name=number]", "SF1234567890123"),
]


def _start(live_shop: LiveShop, browser: Browser, folder: Path, ticket: StorageState) -> BrowserContext:
    """A browser with a memory on disk; who is signed in stays so."""
    context = browser.browser_type.launch_persistent_context(
        folder, executable_path=str(chromium.find()), args=chromium.FLAGS, locale="zh-CN", **PHONE
    )
    context.add_cookies(ticket["cookies"])  # type: ignore[arg-type]
    return context


def test_what_was_typed_survives_a_reload_and_a_restart(
    live_shop: LiveShop, browser: Browser, tmp_path: Path, ticket: StorageState
) -> None:
    context = _start(live_shop, browser, tmp_path, ticket)
    manager = Manager(context.new_page(), live_shop.url)
    page = manager.page
    manager.go("/coop/dachuan/products")
    links = page.locator("a[href*='/products/']").evaluate_all("all => all.map(one => one.pathname)")
    product = next(link for link in links if re.search(r"/products/\d+$", link))
    drafts = [*DRAFTS, (f"{product}/edit", "#name", "新名字")]
    for address, field, typed in drafts:
        manager.go(address)
        page.locator(field).first.fill(typed)
        page.wait_for_function(
            "typed => Object.values(localStorage).some(kept => kept.includes(typed))", arg=typed
        )
        page.reload()
        expect(page.locator(field).first).to_have_value(typed)
    context.close()
    context = _start(live_shop, browser, tmp_path, ticket)
    manager = Manager(context.new_page(), live_shop.url)
    for address, field, typed in drafts:
        manager.go(address)
        expect(manager.page.locator(field).first).to_have_value(typed)
        manager.sees("已恢复上次没提交的内容。")
    manager.was_quiet()
    context.close()
