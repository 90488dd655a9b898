"""One throw-away PostgreSQL and Valkey for a whole pytest run, shared by its xdist workers.

The controller makes the folder and clears it at the end; the first worker that needs the services starts them.
A run that was killed is cleared by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dev.runner.environment import base_environment
from dev.runner.postgres import Postgres, prefix_for_root
from dev.runner.process import Service
from dev.runner.run_dir import RunDir, clear_leftovers
from dev.runner.valkey import Valkey

FOLDER_VARIABLE = "DACHUAN_TEST_RUN"
PREFIX = "dachuan-test-"


def begin() -> RunDir:
    """For the controller: clear the folders of killed runs, then make our own."""
    temporary = Path(tempfile.gettempdir())
    for old in [file.parent for file in temporary.glob(f"{PREFIX}*/run.json")]:
        with contextlib.suppress(OSError):
            stale = RunDir(old)
            if stale.take():
                stale.release()
                shutil.rmtree(old, ignore_errors=True)
    run_dir = RunDir(Path(tempfile.mkdtemp(prefix=PREFIX)))
    run_dir.take()
    if prefix_for_root() is None:
        run_dir.path.chmod(0o711)  # root without user namespaces: the servers run as nobody and must get in
    os.environ[FOLDER_VARIABLE] = str(run_dir.path)
    return run_dir


def end(run_dir: RunDir) -> None:
    """For the controller: stop whatever was started during the run."""
    run_dir.record = run_dir.read() or run_dir.record
    clear_leftovers(run_dir.record)
    run_dir.release()
    shutil.rmtree(run_dir.path, ignore_errors=True)


class Services:
    """The run's servers, seen from one worker."""

    def __init__(self) -> None:
        self.run_dir = RunDir(Path(os.environ[FOLDER_VARIABLE]))
        self.run_dir.record = self.run_dir.read()
        path, sockets = self.run_dir.path, self.run_dir.sockets
        self.marker = str(self.run_dir.record["marker"])
        self.postgres = Postgres(path / "postgres", sockets, path / "database.log", throw_away=True)
        self.valkey = Valkey(path / "valkey", sockets, path / "broker.log", throw_away=True)

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """One worker at a time."""
        with (self.run_dir.path / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def start(self) -> None:
        with self.lock("services"):
            names = {service["name"] for service in self.run_dir.read().get("services", [])}
            if "broker" not in names:
                environment = base_environment(self.marker)
                self.postgres.start(environment, self.remember)
                self.valkey.start(environment, self.remember)

    def remember(self, service: Service) -> None:
        """So that the controller, or the next run, stops it."""
        with self.lock("record"):
            self.run_dir.record = self.run_dir.read()
            self.run_dir.note([*self.run_dir.record["services"], service.record()])


@functools.cache
def started() -> Services:
    services = Services()
    services.start()
    return services
