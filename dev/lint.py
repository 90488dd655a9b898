"""`make lint`: every check that runs no code of the shop, two at a time; only what fails is printed in full."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev import house
from dev.runner.process import ROOT

PYTHON = sys.executable
SQUAWK = str(Path(sys.executable).parent / "squawk")
# The first three do not fit migrations that run in one transaction, one process at a time, with a short lock timeout;
# keys are SQLAlchemy's BIGSERIAL, and a SMALLINT here is a flag.
SQUAWK_WITHOUT = (
    "prefer-robust-stmts,require-timeout-settings,require-concurrent-index-creation,"
    "prefer-identity,prefer-bigint-over-smallint"
)
ALEMBIC_TABLE = re.compile(r"CREATE TABLE alembic_version.*?;", re.DOTALL)  # not ours to change
# Enough for the factory to be built; nothing is connected to.
NOWHERE = {
    "APP_ENV": "test",
    "DATABASE_URL": "postgresql://nobody@localhost:1/nowhere",
    "REDIS_URL": "redis://localhost:1/0",
    "SECRET_KEY": "lint-" * 10,
    "FIELD_KEY": base64.urlsafe_b64encode(bytes(32)).decode(),
    "PUBLIC_URL": "http://localhost",
    "STRIPE_SECRET_KEY": "sk_test_0123456789",
    "STRIPE_WEBHOOK_SECRET": "whsec_0123456789",
    "FLASK_APP": "wsgi",
}

Check = Callable[[], tuple[bool, str]]


def command(*words: str, text: str | None = None) -> tuple[bool, str]:
    done = subprocess.run(
        words,
        cwd=ROOT,
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1", "FORCE_COLOR": ""},
    )
    return done.returncode == 0, done.stdout


def import_contracts() -> tuple[bool, str]:
    return command(
        PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run(['--no-logo'])"
    )


def templates() -> tuple[bool, str]:
    folder = ROOT / "shop/templates"
    if not any(folder.rglob("*.html")):
        return True, ""
    return command(PYTHON, "-m", "djlint", "--lint", "--quiet", str(folder))


def migration_sql() -> tuple[bool, str]:
    """Squawk reads the SQL that a new database would be made with."""
    written = subprocess.run(
        [PYTHON, "-m", "flask", "db", "upgrade", "--sql"],
        cwd=ROOT,
        env={**os.environ, **NOWHERE},
        capture_output=True,
        text=True,
        check=False,
    )
    if written.returncode != 0:
        return False, written.stderr[-2_000:]
    return command(
        *(SQUAWK, "--reporter", "gcc", "--pg-version", "16", "--exclude", SQUAWK_WITHOUT),
        *("--stdin-filepath", "flask-db-upgrade.sql"),
        text=ALEMBIC_TABLE.sub("", written.stdout),
    )


CHECKS: dict[str, Check] = {
    "types (mypy)": lambda: command(PYTHON, "-m", "mypy"),
    "style (ruff check)": lambda: command(PYTHON, "-m", "ruff", "check", "--output-format", "concise", "."),
    "layout (ruff format)": lambda: command(
        PYTHON, "-m", "ruff", "format", "--check", "--output-format", "concise", "."
    ),
    "import contracts": import_contracts,
    "house rules": house.check,
    "templates (djlint)": templates,
    "migrations (squawk)": migration_sql,
}


def main() -> int:
    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        running = {name: pool.submit(check) for name, check in CHECKS.items()}
        failed = 0
        for name, result in running.items():
            passed, words = result.result()
            print(f"{'✓' if passed else '✗'} {name}", flush=True)
            if not passed:
                failed += 1
                print("\n".join(f"    {line}" for line in words.rstrip().splitlines()), flush=True)
    print(
        f"{'lint is clean' if not failed else f'{failed} checks failed'} ({time.monotonic() - started:.0f} s)"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
