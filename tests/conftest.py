"""Fixtures for every test. Pure tests need none of them; the servers start when the first test asks for a database.

- `app`, `client`, `db_session`: an empty, migrated database, clean at the start of each test (CSRF off; `csrf_on` switches it on)
- `town`, `town_client`: a clone of the demo town for one test; `shared_town` for tests that only read
- `sql_counter`: counts SQL statements; `live_shop`: separate processes (tests/support/live.py)
- `phone_page`, `desktop_page`, `browser_page` (both): Chromium (tests/support/browser.py)
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import scoped_session

from shop.config import Settings
from shop.core.db import db
from tests.support import databases, services, snapshots
from tests.support.apps import TestApp, fill_town, migrate, test_settings
from tests.support.sql import SqlCount, counting

pytest_plugins = ["tests.support.browser", "tests.support.live", "tests.support.together"]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        run = services.begin()
        config.add_cleanup(partial(services.end, run))
    gc.disable()  # what is imported while tests are collected stays


def pytest_collection_finish() -> None:
    """Looking for garbage took 7 to 9 % of a worker's own processor time, most of it among what never becomes any."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of this worker's application on an empty database."""
    databases.ensure_template(databases.EMPTY, migrate)
    return _settings(f"empty_{databases.worker_name()}", tmp_path_factory)


@pytest.fixture(scope="session")
def _empty(settings: Settings) -> Iterator[TestApp]:
    with closing(TestApp(settings)) as test_app:
        yield test_app


@pytest.fixture(scope="session")
def _clean(_empty: TestApp) -> Iterator[databases.CleanDatabase]:
    with closing(databases.CleanDatabase(f"empty_{databases.worker_name()}", _empty.close)) as database:
        yield database


@pytest.fixture
def app(_empty: TestApp, _clean: databases.CleanDatabase) -> Iterator[Flask]:
    """The application on an empty, migrated database."""
    _clean.make_clean()
    with snapshots.on(_clean):
        yield from _empty.for_one_test()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript. Each request has an application context of its own, as in real life."""
    return app.test_client()


@pytest.fixture
def db_session(app: Flask) -> Iterator[scoped_session[Any]]:
    """`db.session` inside an application context; deeds run in `with transaction():` and commit for real."""
    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def csrf_on(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True


@pytest.fixture(scope="session")
def town_template() -> str:
    """Name of the template database that holds the demo town; loaded once a run."""
    databases.ensure_template(databases.EMPTY, migrate)
    databases.ensure_template(databases.TOWN, fill_town, base=databases.EMPTY)
    return databases.TOWN


@pytest.fixture(scope="session")
def _town(town_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestApp]:
    with closing(TestApp(_settings(f"town_{databases.worker_name()}", tmp_path_factory))) as test_app:
        yield test_app


@pytest.fixture
def town(_town: TestApp, town_template: str) -> Iterator[Flask]:
    """The application on a fresh clone of the demo town."""
    _town.close()
    databases.clone(f"town_{databases.worker_name()}", town_template)
    yield from _town.for_one_test()


@pytest.fixture
def lived_town(_town: TestApp, town_template: str) -> Iterator[Flask]:
    """`town` with something on every page: a distribution run, reports, reviews (tests/access/lived.py)."""
    _town.close()
    databases.clone(f"town_{databases.worker_name()}", importlib.import_module("tests.access.lived").ensure())
    yield from _town.for_one_test()


@pytest.fixture
def town_client(town: Flask) -> FlaskClient:
    return town.test_client()


@pytest.fixture(scope="session")
def _shared_town(town_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestApp]:
    name = f"shared_town_{databases.worker_name()}"
    databases.clone(name, town_template)
    with closing(TestApp(_settings(name, tmp_path_factory))) as test_app:
        yield test_app


@pytest.fixture
def shared_town(_shared_town: TestApp) -> Iterator[Flask]:
    """The application on a demo town that all tests of this worker share: read only."""
    yield from _shared_town.for_one_test()


@pytest.fixture
def sql_counter() -> Callable[[Flask], AbstractContextManager[SqlCount]]:
    """`with sql_counter(app) as count: …; assert count.total <= 4`; `count.statements` lists them."""
    return counting


def _settings(database: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    messages: Path = tmp_path_factory.mktemp("sms") / "sms.log"
    return test_settings(services.started().postgres.url(database), databases.worker_number(), messages)
