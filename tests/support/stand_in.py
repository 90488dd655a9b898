"""`start_stand_in(folder)`: the payment stand-in as a process of its own, knowing nothing of the shop."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stripe

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk_test_stand_in"
SECRET = "whsec_stand_in"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class StandInProcess:
    """`flags` are the command line's, e.g. ("--duplicates", "2"). A restart keeps port and data."""

    data: Path
    webhook_url: str = ""
    flags: tuple[str, ...] = ()
    key: str = KEY
    secret: str = SECRET
    port: int = 0
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it listens."""
        command = [
            *(
                sys.executable,
                "-m",
                "dev.stripe_stand_in",
                "--port",
                str(self.port),
                "--data",
                str(self.data),
            ),
            *("--webhook-url", self.webhook_url, "--secret", self.secret, "--key", self.key, *self.flags),
        ]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "127.0.0.1" in line, f"the stand-in did not start: {line!r}"
        self.port = int(line.split("127.0.0.1:")[1].split()[0])

    def empty(self) -> None:
        """Forget every object, saved answer and delivery, as a new account would; only while nobody asks it anything."""
        with closing(sqlite3.connect(self.data, timeout=5)) as connection, connection:
            for table in ("object", "answer", "delivery"):
                connection.execute(f"DELETE FROM {table}")

    def stop(self, *, kill: bool = False) -> int:
        """Exit status; `kill` is a kill -9."""
        if self.process is None:
            return 0
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        status = self.process.wait(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return status

    def client(self, key: str = "", **options: Any) -> stripe.StripeClient:
        options.setdefault("max_network_retries", 0)
        return stripe.StripeClient(key or self.key, base_addresses={"api": self.url}, **options)

    def control(self, action: str, /, **body: Any) -> dict[str, Any]:
        """POST /_stand_in/<action>."""
        address, headers = f"{self.url}/_stand_in/{action}", {"Content-Type": "application/json"}
        ask = urllib.request.Request(address, json.dumps(body).encode(), headers)  # noqa: S310 – http, to ourselves
        with _DIRECT.open(ask, timeout=20) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def read(self, path: str) -> dict[str, Any]:
        """GET /_stand_in/<path>."""
        with _DIRECT.open(f"{self.url}/_stand_in/{path}", timeout=20) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def pay(self, session_id: str, **body: Any) -> dict[str, Any]:
        """As a buyer would on the pay page; without arguments with a card that succeeds."""
        return self.control(f"sessions/{session_id}/pay", **body)


@contextmanager
def start_stand_in(
    folder: Path,
    webhook_url: str = "",
    *flags: str,
    key: str = KEY,
    secret: str = SECRET,
    port: int = 0,
) -> Iterator[StandInProcess]:
    """Running inside the block; port 0 takes a free one."""
    stand_in = StandInProcess(folder / "stand-in.sqlite", webhook_url, flags, key, secret, port)
    stand_in.start()
    try:
        yield stand_in
    finally:
        stand_in.stop()


def wait_for(condition: Callable[[], Any], seconds: int = 5) -> Any:
    """The condition's first truthy value. Raises AssertionError when none comes in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, "nothing came in time"
        time.sleep(0.02)
