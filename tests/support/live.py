"""`live_shop`: the shop as it runs for real: separate web, worker, beat and payment stand-in on a clone of the demo town."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dev.runner import identity
from dev.runner import services as programs
from dev.runner.environment import base_environment
from dev.runner.process import Service
from tests.support import databases
from tests.support.apps import BROKER_DATABASES_OF_LIVE_SHOPS, test_settings
from tests.support.services import started

KILLED = signal.SIGKILL
_numbers = itertools.count()


@dataclass
class LiveShop:
    """Everything a journey needs: the address, the database, and the power to kill."""

    url: str
    port: int
    database_url: str
    redis_url: str
    environment: dict[str, str]
    folder: Path
    parts: dict[str, Service] = field(default_factory=dict)
    begin: Callable[[Service], None] = Service.start  # of every process that is started from now on

    def start(self) -> None:
        stand_in_port = int(self.environment["STRIPE_API_BASE"].rpartition(":")[2])
        webhook = f"{self.url}/webhooks/stripe"
        data = self.folder / "stand-in.sqlite"
        stand_in = programs.stand_in(self.environment, stand_in_port, data, webhook, self._log("stand-in"))
        self._launch("stand-in", stand_in)
        web = programs.web(self.environment, self.port, self._log("web"))
        self._launch("web", web)
        self.start_worker()
        self.start_beat()
        programs.wait_listening(stand_in, stand_in_port)
        programs.wait_answering(web, f"{self.url}/readyz")

    def start_worker(self, env: dict[str, str] | None = None, *, concurrency: int = 1) -> Service:
        """`env` adds variables, for instance the line at which a test wants the worker to die."""
        environment = {**self.environment, **(env or {})}
        name = f"live{next(_numbers)}"
        return self._launch(
            "worker", programs.worker(environment, self._log("worker"), name=name, concurrency=concurrency)
        )

    def start_beat(self) -> Service:
        return self._launch(
            "beat", programs.beat(self.environment, self.folder / "beat-schedule", self._log("beat"))
        )

    def kill_worker(self) -> None:
        """kill -9 of the worker and its pool: nothing gets a chance to tidy up."""
        worker = self.parts["worker"]
        identity.send_group(worker.pid, KILLED)
        worker.clear_group()

    def wait_worker_gone(self, seconds: float = 30.0) -> bool:
        """After a death that the worker prepared itself."""
        worker = self.parts["worker"]
        return identity.wait_gone(worker.pid, worker.born, seconds)

    def restart_worker(self, env: dict[str, str] | None = None) -> Service:
        self.kill_worker()
        return self.start_worker(env)

    def flush_broker(self) -> None:
        """Everything in the broker is lost (only this shop's numbered database of it)."""
        started().valkey.ask_in(self.redis_url, "FLUSHDB")

    def log_of(self, name: str) -> str:
        log = self._log(name)
        return log.read_text(errors="replace") if log.exists() else ""

    def stop(self) -> None:
        """At once: nobody needs its data any more."""
        for part in self.parts.values():
            part.clear_group()

    def _launch(self, name: str, service: Service) -> Service:
        self.begin(service)
        self.parts[name] = service
        started().remember(service)
        return service

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def build_live_shop(template: str, folder: Path) -> LiveShop:
    """A stopped one on a fresh clone of the template."""
    number = databases.worker_number() * 8 + next(_numbers) % 8
    port = programs.free_port()
    url = f"http://127.0.0.1:{port}"
    database_url = databases.clone(f"live_{databases.worker_name()}_{number}", template)
    settings = test_settings(database_url, BROKER_DATABASES_OF_LIVE_SHOPS + number, folder / "sms.log")
    started().valkey.ask_in(settings.redis_url, "FLUSHDB")
    values = settings.model_dump() | {
        "public_url": url,
        "stripe_api_base": f"http://127.0.0.1:{programs.free_port()}",
    }
    environment = base_environment(started().marker)
    environment |= {name.upper(): str(value) for name, value in values.items()}
    return LiveShop(url, port, database_url, settings.redis_url, environment, folder)


@pytest.fixture(scope="module")
def live_shop(town_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """One shop for the tests of a module; their order is the order of the file."""
    shop = build_live_shop(town_template, tmp_path_factory.mktemp("live"))
    try:
        shop.start()
        yield shop
    finally:
        shop.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Such tests are journeys and may take their time; tests/support/together.py keeps a module in one worker."""
    for item in items:
        if "live_shop" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.timeout(600))
