"""Chromium for the tests: a phone of 360 × 740 and a desktop of 1366 × 768; a failed test leaves its picture in var/."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from dev import browser as chromium
from dev.runner.process import ROOT

PICTURES = ROOT / "var" / "test-failures"
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESKTOP = {"viewport": {"width": 1366, "height": 768}}
FIXTURES = {"browser", "open_page", "phone_page", "desktop_page", "browser_page"}
_outcome = pytest.StashKey[bool]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanting = [item for item in items if FIXTURES & set(getattr(item, "fixturenames", ()))]
    for item in wanting:
        item.add_marker(pytest.mark.browser)
    if not wanting or chromium.find() is not None:
        return
    if os.environ.get("CI", "").lower() == "true":
        raise pytest.UsageError(f"CI=true and there is no Chromium: {chromium.ADVICE}")
    items[:] = [item for item in items if item not in set(wanting)]
    config.hook.pytest_deselected(items=wanting)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if chromium.find() is None:
        terminalreporter.write_line(f"Browser tests were left out: no Chromium. {chromium.ADVICE}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":  # type: ignore[attr-defined]
        item.stash[_outcome] = report.failed  # type: ignore[attr-defined]
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = chromium.find()
    assert found is not None, chromium.ADVICE
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(found), args=chromium.FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """`open_page(PHONE)`, `open_page(DESKTOP, java_script_enabled=False)`: as many visitors as a journey needs."""
    contexts: list[BrowserContext] = []

    def open_one(device: dict[str, Any] = DESKTOP, **more: Any) -> Page:
        context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **{**device, **more})
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield open_one
    failed = request.node.stash.get(_outcome, False)
    for number, context in enumerate(contexts):
        for page in context.pages if failed else []:
            page.screenshot(path=_picture(request.node.nodeid, number), full_page=True)
        context.close()


@pytest.fixture
def phone_page(open_page: Callable[..., Page]) -> Page:
    return open_page(PHONE)


@pytest.fixture
def desktop_page(open_page: Callable[..., Page]) -> Page:
    return open_page(DESKTOP)


@pytest.fixture(params=["phone", "desktop"])
def browser_page(request: pytest.FixtureRequest, open_page: Callable[..., Page]) -> Page:
    """The test runs twice, once on each."""
    return open_page(PHONE if request.param == "phone" else DESKTOP)


def _picture(nodeid: str, number: int) -> Path:
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES / f"{re.sub(r'[^A-Za-z0-9]+', '-', nodeid)}-{number}.png"
