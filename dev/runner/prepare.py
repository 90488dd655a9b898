"""Between an empty database and the first page: migrations and the demo town, by the shop's own commands."""

from __future__ import annotations

import subprocess
import sys

from dev.runner.errors import RunnerError
from dev.runner.process import ROOT

NOT_EMPTY = 2  # exit code of `flask demo load` when there is something in the database


def flask(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", *words],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def migrate(environment: dict[str, str]) -> None:
    done = flask(environment, "db", "upgrade")
    if done.returncode != 0:
        raise RunnerError(f"The database could not be brought up to date:\n{_end(done)}")


def load_demo(environment: dict[str, str]) -> None:
    """Fill an empty database with the demo town; another is left as it is."""
    done = flask(environment, "demo", "load")
    if done.returncode not in {0, NOT_EMPTY}:
        raise RunnerError(f"The demo town could not be loaded:\n{_end(done)}")


def demo_accounts(environment: dict[str, str]) -> str:
    done = flask(environment, "demo", "accounts")
    return done.stdout.rstrip() if done.returncode == 0 else f"(flask demo accounts failed)\n{_end(done)}"


def _end(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join(f"    {line}" for line in (done.stdout + done.stderr).strip().splitlines()[-20:])
