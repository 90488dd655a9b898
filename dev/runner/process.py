"""One child process: started in a session of its own, with a log file, and stopped as a whole group."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from dev.runner import identity
from dev.runner.errors import RunnerError

ROOT = Path(__file__).resolve().parents[2]
LOG_KEPT_BYTES = 4_000_000


@dataclass
class Service:
    """`patience` is the number of seconds between the stop signal and SIGKILL."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    cwd: Path = ROOT
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 15.0
    user: int | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    born: str = ""

    @property
    def pid(self) -> int:
        if self.process is None:
            raise RunnerError(f"{self.name} was never started.")
        return self.process.pid

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT_BYTES:
            self.log.replace(self.log.with_suffix(".old"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            )
        self.born = identity.birth(self.process.pid) or ""

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def outcome(self) -> str:
        """How it ended, in words."""
        code = self.process.poll() if self.process is not None else None
        if code is None:
            return "is running"
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def ask_to_stop(self) -> None:
        if self.is_running():
            identity.send(self.pid, self.stop_signal)

    def stop(self) -> None:
        """Ask, wait, then insist; afterwards nothing of its process group is left."""
        self.ask_to_stop()
        self._wait(self.patience)
        self.clear_group()

    def clear_group(self) -> None:
        """SIGKILL whatever is left of the group, the leader included."""
        if self.process is None:
            return
        deadline = time.monotonic() + 3.0
        while identity.group_exists(self.pid) and time.monotonic() < deadline:
            identity.send_group(self.pid, signal.SIGKILL)
            self._wait(0.5)
            time.sleep(0.02)
        self._wait(1.0)

    def _wait(self, seconds: float) -> None:
        if self.process is not None:
            try:
                self.process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                return

    def last_words(self, lines: int = 15) -> str:
        """The end of its log, indented for the terminal."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 8_192))
            text = log.read().decode("utf-8", "replace")
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    def record(self) -> dict[str, str | int]:
        """What a later start needs to find and stop this process."""
        return {"name": self.name, "pid": self.pid, "born": self.born, "signal": int(self.stop_signal)}
