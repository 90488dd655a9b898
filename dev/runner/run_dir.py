"""The folder `var/`: data, logs, secrets, and the record of what runs, by which leftovers are cleared."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from dev.runner import identity
from dev.runner.errors import RunnerError
from dev.runner.process import ROOT

MARKER = "DACHUAN_RUN"  # every child carries it in its environment, so that strays can be told from strangers
SOCKETS_PREFIX = "dachuan-"


@dataclass
class RunDir:
    """One owner at a time (a file lock that dies with its holder); others may use the owner's services."""

    path: Path = field(default_factory=lambda: Path(os.environ.get("DACHUAN_VAR") or ROOT / "var").absolute())
    record: dict[str, Any] = field(default_factory=dict)
    _lock: IO[str] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def sockets(self) -> Path:
        return Path(self.record["sockets"])

    @property
    def _record_file(self) -> Path:
        return self.path / "run.json"

    def read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._record_file.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self) -> None:
        draft = self._record_file.with_suffix(".new")
        draft.touch(mode=0o600)  # it holds the environment, and that the secrets
        draft.write_text(json.dumps(self.record, indent=2))
        draft.replace(self._record_file)

    def take(self) -> bool:
        """Become the owner and clear what an earlier owner left behind; False while another one is alive."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock = (self.path / "owner.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        clear_leftovers(self.read())
        sockets = tempfile.mkdtemp(prefix=SOCKETS_PREFIX, dir="/tmp")  # short, for the sockets
        self.record = {
            "owner": {"pid": os.getpid(), "born": identity.birth(os.getpid())},
            "marker": secrets.token_hex(12),
            "sockets": sockets,
            "services": [],
        }
        self.write()
        return True

    def is_owner(self) -> bool:
        return self._lock is not None

    def note(self, services: list[dict[str, str | int]], **more: object) -> None:
        """Keep what a later start must find, in the order of starting."""
        self.record.update(more, services=services)
        self.write()

    def release(self) -> None:
        """Nothing runs any more."""
        if self._lock is None:
            return
        shutil.rmtree(self.sockets, ignore_errors=True)
        self._record_file.unlink(missing_ok=True)
        self._lock.close()
        self._lock = None

    def drop(self) -> None:
        """Delete everything (caches of a home-less machine stay)."""
        if not self.take():
            raise RunnerError(
                f"The shop is running (process {self.read().get('owner', {}).get('pid')}): "
                "stop it with Ctrl-C first, then reset."
            )
        self.release()
        for child in self.path.iterdir():
            if child.name in {"home", "owner.lock"}:
                continue
            shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()

    @contextlib.contextmanager
    def used(self) -> Any:
        """While a command uses services that another owner started."""
        with (self.path / "users.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield

    def wait_for_users(self) -> None:
        with (self.path / "users.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)


def clear_leftovers(record: dict[str, Any]) -> int:
    """Stop what a killed owner left running; returns how many that were. A recycled pid is never touched."""
    cleared = 0
    for service in reversed(record.get("services", [])):
        pid, born = int(service["pid"]), str(service["born"])
        if not identity.is_alive(pid, born):
            continue
        cleared += 1
        identity.send(pid, signal.Signals(service["signal"]))
        if not identity.wait_gone(pid, born, 5.0):
            identity.send_group(pid, signal.SIGKILL)
            identity.wait_gone(pid, born, 5.0)
    marker = record.get("marker")
    for pid in list(identity.processes_marked(f"{MARKER}={marker}")) if marker else []:
        cleared += 1
        identity.send(pid, signal.SIGKILL)
    sockets = Path(record.get("sockets", "/nonexistent"))
    if (
        sockets.name.startswith(SOCKETS_PREFIX)
        and sockets.is_dir()
        and sockets.stat().st_uid in {os.getuid(), 65534}
    ):
        shutil.rmtree(sockets, ignore_errors=True)
    return cleared
