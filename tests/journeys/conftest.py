"""Visitors of the live shop, each in a browser of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Page, StorageState

from dev.runner.process import ROOT
from tests.journeys.manager import Manager
from tests.journeys.visitor import Visitor
from tests.support.browser import DESKTOP, PHONE
from tests.support.live import LiveShop

Someone = TypeVar("Someone", bound=Visitor)
Enter = Callable[..., Any]
MANAGER = "138 0000 0011"


@pytest.fixture
def enter(live_shop: LiveShop, open_page: Callable[..., Page]) -> Iterator[Enter]:
    """`enter(Buyer, phone=True)`; at the end no browser may have complained."""
    came: list[Visitor] = []

    def one(kind: type[Someone], *, phone: bool, scripts: bool = True) -> Someone:
        visitor = kind(open_page(PHONE if phone else DESKTOP, java_script_enabled=scripts), live_shop.url)
        came.append(visitor)
        return visitor

    yield one
    for visitor in came:
        visitor.was_quiet()


@pytest.fixture(scope="module")
def ticket(live_shop: LiveShop, browser: Browser) -> StorageState:
    """One sign-in of a manager for all tests of a module: many in a minute are refused."""
    context = browser.new_context(**PHONE)
    manager = Manager(context.new_page(), live_shop.url)
    manager.go("/coop/")
    manager.sign_in(MANAGER)
    manager.heading("今日")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def flask(live_shop: LiveShop) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`flask("audit")`: a command of the operator's, with the live shop's environment."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flask", *words]
        return subprocess.run(
            command, env=live_shop.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )

    return run


def told(done: subprocess.CompletedProcess[str]) -> Any:
    """The JSON that a command printed."""
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
