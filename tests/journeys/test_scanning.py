"""Codes read by the camera of a phone of 360 px: Chromium plays a film of a code that lies on a table, badly lit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, StorageState, expect

from dev import browser as chromium
from tests.journeys.manager import Manager
from tests.support import codes
from tests.support.browser import PHONE
from tests.support.live import LiveShop

SEEN = 40_000  # ms until a code must have been read: the film has several scenes, and the machine other work
Film = Callable[..., Manager]


@pytest.fixture
def filming(live_shop: LiveShop, browser: Browser, ticket: StorageState, tmp_path: Path) -> Iterator[Film]:
    """`filming(scene, …)`: a signed-in manager whose phone sees these; without a scene it has no camera."""
    opened: list[Browser] = []
    came: list[Manager] = []

    def one(*scenes: Image.Image, refused: bool = False) -> Manager:
        flags = [*chromium.FLAGS]
        if scenes:
            path = codes.film(tmp_path / f"film-{len(opened)}.mjpeg", scenes)
            flags += ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={path}"]
        started = browser.browser_type.launch(executable_path=str(chromium.find()), args=flags)
        opened.append(started)
        context = started.new_context(
            locale="zh-CN", timezone_id="Asia/Shanghai", storage_state=ticket, **PHONE
        )
        context.set_default_timeout(20_000)
        if not refused:
            context.grant_permissions(["camera"], origin=live_shop.url)
        manager = Manager(context.new_page(), live_shop.url)
        came.append(manager)
        return manager

    yield one
    for manager in came:
        manager.was_quiet()
    for started in opened:
        started.close()


def _taken(element: Locator) -> Image.Image:
    """What our own page draws, as a picture."""
    return Image.open(BytesIO(element.screenshot())).convert("L")


def _line(page: Page) -> Locator:
    return page.locator("[data-scan-part=line]")


def _printed_slip(manager: Manager) -> tuple[str, str, Image.Image]:
    """A household's slip as it is printed: the household's name, the address, and the code on it."""
    page = manager.page
    manager.go("/coop/dachuan/members")
    links = page.locator("a[href*='/members/']").evaluate_all("all => all.map(one => one.pathname)")
    household = next(link for link in links if re.search(r"/members/\d+$", link))
    manager.go(f"{household}/statement")
    manager.press("打印查询单（旧的作废）")
    manager.heading("农户查询单")
    name = page.locator(".paper-meta span").first.inner_text().split(" ")[0]
    address = page.locator(".paper-note").filter(has_text="/m/").inner_text().strip()
    return name, address, _taken(page.locator("svg.segno"))


def _label(manager: Manager, cooperative: str) -> tuple[str, Image.Image]:
    """The label of a closed lot as it is printed: the lot's page and the code."""
    manager.go(f"/coop/{cooperative}/lots?which=closed")
    lot = manager.page.locator(".rows a").first.get_attribute("href")
    assert lot
    manager.go(f"{lot}/labels?paper=roll&count=1")
    return lot, _taken(manager.page.locator("svg.qr").first)


def _cards(page: Page) -> Locator:
    return page.locator("ul.card-list > li").filter(has=page.locator("[data-scan]"))


def test_a_slip_picks_its_household_and_the_reader_comes_when_it_is_wanted(filming: Film) -> None:
    name, _address, code = _printed_slip(filming())
    manager = filming(codes.photograph(code))
    page = manager.page
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    manager.go("/coop/dachuan/intake/new")
    page.locator("#quantity").fill("12.5")
    assert not [url for url in fetched if "scanner" in url or "decoder" in url]
    manager.press("扫农户查询单")
    found = page.get_by_role("group", name="是哪一户")
    expect(found.get_by_role("radio")).to_have_count(1, timeout=SEEN)
    expect(found.get_by_role("radio")).to_be_checked()
    expect(found).to_contain_text(name)
    assert "/m/" not in page.locator("#q").input_value()
    assert "/m/" not in page.evaluate("JSON.stringify(localStorage)")
    expect(page.locator("#quantity")).to_have_value("12.5")
    assert [url for url in fetched if "decoder" in url]


def test_parcel_after_parcel(filming: Film) -> None:
    """A bar code of each kind, turned and in half shadow; the company goes along; nothing is lost when the page is left."""
    first, second = "7312345678901", "7398765432109"
    manager = filming(
        codes.photograph(codes.code_128(first)), codes.photograph(codes.code_39(second, 2), turn=-8, blur=0.8)
    )
    page = manager.page
    manager.go("/coop/dachuan/shipping")
    cards = _cards(page)
    assert cards.count() > 1
    cards.nth(0).get_by_label("快递公司").select_option(label="韵达速递")
    cards.nth(0).get_by_role("button", name="扫面单条码").click()
    number = page.get_by_label("快递单号")
    expect(number.nth(1)).not_to_have_value("", timeout=SEEN)
    assert {number.nth(0).input_value(), number.nth(1).input_value()} == {first, second}
    expect(_line(page)).to_contain_text("接着扫")
    manager.press("关掉，手工填")
    expect(page.locator("#scan-panel")).to_be_hidden()
    kept = [number.nth(place).input_value() for place in (0, 1)]
    expect(cards.nth(1).get_by_label("快递公司")).to_have_value("yunda")
    page.wait_for_timeout(400)  # a draft is written when the typing has paused
    page.reload()
    assert [number.nth(place).input_value() for place in (0, 1)] == kept
    manager.press("确认发货", cards.nth(0))
    manager.sees(f"已发货：韵达速递 {kept[0]}")
    expect(number.nth(0)).to_have_value(kept[1])


