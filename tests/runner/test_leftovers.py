"""What a killed supervisor leaves is stopped; what only looks like it is left alone."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev.runner import identity
from dev.runner.environment import development_secrets
from dev.runner.errors import RunnerError
from dev.runner.process import Service
from dev.runner.run_dir import MARKER, RunDir, clear_leftovers
from dev.runner.tail import Tail

SLEEP = [sys.executable, "-c", "import time; time.sleep(120)"]
STUBBORN = [
    *(sys.executable, "-c"),
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(120)",
]
PARENT = [sys.executable, "-c", f"import subprocess, time; subprocess.Popen({SLEEP!r}); time.sleep(120)"]


@contextmanager
def running(command: list[str], **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, env={**os.environ, **variables}, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def record_of(process: subprocess.Popen[bytes], **changed: object) -> dict[str, object]:
    born = identity.birth(process.pid)
    return {"name": "x", "pid": process.pid, "born": born, "signal": int(signal.SIGTERM), **changed}


def test_a_leftover_is_stopped() -> None:
    with running(SLEEP) as process:
        assert clear_leftovers({"services": [record_of(process)]}) == 1
        assert process.wait(5) == -signal.SIGTERM


def test_a_recycled_pid_is_not_touched() -> None:
    with running(SLEEP) as process:
        assert clear_leftovers({"services": [record_of(process, born="another time")]}) == 0
        assert process.poll() is None


@pytest.mark.skipif(not identity.PROC.is_dir(), reason="only Linux shows environments")
def test_a_stray_with_the_marker_is_stopped() -> None:
    with running(SLEEP, **{MARKER: "abc123"}) as stray, running(SLEEP, **{MARKER: "other"}) as stranger:
        time.sleep(0.2)
        assert clear_leftovers({"services": [], "marker": "abc123"}) == 1
        assert stray.wait(5) == -signal.SIGKILL
        assert stranger.poll() is None


def test_stopping_takes_the_whole_group(tmp_path: Path) -> None:
    service = Service("parent", PARENT, dict(os.environ), tmp_path / "log", patience=5.0)
    service.start()
    time.sleep(0.5)
    service.stop()
    assert not service.is_running()
    assert not identity.group_exists(service.pid)


def test_the_deaf_are_killed(tmp_path: Path) -> None:
    service = Service("deaf", STUBBORN, dict(os.environ), tmp_path / "log", patience=0.3)
    service.start()
    while "deaf" not in service.last_words():
        time.sleep(0.02)
    service.stop()
    assert service.outcome() == "was killed by SIGKILL"


def test_one_owner_at_a_time(tmp_path: Path) -> None:
    first, second = RunDir(tmp_path), RunDir(tmp_path)
    assert first.take()
    assert not second.take()
    with pytest.raises(RunnerError, match="stop it with Ctrl-C first"):
        second.drop()
    first.release()
    (tmp_path / "data").mkdir()
    second.drop()
    assert not (tmp_path / "data").exists()


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    made = development_secrets(tmp_path / "secrets.env")
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600
    assert development_secrets(tmp_path / "secrets.env") == made
    assert len(made["SECRET_KEY"]) >= 32


def test_tail_gives_whole_new_lines(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("old\n")
    tail = Tail(file)
    with file.open("a") as log:
        log.write("new\nhal")
        log.flush()
        assert tail.lines() == ["new"]
        log.write("f\n")
        log.flush()
        assert tail.lines() == ["half"]
