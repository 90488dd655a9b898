"""Every page in a browser, at 360 and 1366 px: accessible, nothing runs over the edge, no error on the console, light enough.

SCREENS=1 also keeps a picture of each in var/screens/.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

from dev.runner.process import ROOT
from tests.pages.conftest import Site
from tests.pages.listing import Visit, visits

SCREENS_WANTED = bool(os.environ.get("SCREENS"))
SCREENS = ROOT / "var" / "screens"
WIDTHS = {360: 740, 1366: 768}
AXE = Axe().axe_script
HOW = {"resultTypes": ["violations"], "preload": False}  # no rule of ours reads style sheets
RULES = HOW | {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# what may differ at another width of the same page; a role's first page, with the bars around all of them, gets every rule again
LAID_OUT = HOW | {
    "runOnly": {
        "type": "rule",
        "values": [
            "color-contrast", "target-size", "scrollable-region-focusable", "region", "landmark-unique",
            "landmark-one-main", "page-has-heading-one", "heading-order", "skip-link",
        ],
    }
}  # fmt: skip
# of a long list the rows after the sixth are like those before
SEEN = {
    "exclude": [
        [f"{row}:nth-child(n+7)"]
        for row in ("tbody > tr", ".rows > li", ".card-list > li", ".product-grid > li")
    ]
}
KB = 1024
# the first view with an empty cache, everything compressed (experience.md: budget)
FIRST_VIEW = {"storefront": 175 * KB, "office": 120 * KB, "township": 350 * KB}
PAPER = ("_paper", "pick_list")  # laid out for A4, not for a phone


@dataclass
class Eye:
    """One visitor's browser tab, and what it saw of the page it is on."""

    page: Page
    pages: int = 0
    problems: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)

    def open(self, url: str) -> Response | None:
        self.problems.clear()
        self.files.clear()
        self.pages += 1
        self.page.set_viewport_size({"width": 360, "height": WIDTHS[360]})
        return self.page.goto(url)

    def _said(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            self.problems.append(f"console: {said.text}")

    def _asked(self, request: Request) -> None:
        if request.resource_type != "document":
            self.files.add(request.url)

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            self.problems.append(f"{response.status} for {response.url}")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("door", ["storefront", "office", "township"])
def test_every_page_in_the_browser(site: Site, enter: Callable[..., BrowserContext], door: str) -> None:
    with site.app.app_context():
        looked_at = [visit for visit in visits(site.app) if visit.door == door]
    eyes: dict[Any, Eye] = {}
    wrong = []
    for visit in looked_at:
        if visit.pictured_only and not SCREENS_WANTED:
            continue
        who = (visit.role, *visit.cookies.items())
        if who not in eyes:
            eyes[who] = Eye(enter(visit.role, visit.cookies).new_page())
        wrong += [f"{visit.name} {visit.address}: {problem}" for problem in _look_at(site, eyes[who], visit)]
    assert not wrong, f"{len(wrong)} problems\n" + "\n".join(wrong)


def _look_at(site: Site, eye: Eye, visit: Visit) -> list[str]:
    answer = eye.open(site.url + visit.address)
    if answer is None or answer.status != visit.status:
        return [f"answered {answer and answer.status}"]
    if visit.status != 200:
        eye.problems.clear()  # the browser itself notes the status of the page
    weight = len(gzip.compress(answer.body())) + sum(_size(site, url) for url in eye.files)
    if weight > FIRST_VIEW[visit.door]:
        heaviest = sorted((_size(site, url), url) for url in eye.files)[-4:]
        eye.problems.append(f"first view of {weight / KB:.0f} KB: {heaviest}")
    eye.page.evaluate(AXE)
    for width, height in WIDTHS.items():
        rules = RULES if width == 360 or eye.pages == 1 else LAID_OUT
        eye.page.set_viewport_size({"width": width, "height": height})
        eye.problems += [f"{width} px: {problem}" for problem in _judge(eye.page, visit, rules)]
        if SCREENS_WANTED:
            _keep(eye.page, visit, width)
    return list(dict.fromkeys(eye.problems))


def _judge(page: Page, visit: Visit, rules: dict[str, Any]) -> list[str]:
    found = []
    if not any(part in visit.name for part in PAPER):
        over = page.evaluate(OVER_THE_EDGE)
        if over:
            found.append(f"runs over the edge: {over}")
    for violation in page.evaluate("([where, options]) => axe.run(where, options)", [SEEN, rules])[
        "violations"
    ]:
        nodes = [node["html"][:120] for node in violation["nodes"][:2]]
        found.append(f"axe {violation['id']} ×{len(violation['nodes'])} ({violation['help']}): {nodes}")
    return found


# the widest elements, when the page can be scrolled sideways
OVER_THE_EDGE = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return '';
  return [...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().right > wide + 1)
    .slice(0, 3).map(one => one.outerHTML.slice(0, 100)).join(' | ') || 'the body';
}"""
_sizes: dict[str, int] = {}


def _size(site: Site, url: str) -> int:
    """Bytes of a file as sent to a browser that takes gzip."""
    path = urlsplit(url).path
    if path not in _sizes:
        client: FlaskClient = site.app.test_client()
        with client.get(path, headers={"Accept-Encoding": "gzip"}) as answer:
            _sizes[path] = len(answer.data)
    return _sizes[path]


def _keep(page: Page, visit: Visit, width: int) -> None:
    """The whole page on one screen, so that bars at the edge stand where they belong."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    tall = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(WIDTHS[width], min(tall, 6_000))})
    page.screenshot(path=Path(SCREENS) / f"{visit.name}-{width}.png", full_page=True)
