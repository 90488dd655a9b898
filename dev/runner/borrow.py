"""`dev.runner exec -- COMMAND`: one command in the shop's environment, on running services or its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

from dev.runner import prepare
from dev.runner.environment import added_variables, base_environment
from dev.runner.errors import RunnerError
from dev.runner.ground import Ground
from dev.runner.process import ROOT
from dev.runner.run_dir import RunDir

# Started as modules: the scripts beside python keep the path of the folder that they were installed in.
MODULES = {"flask", "celery", "pytest"}


def execute(run_dir: RunDir, command: list[str], port: int) -> int:
    """Exit code of the command."""
    if not run_dir.take():
        with run_dir.used():
            return _run(command, base_environment("") | _environment_of_owner(run_dir))
    ground = Ground(run_dir)
    try:
        ground.start()
        environment = ground.environment(port, port + 1)
        run_dir.note(run_dir.record["services"], environment=added_variables(environment))
        prepare.migrate(environment)
        return _run(command, environment)
    finally:
        run_dir.wait_for_users()
        ground.stop()
        run_dir.release()


def _environment_of_owner(run_dir: RunDir, seconds: float = 120.0) -> dict[str, str]:
    """It is there once the owner's database is up to date."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := run_dir.read().get("environment"):
            return dict(found)
        time.sleep(0.3)
    raise RunnerError("The shop of this folder is starting or stopping; try again in a moment.")


def _run(command: list[str], environment: dict[str, str]) -> int:
    if command[0] in MODULES:
        command = [sys.executable, "-m", *command]
    # Ctrl-C belongs to the command, which gets it from the terminal itself.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with subprocess.Popen(command, env=environment, cwd=ROOT) as process:
            signal.signal(signal.SIGTERM, lambda *_: process.terminate())
            return process.wait()
    except FileNotFoundError:
        print(f"There is no command {command[0]!r} here.", file=sys.stderr)
        return 127
    finally:
        signal.signal(signal.SIGINT, before)
