"""Who a process is: a pid alone may have been recycled, a pid with its time of birth may not."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def birth(pid: int) -> str | None:
    """A text that no other process with this pid ever had; None when it is gone (a zombie is gone)."""
    if (PROC / "self/stat").exists():
        return _birth_from_proc(pid)
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return started.strip() or None if answer.returncode == 0 and not state.startswith("Z") else None


def _birth_from_proc(pid: int) -> str | None:
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except (OSError, ValueError):
        return None
    return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"


def is_alive(pid: int, born: str) -> bool:
    return birth(pid) == born


def processes_marked(marker: str) -> Iterator[int]:
    """Pids of my processes that carry this text in their environment (nothing outside Linux)."""
    wanted = marker.encode()
    for pid, folder in _my_processes():
        try:
            if wanted in (folder / "environ").read_bytes() and birth(pid):
                yield pid
        except OSError:
            continue


def processes_working_in(directory: Path) -> Iterator[int]:
    """Pids of my processes whose working directory is this one: database servers sit in their data."""
    place = directory.resolve()
    for pid, folder in _my_processes():
        try:
            if (folder / "cwd").readlink() == place and birth(pid):
                yield pid
        except OSError:
            continue


def _my_processes() -> Iterator[tuple[int, Path]]:
    if not PROC.is_dir():
        return
    for folder in PROC.iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                if folder.stat().st_uid in {os.getuid(), 65534}:
                    yield int(folder.name), folder
            except OSError:
                continue


def group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def send(pid: int, what: signal.Signals) -> None:
    try:
        os.kill(pid, what)
    except (ProcessLookupError, PermissionError):
        return


def send_group(group: int, what: signal.Signals) -> None:
    try:
        os.killpg(group, what)
    except (ProcessLookupError, PermissionError):
        return


def wait_gone(pid: int, born: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(pid, born):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
