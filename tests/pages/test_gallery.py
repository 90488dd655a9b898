"""A product's pictures in a browser: swiped through without a script, and sent by a manager with the phone."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.pages.conftest import Site
from tests.pages.listing import COOP

Enter = Callable[..., BrowserContext]
STRIP = "document.querySelector('.gallery-strip')"


def _photo(colour: str) -> bytes:
    body = BytesIO()
    Image.radial_gradient("L").resize((1200, 900)).convert("RGB").save(body, "JPEG")
    image = Image.open(body)
    image.paste(colour, (300, 250, 900, 650))
    image.save(body := BytesIO(), "JPEG")
    return body.getvalue()


def _wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def _scrolled(page: Page, wanted: int) -> None:
    """The strip comes to rest there; asked again and again, since the content policy forbids waiting inside the page."""
    for _ in range(50):
        if abs(page.evaluate(f"{STRIP}.scrollLeft") - wanted) < 2:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the strip is at {page.evaluate(f'{STRIP}.scrollLeft')}, not at {wanted}")


def _picture(page: Page, name: str) -> None:
    if folder := os.environ.get("LOOK"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("width", [360, 1366])
def test_pictures_are_swiped_and_reached_by_keyboard(site: Site, enter: Enter, width: int) -> None:
    page = enter("guest", width=width).new_page()
    page.goto(f"{site.url}/p/1")
    assert not _wide(page)
    expect(page.locator(".gallery-strip > li")).to_have_count(
        5
    )  # four drawings, and the photograph of lived.py
    step = page.evaluate(f"{STRIP}.clientWidth")
    page.locator(".gallery-strip").focus()
    page.keyboard.press("ArrowRight")
    _scrolled(page, step)
    page.locator(".gallery-steps a").nth(3).click()
    _scrolled(page, 3 * step)
    top = page.locator(".gallery-strip").bounding_box()
    assert top is not None
    assert top["y"] > -step / 2
    box = page.locator(".gallery-steps a").first.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    _picture(page, f"product-{width}")


@pytest.mark.parametrize("width", [360, 1366])
def test_a_manager_sends_photographs_and_puts_one_first(site: Site, enter: Enter, width: int) -> None:
    page = enter("manager", width=width).new_page()
    page.goto(f"{site.url}/coop/{COOP}/products/2")
    _picture(page, f"office-product-{width}")
    page.get_by_role("link", name="图片", exact=True).click()
    before = page.locator(".hung").count()
    page.locator("#photos").set_input_files(
        [
            {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": _photo(colour)}
            for colour in (f"#{width}0"[:4], f"#0{width}"[:4])
        ]
        + [{"name": "x.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}]
    )
    page.get_by_role("button", name="加这些照片").click()
    expect(page.get_by_text("x.svg")).to_be_visible()
    expect(page.locator(".hung")).to_have_count(before + 2)
    assert not _wide(page)
    _picture(page, f"office-pictures-{width}")
    for step in range(before):
        with page.expect_navigation():
            page.locator(".card-list > li").nth(before - step).get_by_role("button", name="上移").click()
    page.get_by_role("link", name="预览").click()
    expect(page.get_by_text("这里不能下单")).to_be_visible()
    assert "/pictures/" in str(page.locator(".gallery-strip img").first.get_attribute("src"))
    assert not _wide(page)
    _picture(page, f"preview-{width}")
