"""`make run` as a person meets it: it starts, survives kill -9 of any part, and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.runner import identity
from dev.runner.process import ROOT
from dev.runner.services import free_port

OPEN = "The shop is open"
RUNNER = [sys.executable, "-m", "dev.runner"]


class Run:
    """A supervisor with a `var` of its own."""

    def __init__(self, var: Path) -> None:
        self.var, self.port = var, free_port()
        self.said = var / "said.txt"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {**os.environ, "DACHUAN_VAR": str(var), "PORT": str(self.port)}
        for name in ("DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY", "APP_ENV"):
            self.environment.pop(name, None)

    def start(self) -> None:
        self.said.unlink(missing_ok=True)
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [*RUNNER, "run"],
                cwd=ROOT,
                env=self.environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self.wait_for(OPEN)

    def wait_for(self, words: str, seconds: float = 120.0) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.said.read_text():
            assert self.process is not None
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.1)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*RUNNER, *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.var / "run.json").read_text())
        return found

    def pid_of(self, name: str) -> int:
        return next(int(service["pid"]) for service in self.record()["services"] if service["name"] == name)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def send(self, what: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(what)
        return self.process.wait(60)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    started = Run(tmp_path)
    yield started
    if started.process is not None and started.process.poll() is None:
        started.send(signal.SIGTERM)
    started.command("reset")


@pytest.mark.journey
@pytest.mark.timeout(600)
def test_a_whole_life(run: Run) -> None:
    run.start()
    assert run.answers()
    assert "stop it with Ctrl-C first" in run.command("reset").stderr
    assert "already running" in run.command("run").stderr
    assert run.command("exec", "--", "flask", "demo", "accounts").returncode == 0

    os.kill(run.pid_of("web"), signal.SIGKILL)
    run.wait_for("Starting the web again")

    first = run.record()
    assert run.send(signal.SIGKILL) == -signal.SIGKILL
    run.start()
    assert run.answers()
    assert "Loading the demo town" not in run.said.read_text()
    assert not [part for part in first["services"] if identity.is_alive(part["pid"], part["born"])]

    second = run.record()
    assert run.send(signal.SIGINT) == 0
    assert not [part for part in second["services"] if identity.is_alive(part["pid"], part["born"])]
    assert not Path(second["sockets"]).exists()
    assert not (run.var / "run.json").exists()


def test_a_port_in_use_is_said(run: Run) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "http.server", str(run.port), "--bind", "127.0.0.1"]
    ) as other:
        deadline = time.monotonic() + 20
        while not _listens(run.port) and time.monotonic() < deadline:
            time.sleep(0.05)
        done = run.command("run")
        other.kill()
    assert done.returncode == 1
    assert f"Port {run.port} is in use" in done.stdout


def _listens(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).close()
    except OSError:
        return False
    return True
