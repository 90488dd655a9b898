"""Celery's workers and beats, forked from one process that has imported everything: a start without three seconds of imports.

`python -m tests.faults.forge` is that process. It takes one JSON line for each process wanted, forks it, and tells every birth
and every death in a line. What is forked is a process like any other: a session, a log and arguments of its own.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from dev.runner import identity
from dev.runner.process import ROOT, Service

APPLICATION = "celery_worker:celery"


@dataclass
class Fork:
    """As much of a Popen as Service asks for; its parent is the forge."""

    forge: Forge
    pid: int

    def poll(self) -> int | None:
        if self.pid not in self.forge.dead:
            self.forge.listen(0)
        return self.forge.dead.get(self.pid)

    def wait(self, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("a forked process", timeout)
            self.forge.listen(0.05)
        return code


@dataclass
class Forge:
    """Started with the first process wanted; `environment` is that of the live shop, before any fault."""

    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    born: list[int] = field(default_factory=list)
    dead: dict[int, int] = field(default_factory=dict)
    _heard: bytes = b""

    def start(self, service: Service) -> None:
        """Instead of `service.start()`, for a worker or a beat; FAULT in its environment is the line at which it kills itself."""
        assert {**service.environment, "FAULT": ""} == {**self.environment, "FAULT": ""}
        order = {
            "arguments": service.command[service.command.index(APPLICATION) + 1 :],
            "log": str(service.log),
            "fault": service.environment.get("FAULT", ""),
        }
        forge = self._started()
        known = len(self.born)
        assert forge.stdin is not None
        forge.stdin.write(json.dumps(order).encode() + b"\n")
        forge.stdin.flush()
        deadline = time.monotonic() + 60
        while len(self.born) == known:
            assert forge.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, "the forge does not answer"
            self.listen(0.1)
        service.process = Fork(self, self.born[-1])  # type: ignore[assignment]
        service.born = identity.birth(service.pid) or ""

    def listen(self, seconds: float) -> None:
        """Hear of births and deaths, waiting so long for the first."""
        assert self.process is not None
        assert self.process.stdout is not None
        out = self.process.stdout.fileno()
        if not select.select([out], [], [], seconds)[0]:
            return
        *lines, self._heard = (self._heard + os.read(out, 65_536)).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "code" in said:
                self.dead[said["pid"]] = said["code"]
            else:
                self.born.append(said["pid"])

    def close(self) -> None:
        """What was forked must have been cleared away, or is when the next run begins."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def _started(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "tests.faults.forge"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=self.environment,
                    cwd=ROOT,
                    start_new_session=True,
                )
        return self.process


def main() -> None:
    """Fork what is asked for until the asker is gone."""
    celery = importlib.import_module("celery_worker").celery
    for name in ("celery.bin.celery", "celery.concurrency.solo", "celery.concurrency.prefork"):
        importlib.import_module(name)
    asked = b""
    while True:
        if select.select([0], [], [], 0.05)[0]:
            more = os.read(0, 65_536)
            if not more:
                return
            *orders, asked = (asked + more).split(b"\n")
            for order in orders:
                _tell(pid=_fork(celery, json.loads(order)))
        _bury()


def _fork(celery: Any, order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    with Path(order["log"]).open("ab") as log, Path(os.devnull).open("rb") as nothing:
        for file, number in ((nothing, 0), (log, 1), (log, 2)):
            _put(file, number)
    os.environ["FAULT"] = order["fault"]
    importlib.reload(importlib.import_module("shop.core.faults"))  # it looks at FAULT once, when it is loaded
    try:
        celery.start(order["arguments"])
    finally:
        os._exit(1)  # one that ends by itself is not what anybody asked for


def _put(file: IO[bytes], number: int) -> None:
    os.dup2(file.fileno(), number)


def _bury() -> None:
    """Tell of each that has died."""
    try:
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            _tell(pid=found[0], code=os.waitstatus_to_exitcode(found[1]))
    except ChildProcessError:
        return


def _tell(**said: int) -> None:
    os.write(1, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main()
