"""`make run`: start everything in order, watch it, restart what dies, stop everything in the other order."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from dev.runner import prepare, services
from dev.runner.environment import added_variables
from dev.runner.errors import RunnerError
from dev.runner.ground import Ground
from dev.runner.process import Service
from dev.runner.run_dir import RunDir, clear_leftovers
from dev.runner.tail import Tail

STOP_ORDER = ["web", "beat", "worker", "payment stand-in", "broker", "database"]
RESTARTS_ALLOWED = 5  # of one service within RESTARTS_WINDOW seconds
RESTARTS_WINDOW = 120.0


def say(text: str) -> None:
    print(text, flush=True)


@dataclass
class Supervisor:
    """Call `run()`; it returns the exit code after everything has stopped."""

    run_dir: RunDir
    port: int
    ground: Ground = field(init=False)
    children: list[Service] = field(default_factory=list)
    deaths: dict[str, list[float]] = field(default_factory=dict)
    wanted_stop: int = 0
    stopping: bool = False

    def __post_init__(self) -> None:
        self.ground = Ground(self.run_dir)

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._on_signal)
        code = 0
        try:
            self._start()
            self._watch()
        except _StopWanted:
            pass
        except RunnerError as error:
            say(f"\n{error}\n")
            code = 1
        finally:
            self.stopping = True
            self._stop()
        return code

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.wanted_stop += 1
        if self.wanted_stop == 1 and not self.stopping:
            raise _StopWanted

    def _start(self) -> None:
        if not services.port_is_free(self.port):
            raise RunnerError(
                f"Port {self.port} is in use by another program. "
                f"Stop it, or take another port: make run PORT={self.port + 100}"
            )
        started = time.monotonic()
        say("» Starting database and broker")
        self.ground.start()
        self.children = list(self.ground.services)
        stand_in_port = next(p for p in range(self.port + 1, self.port + 50) if services.port_is_free(p))
        environment = self.ground.environment(self.port, stand_in_port)
        say("» Bringing the database up to date")
        prepare.migrate(environment)
        if environment["APP_ENV"] != "production":
            self._load_demo(environment)
        self.run_dir.note(self._records(), environment=added_variables(environment))
        with ThreadPoolExecutor(1) as beside:
            accounts = beside.submit(prepare.demo_accounts, environment)
            self._start_shop(environment, stand_in_port)
            if environment["APP_ENV"] != "production":
                say("\n" + accounts.result())
        say(
            f"\n  The shop is open: http://127.0.0.1:{self.port}   (after {time.monotonic() - started:.1f} s)"
        )
        say(f"  Logs: {_short(self.run_dir.log)}/ · text messages appear here · Ctrl-C stops everything\n")

    def _load_demo(self, environment: dict[str, str]) -> None:
        remembered = self.run_dir.path / "demo.loaded"
        if self.ground.postgres is not None and remembered.exists():
            return
        say("» Loading the demo town, where the database is empty")
        prepare.load_demo(environment)
        remembered.touch()

    def _start_shop(self, environment: dict[str, str], stand_in_port: int) -> None:
        var, log = self.run_dir.path, self.run_dir.log
        address = f"http://127.0.0.1:{self.port}"
        if not os.environ.get("STRIPE_SECRET_KEY") and environment["APP_ENV"] != "production":
            webhook = f"{address}/webhooks/stripe"
            stand_in = services.stand_in(
                environment, stand_in_port, var / "stand-in.sqlite", webhook, log / "stand-in.log"
            )
            self._launch(stand_in, lambda service: services.wait_listening(service, stand_in_port))
        say("» Starting web, worker and beat")
        web = services.web(environment, self.port, log / "web.log")
        self._launch(web)
        self._launch(services.worker(environment, log / "worker.log"))
        self._launch(services.beat(environment, var / "beat-schedule", log / "beat.log"))
        services.wait_answering(web, f"{address}/readyz")
        self.run_dir.note(self._records(), address=address)

    def _launch(self, service: Service, wait: Callable[[Service], None] | None = None) -> None:
        service.start()
        self.children.append(service)
        self.run_dir.note(self._records())
        if wait is not None:
            wait(service)

    def _records(self) -> list[dict[str, str | int]]:
        return [service.record() for service in self.children]

    def _watch(self) -> None:
        messages = Tail(self.run_dir.path / "sms.log")
        while True:
            time.sleep(0.5)
            for line in messages.lines():
                say(f"  SMS  {line}")
            for service in self.children:
                if not service.is_running():
                    self._restart(service)

    def _restart(self, service: Service) -> None:
        now = time.monotonic()
        recent = [at for at in self.deaths.get(service.name, []) if now - at < RESTARTS_WINDOW]
        self.deaths[service.name] = [*recent, now]
        say(f"\n! The {service.name} {service.outcome()}. The end of {_short(service.log)}:")
        say(service.last_words())
        service.clear_group()
        if len(recent) >= RESTARTS_ALLOWED:
            raise RunnerError(f"The {service.name} died {len(recent) + 1} times in two minutes: all stops.")
        time.sleep(0.2 * 2 ** len(recent))
        say(f"» Starting the {service.name} again")
        service.start()
        self.run_dir.note(self._records())
        self.ground.wait_ready(service)

    def _stop(self) -> None:
        everything = {service.name: service for service in [*self.ground.services, *self.children]}
        if everything:
            say("\n» Stopping (a second Ctrl-C hurries)")
        for name in STOP_ORDER:
            if name in everything:
                self._stop_one(everything[name])
        clear_leftovers(self.run_dir.record)
        self.run_dir.release()

    def _stop_one(self, service: Service) -> None:
        """Data servers always get their time: they stop within a moment once their clients are gone."""
        if not service.is_running():
            service.clear_group()
            return
        service.ask_to_stop()
        deadline = time.monotonic() + service.patience
        impatient = service.name not in {"broker", "database"}
        while (
            service.is_running() and time.monotonic() < deadline and not (impatient and self.wanted_stop > 1)
        ):
            time.sleep(0.03)
        service.clear_group()


class _StopWanted(Exception):
    """Ctrl-C, SIGTERM or a closed terminal."""


def _short(path: Path) -> str:
    return os.path.relpath(path)
