"""The application under test: one object a worker and database, since building it costs more than most tests."""

from __future__ import annotations

import base64
import functools
import gc
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from jinja2 import FileSystemBytecodeCache

from shop.config import Settings
from shop.core.db import db
from tests.support.databases import broker_url
from tests.support.services import started

BROKER_DATABASES_OF_LIVE_SHOPS = 16  # the first number; workers use those below


def test_settings(database_url: str, broker_index: int, sms_file: Path) -> Settings:
    return Settings(
        app_env="test",
        demo=True,
        database_url=database_url,
        redis_url=broker_url(broker_index),
        secret_key="test-" * 10,
        field_key=base64.urlsafe_b64encode(bytes(range(32))).decode(),
        public_url="http://localhost",
        stripe_secret_key="sk_test_0123456789abcdef",
        stripe_webhook_secret="whsec_0123456789abcdef",
        stripe_api_base="http://127.0.0.1:1",
        sms_gateway="console",
        sms_console_file=str(sms_file),
        db_pool_size=2,
    )


test_settings.__test__ = False  # type: ignore[attr-defined]


class OneContextPerRequest(FlaskClient):
    """Flask would otherwise reuse the test's own application context, and with it `g`, the session and the signed-in user."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        with self.application.app_context():
            return super().open(*args, **kwargs)


class TestApp:
    """Builds on first use."""

    __test__ = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._app: Flask | None = None

    @property
    def app(self) -> Flask:
        if self._app is None:
            # Imported on first use: pure tests do without the whole application.
            self._app = importlib.import_module("shop.app").create_app(self.settings)
            self._app.testing = True
            self._app.test_client_class = OneContextPerRequest
            # A template is compiled once a run, not once for each application of each worker.
            gc.freeze()
            self._app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled_templates()))
        return self._app

    def for_one_test(self) -> Iterator[Flask]:
        """Counters, queues and text messages empty; CSRF off; tasks run in this application, not in the newest."""
        celery = self.app.extensions["celery"]
        celery.set_default()
        celery.set_current()
        self.app.config["WTF_CSRF_ENABLED"] = False
        started().valkey.ask_in(self.settings.redis_url, "FLUSHDB")
        Path(self.settings.sms_console_file).unlink(missing_ok=True)
        yield self.app
        with self.app.app_context():
            db.session.remove()

    def close(self) -> None:
        """Let go of the database: at the end, or before it is replaced under the application."""
        if self._app is not None:
            with self._app.app_context():
                db.session.remove()
                db.engine.dispose()


@functools.cache
def compiled_templates() -> Path:
    folder = started().run_dir.path / "templates"
    folder.mkdir(exist_ok=True)
    return folder


def migrate(database_url: str) -> None:
    """Bring an empty database to the newest migration."""
    build_with(database_url, lambda _app: upgrade())


def fill_town(database_url: str) -> None:
    """Load the demo town as `flask demo load` does."""

    def load(app: Flask) -> None:
        result = app.test_cli_runner().invoke(args=["demo", "load"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")

    build_with(database_url, load)


def build_with(database_url: str, work: Callable[[Flask], object]) -> None:
    """Let an application of its own do this work, inside its context, on a database that will be a template."""
    builder = TestApp(test_settings(database_url, 15, started().run_dir.path / "sms.log"))
    with builder.app.app_context():
        work(builder.app)
        db.session.remove()
    builder.close()
