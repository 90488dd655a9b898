"""A person at a browser, in the words of the page: press, fill, read. Waits are the browser's own; nothing sleeps."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from playwright.sync_api import Error, Locator, Page, expect

PASSWORD = "dachuan-demo-2020"
_YUAN = re.compile(r"-?[0-9,]+\.[0-9]{2}")


def fen(text: str) -> int:
    """The one amount of a text like ¥1,234.50 or 1,234.50, in fen."""
    amounts = _YUAN.findall(text)
    assert len(amounts) == 1, text
    return int(amounts[0].replace(",", "").replace(".", ""))


@dataclass
class Visitor:
    """`noise` collects what the browser complains about; a journey ends by looking that it is empty."""

    page: Page
    url: str
    noise: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: said.type == "error" and self._complain(said.text))
        self.page.on("pageerror", lambda error: self._complain(str(error)))

    def _complain(self, text: str) -> None:
        if self.page.url.startswith(self.url):  # the provider's page is not ours
            self.noise.append(f"{self.page.url}: {text}")

    def go(self, path: str) -> None:
        answer = self.page.goto(self.url + path)
        assert answer is not None, path
        assert answer.status < 400, f"{path}: {answer.status}"

    def press(self, name: str, within: Locator | None = None) -> None:
        """The button of that name."""
        (within or self.page).get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str | re.Pattern[str], within: Locator | None = None) -> None:
        """The first link of that name."""
        (within or self.page).get_by_role("link", name=name).first.click()

    def fill(self, label: str, value: str) -> None:
        self.page.get_by_label(label).first.fill(value)

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_label(label).first.select_option(label=option)

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def heading(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("heading", name=text).first).to_be_visible()

    def sign_in(self, phone: str, password: str = PASSWORD) -> None:
        """On the sign-in page."""
        self.fill("手机号", phone)
        self.fill("密码", password)
        self.press("登录", self.page.locator("main"))

    def turn_page(self) -> bool:
        """To the list's next page; False on its last."""
        following = self.page.locator("a[rel=next]")
        if not following.count():
            return False
        with self.page.expect_navigation():
            following.click()
        return True

    def reload_until(self, text: str, seconds: int = 40) -> None:
        """What work in the background brings about; somebody without JavaScript reloads too."""
        shown = self.page.get_by_text(text).first

        def there() -> None:
            with suppress(Error):  # overtaken by a navigation of the page's own: it is looked at all the same
                self.page.reload()
            expect(shown).to_be_visible(timeout=500)

        _again(there, seconds)

    def was_quiet(self) -> None:
        assert self.noise == [], "\n".join(self.noise)


def _again(attempt: Callable[[], None], seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
