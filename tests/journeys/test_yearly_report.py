"""The clerk's year: asked for in the browser, made by the worker while he watches, fetched, and the same figure on the wall."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.access.identities import TOWN
from tests.journeys.clerk import Clerk
from tests.journeys.conftest import Enter
from tests.reporting.made import words_of_docx, words_of_xlsx

CLERK = "138 0000 0061"


def test_the_year_is_asked_for_made_and_fetched(
    enter: Enter, flask: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    clerk = enter(Clerk, phone=False)
    page = clerk.page
    clerk.go(f"/town/{TOWN}/reports")
    clerk.sign_in(CLERK)
    clerk.go(f"/town/{TOWN}/reports")
    page.get_by_label("种类").select_option("yearly")
    clerk.fill("报告期", "2020")
    clerk.press("生成报告")
    expect(page.locator("#report").get_by_role("heading", name="下载")).to_be_visible(timeout=120_000)
    files: dict[str, bytes] = {}
    for name, ending in (("Word 文件", "docx"), ("Excel 表", "xlsx"), ("PDF", "pdf")):
        with page.expect_download() as coming:
            page.locator("#report").get_by_role("link", name=name).click()
        files[ending] = Path(coming.value.path()).read_bytes()
    words = words_of_docx(files["docx"])
    for said in ("315户", "416户1221人", "18.6万元", "干香菇", "卡子村", "215户", "878.5万元", "46%"):
        assert said in words
    assert "186000" in words_of_xlsx(files["xlsx"])
    assert files["pdf"].startswith(b"%PDF-")
    clerk.go(f"/town/{TOWN}/screen?year=2020")
    expect(page.get_by_role("heading", level=1)).to_have_text("2020 年卖出 18.6万元，货物来自 391 户")
    assert flask("audit").returncode == 0


def test_the_wall_keeps_its_figures_when_the_network_is_gone(enter: Enter) -> None:
    clerk = enter(Clerk, phone=False)
    page = clerk.page
    clerk.go(f"/town/{TOWN}/screen?year=2020")
    clerk.sign_in(CLERK)
    clerk.go(f"/town/{TOWN}/screen?year=2020")
    stale = page.locator("[data-stale]")
    expect(stale).to_be_hidden()
    page.route("**/screen?year=2020", lambda route: route.fulfill(status=200, body="<p>signed out</p>"))
    page.evaluate(
        "htmx.ajax('GET', location.href, {source: '#board', target: '#board', swap: 'outerHTML', select: '#board'})"
    )
    expect(stale).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("18.6万元")
    page.unroute("**/screen?year=2020")
    page.evaluate(
        "htmx.ajax('GET', location.href, {source: '#board', target: '#board', swap: 'outerHTML', select: '#board'})"
    )
    expect(stale).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
