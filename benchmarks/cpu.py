"""Processor time of whole process trees, read from /proc: the figure that a busy machine disturbs least."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICK = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """The process and everything that descends from it."""
    children: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def seconds_of(roots: list[int]) -> float:
    """User and system time of these trees so far, children that ended and were waited for included."""
    ticks = 0
    for root in roots:
        for pid in tree(root):
            if fields := _stat(pid):
                ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICK


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat behind the name: state, parent, …; times at 11 to 14."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


@dataclass
class Meter:
    """CPU of an application's processes and of the database's, between start and stop, with the time on the clock."""

    application: list[int]
    database: list[int]
    wall: float = 0.0
    application_cpu: float = 0.0
    database_cpu: float = 0.0
    _began: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def start(self) -> None:
        self._began = (time.perf_counter(), seconds_of(self.application), seconds_of(self.database))

    def stop(self) -> None:
        """Adds to what was measured before."""
        wall, application, database = self._began
        self.wall += time.perf_counter() - wall
        self.application_cpu += seconds_of(self.application) - application
        self.database_cpu += seconds_of(self.database) - database


def machine() -> dict[str, str | int]:
    """What the figures were measured on, in a line."""
    model = ""
    for line in (PROC / "cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = int((PROC / "meminfo").read_text().split()[1]) // 2**20
    return {
        "cores": os.cpu_count() or 0,
        "processor": model,
        "memory_gib": memory,
        "load": f"{os.getloadavg()[0]:.1f}",
    }
