"""One PostgreSQL and one Valkey for everything that is compared, under var/bench, with the settings of `make run`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from dev.runner.environment import base_environment
from dev.runner.errors import RunnerError
from dev.runner.postgres import Postgres
from dev.runner.process import ROOT, Service
from dev.runner.run_dir import RunDir
from dev.runner.valkey import Valkey

FOLDER = ROOT / "var" / "bench"
WORKERS, THREADS = 2, 4
# Only what counting needs; everything else is PostgreSQL's own default, durable commits included.
SERVER = """
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = 'none'
pg_stat_statements.track_utility = off
pg_stat_statements.track_planning = off
autovacuum = off
"""
PING = "select 1"


class Ground:
    """Database and broker of a run; everything that starts here ends with `ground()`."""

    def __init__(self, run_dir: RunDir) -> None:
        self.run_dir = run_dir
        self.environment = base_environment(run_dir.record["marker"])
        self.log = run_dir.path / "log"
        self.postgres = Postgres(run_dir.path / "postgres", run_dir.sockets, self.log / "database.log")
        self.valkey = Valkey(
            run_dir.path / "valkey", run_dir.sockets, self.log / "broker.log", throw_away=True
        )
        self.services: list[Service] = []

    def start(self) -> None:
        self.postgres.prepare()
        (self.run_dir.path / "postgres" / "postgresql.auto.conf").write_text(SERVER)
        self.postgres.start(self.environment, self.note)
        self.valkey.start(self.environment, self.note)
        with self.postgres.connect() as connection:
            connection.execute("create extension if not exists pg_stat_statements")

    def note(self, service: Service) -> None:
        """So that it is stopped at the end, or by the next run after a kill."""
        self.services.append(service)
        self.run_dir.note([each.record() for each in self.services])

    def stop(self, *services: Service) -> None:
        """These, or all, last started first stopped."""
        for service in reversed(services or tuple(self.services)):
            service.stop()
        self.services = [service for service in self.services if service.is_running()]

    @property
    def database_roots(self) -> list[int]:
        return [service.pid for service in self.services if service.name in {"database", "broker"}]

    def fresh_database(self, name: str, template: str = "template1") -> str:
        """An empty one (or a copy of `template`) in place of any of that name; returns its address for SQLAlchemy."""
        self.postgres.drop_database(name)
        self.postgres.create_database(name, template)
        return self.postgres.url(name)

    def connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return self.postgres.connect(database)

    def vacuum(self, database: str) -> None:
        """Statistics and visibility as autovacuum would have left them; then everything is on disk, none of it in between."""
        with self.connect(database) as connection:
            connection.execute("vacuum (analyze)")
            connection.execute("checkpoint")

    @contextlib.contextmanager
    def counting(self, database: str) -> Iterator[dict[str, int]]:
        """Fills the yielded mapping, at the end, with statement → calls as the server saw them in that database.

        BEGIN, COMMIT and SET do not count; neither does the pool's ping.
        """
        found: dict[str, int] = {}
        with self.connect("postgres") as connection:
            self._track(connection, "top")
            connection.execute("select pg_stat_statements_reset()")
            try:
                yield found
            finally:
                self._track(connection, "none")
            rows = connection.execute(
                "select query, sum(calls)::int from pg_stat_statements s join pg_database d on d.oid = s.dbid"
                " where d.datname = %s group by query",
                (database,),
            )
            for query, calls in rows:
                text = " ".join(str(query).split())
                if text.lower().rstrip(";") not in {PING, "select $1"}:
                    found[text] = found.get(text, 0) + int(str(calls))

    @staticmethod
    def _track(connection: psycopg.Connection[tuple[Any, ...]], what: str) -> None:
        connection.execute(f"alter system set pg_stat_statements.track = '{what}'".encode())
        connection.execute("select pg_reload_conf()")
        connection.execute("select pg_sleep(0.15)")  # until every backend has read it

    def web(self, name: str, target: str, port: int, environment: dict[str, str], python: str) -> Service:
        """gunicorn as `make run` starts it, without an access log; the same for everybody."""
        command = [
            *(python, "-m", "gunicorn", target, "--bind", f"127.0.0.1:{port}", "--no-control-socket"),
            *("--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS)),
            *("--worker-tmp-dir", "/dev/shm", "--timeout", "60", "--log-level", "warning"),
        ]
        if not Path("/dev/shm").is_dir():
            command = [word for word in command if word not in {"--worker-tmp-dir", "/dev/shm"}]
        service = Service(
            name, command, {**self.environment, **environment}, self.log / f"{name}.log", patience=10.0
        )
        service.start()
        self.note(service)
        return service


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """Start database and broker; at the end, or after Ctrl-C, nothing is left running. Raises RunnerError."""
    run_dir = RunDir(FOLDER)
    if not run_dir.take():
        raise RunnerError("Another `make bench` is running in this folder.")
    made = Ground(run_dir)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        run_dir.release()
