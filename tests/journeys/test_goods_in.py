"""Goods in, on a phone of 360 px: a price on the list, a delivery priced by it, its picture, a signature with the finger or
on paper, the slip by message, and the audit."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from io import BytesIO

from PIL import Image
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Enter, told
from tests.journeys.manager import Manager

Flask = Callable[..., "subprocess.CompletedProcess[str]"]
MANAGER = "138 0000 0011"


def _fits(page: Page) -> None:
    """Nothing reaches over the edge of the phone."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _photo() -> bytes:
    buffer = BytesIO()
    Image.effect_noise((2400, 1800), 90).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _sign(page: Page) -> None:
    """A name in the frame, with finger or mouse."""
    frame = page.locator("canvas.signature").bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + 30, frame["y"] + 40)
    page.mouse.down()
    for x, y in ((120, 120), (160, 50), (220, 140)):
        page.mouse.move(frame["x"] + x, frame["y"] + y, steps=4)
    page.mouse.up()


def test_a_delivery_from_the_list_to_the_signature(enter: Enter, flask: Flask) -> None:
    manager = enter(Manager, phone=True)
    page = manager.page
    manager.go("/coop/")
    manager.sign_in(MANAGER)
    manager.heading("今日")
    manager.go("/coop/dachuan/intake")
    manager.follow("收购价目")
    manager.heading("收购价目")
    manager.choose("产品", "干香菇")
    page.get_by_role("radio", name="买断", exact=True).check()
    page.locator("#price").fill("66")
    page.locator("#notice").fill("理事会公告")
    manager.press("登记新价")
    manager.sees("¥66.00/公斤")
    _fits(page)

    manager.follow("收货登记")
    manager.follow("登记收货")
    page.get_by_role("button", name="干香菇", exact=True).click()
    page.get_by_role("radio", name=re.compile("^买断")).check()
    page.locator("#q").fill("1")
    manager.press("查找")
    expect(page.locator("#price")).to_have_value("66.00")
    manager.sees("价目 ¥66.00/公斤")
    page.get_by_role("group", name="是哪一户").get_by_role("radio").first.check()
    page.locator("#quantity").fill("30")
    page.get_by_role("button", name="保存", exact=True).click()
    manager.heading(re.compile("交货单"))
    manager.sees("¥990.00")
    manager.sees(re.compile("按价目"))
    _fits(page)

    page.locator("summary", has_text="加照片").click()
    page.locator("#intake_delivery").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": _photo()}
    )
    page.wait_for_function(
        f"document.querySelector('#intake_delivery').files[0].size < {len(_photo()) // 2}"
    )  # made small
    manager.press("存照片")
    expect(page.locator(".goods-picture")).to_have_count(1)

    page.locator("summary", has_text="在这台手机上签名").click()
    page.locator("canvas.signature").scroll_into_view_if_needed()
    _sign(page)
    manager.press("签好了")
    manager.sees("已确认")
    expect(page.locator(".goods-picture")).to_have_count(2)
    _fits(page)
    assert told(flask("audit", "--json"))["clean"]


def test_without_scripts_the_same_is_done_with_a_signed_paper(enter: Enter) -> None:
    manager = enter(Manager, phone=True, scripts=False)
    page = manager.page
    manager.go("/coop/")
    manager.sign_in(MANAGER)
    manager.record_intake("干香菇", "1", "20", "斤", "60")
    manager.sees(re.compile("与价目|货款"))
    expect(page.locator("canvas.signature")).to_be_hidden()
    page.locator("summary", has_text="打印单子签字").click()
    page.locator("#slip").set_input_files({"name": "b.jpg", "mimeType": "image/jpeg", "buffer": _photo()})
    manager.press("存签字单")
    manager.sees("已确认")


def test_the_slip_goes_by_message_and_what_waits_is_listed(enter: Enter) -> None:
    manager = enter(Manager, phone=True)
    manager.go("/coop/")
    manager.sign_in(MANAGER)
    manager.record_intake("干香菇", "1", "10", "斤", "67")
    manager.press("发短信单")
    manager.sees("短信单已发过")
    manager.follow("收货登记")
    manager.follow(re.compile("待农户确认"))
    manager.sees(re.compile("还没确认，作价合计"))
    _fits(manager.page)
    manager.go("/coop/")
    assert int(re.sub(r"\D", "", manager.tile("待农户确认"))) > 0