def test_the_label_of_an_order_leads_to_its_card(filming: Film) -> None:
    manager = filming()
    page = manager.page
    manager.go("/coop/dachuan/shipping")
    order = _cards(page).nth(1).locator("h2").inner_text().strip()
    manager.go("/coop/dachuan/shipping/address-labels")
    printed = order.replace("-", "\u2011")  # no line breaks at it
    label = _taken(page.locator("li").filter(has_text=printed).locator("svg.qr").first)
    seen = codes.photograph(label, turn=5)
    waybill = codes.photograph(codes.code_128("SF1234567890123"))
    manager = filming(seen, seen, seen, waybill)
    page = manager.page
    manager.go("/coop/dachuan/shipping")
    _cards(page).first.get_by_role("button", name="扫面单条码").click()
    expect(page.locator("#scan-title")).to_have_text(f"现在扫： {order}", timeout=SEEN)
    expect(_line(page)).to_contain_text("请扫它的面单")
    expect(_cards(page).nth(1).get_by_label("快递单号")).to_have_value("SF1234567890123", timeout=SEEN)
    expect(_cards(page).first.get_by_label("快递单号")).to_have_value("")


def test_a_label_opens_its_lot_and_anothers_is_said_to_be(filming: Film) -> None:
    manager = filming()
    lot, code = _label(manager, "dachuan")
    manager = filming(codes.photograph(code, turn=40))
    manager.go("/coop/dachuan/lots")
    manager.press("扫批次标签")
    manager.page.wait_for_url(f"**{lot}")


def test_a_foreign_code_is_said_plainly_and_the_next_is_read(filming: Film) -> None:
    manager = filming()
    lot, label = _label(manager, "dachuan")
    manager = filming(codes.photograph(label))
    page = manager.page
    manager.go("/coop/dachuan/intake/new")
    manager.press("扫农户查询单")
    expect(_line(page)).to_have_text("这是批次标签，不是农户查询单。", timeout=SEEN)
    expect(page.locator("#scan-panel")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Escape")
    expect(page.locator("#scan-panel")).to_be_hidden()
    expect(page.locator("#q")).to_have_value("")
    manager.go("/coop/dachuan/lots")
    manager.press("扫批次标签")
    page.wait_for_url(f"**{lot}")


def test_without_a_camera_a_photograph_is_read(filming: Film) -> None:
    manager = filming()
    page = manager.page
    manager.go("/coop/dachuan/shipping")
    card = _cards(page).first
    card.get_by_role("button", name="扫面单条码").click()
    expect(_line(page)).to_contain_text("没有能用的摄像头")
    photo = page.locator("[data-scan-part=photo]")
    empty = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": codes.jpeg(Image.new("L", codes.VIEW, 90))}
    photo.set_input_files([empty])
    expect(_line(page)).to_contain_text("没有读到码", timeout=SEEN)
    scene = codes.jpeg(codes.photograph(codes.code_128("YT9876543210987"), turn=-10))
    photo.set_input_files([{"name": "b.jpg", "mimeType": "image/jpeg", "buffer": scene}])
    expect(card.get_by_label("快递单号")).to_have_value("YT9876543210987", timeout=SEEN)


def test_a_camera_that_is_not_allowed(filming: Film) -> None:
    manager = filming(codes.photograph(codes.code_128("SF1234567890123")), refused=True)
    manager.go("/coop/dachuan/shipping")
    _cards(manager.page).first.get_by_role("button", name="扫面单条码").click()
    expect(_line(manager.page)).to_contain_text("没有允许用摄像头")
    manager.press("关掉，手工填")
    expect(_cards(manager.page).first.get_by_role("button", name="扫面单条码")).to_be_focused()


def test_a_hand_scanner_types_and_presses_enter(filming: Film) -> None:
    manager = filming()
    page = manager.page
    name, address, _code = _printed_slip(manager)
    manager.go("/coop/dachuan/intake/new")
    page.locator("#q").press_sequentially(address)
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="是哪一户")).to_contain_text(name)
    manager.go("/coop/dachuan/shipping")
    card = _cards(page).first
    card.get_by_label("快递单号").press_sequentially("JT1234567890123")
    page.keyboard.press("Enter")
    manager.sees("已发货：极兔速递 JT1234567890123")


def test_the_reader_that_does_not_come_leaves_the_field(filming: Film) -> None:
    manager = filming()
    page = manager.page
    manager.go("/coop/dachuan/intake/new")
    page.context.set_offline(True)
    manager.press("扫农户查询单")
    manager.sees(re.compile("扫码的程序没有下载下来"))
    expect(page.locator("#q")).to_be_focused()
    page.context.set_offline(False)
    manager.noise.clear()  # the browser itself notes the file that did not come
    manager.press("扫农户查询单")
    expect(page.locator("#scan-panel")).to_be_visible()


def test_without_scripts_there_is_no_button(
    live_shop: LiveShop, open_page: Callable[..., Page], ticket: StorageState
) -> None:
    manager = Manager(open_page(PHONE, java_script_enabled=False, storage_state=ticket), live_shop.url)
    manager.go("/coop/dachuan/shipping")
    expect(manager.page.locator("[data-scan]").first).to_be_hidden()
    expect(manager.page.locator("#scan-panel")).to_be_hidden()
    expect(manager.page.get_by_label("快递单号").first).to_be_visible()
