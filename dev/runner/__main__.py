"""python -m dev.runner run | exec -- COMMAND … | reset"""

from __future__ import annotations

import os
import sys

from dev.runner.borrow import execute
from dev.runner.errors import RunnerError
from dev.runner.run_dir import RunDir
from dev.runner.supervisor import Supervisor


def main(words: list[str]) -> int:
    run_dir = RunDir()
    match words:
        case ["run"]:
            return _run(run_dir)
        case ["exec", "--", *command] if command:
            return execute(run_dir, command, _port())
        case ["reset"]:
            run_dir.drop()
            print("The demo town is forgotten; the next `make run` builds it anew.")
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def _run(run_dir: RunDir) -> int:
    if run_dir.take():
        return Supervisor(run_dir, _port()).run()
    running = run_dir.read()
    where = f" at {running['address']}" if "address" in running else ""
    raise RunnerError(
        f"The shop of this folder is already running{where}, or a command is using its database "
        f"(process {running.get('owner', {}).get('pid', '?')}). Stop that first."
    )


def _port() -> int:
    text = os.environ.get("PORT", "") or "8000"
    if not text.isdigit() or not 1024 <= int(text) <= 65_000:
        raise RunnerError(f"PORT must be a number between 1024 and 65000, not {text!r}.")
    return int(text)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except RunnerError as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
