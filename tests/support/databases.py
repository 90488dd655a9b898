"""Databases of one worker: templates migrated (and filled) once a run, clones of them, and a fast way back to clean."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Hashable

import psycopg
from psycopg import sql

from tests.support.services import Services, started

EMPTY = "template_empty"
TOWN = "template_town"


def worker_name() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "gw0")


def worker_number() -> int:
    return int(worker_name().removeprefix("gw"))


def ensure_template(name: str, build: Callable[[str], None], base: str = "template1") -> None:
    """Build it under another name first, so that a template that exists is whole. `build` gets the database's address."""
    services = started()
    with services.lock(name):
        if not _exists(services, name):
            services.postgres.drop_database(f"{name}_unfinished")
            services.postgres.create_database(f"{name}_unfinished", base)
            build(services.postgres.url(f"{name}_unfinished"))
            with services.postgres.connect() as connection:
                rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                connection.execute(rename.format(sql.Identifier(f"{name}_unfinished"), sql.Identifier(name)))


def clone(name: str, template: str) -> str:
    """A fresh copy under this name; whoever is still connected to the old one is thrown out. Returns its address."""
    services = started()
    services.postgres.drop_database(name)
    services.postgres.create_database(name, template)
    return services.postgres.url(name)


def _exists(services: Services, name: str) -> bool:
    with services.postgres.connect() as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    return found is not None


class CleanDatabase:
    """A clone of the empty template that is emptied again after a test that wrote: rows deleted with triggers and
    foreign keys off, sequences restarted. Rows that the migrations themselves wrote stay; where a test changed
    one of those, the whole database is cloned anew.
    """

    def __init__(self, name: str, before_clone: Callable[[], None]) -> None:
        self.name, self.before_clone = name, before_clone
        self.connection: psycopg.Connection[tuple[object, ...]] | None = None
        self.kept: dict[str, tuple[object, ...]] = {}
        self.copies: dict[Hashable, str] = {}  # key → the statements that put its rows back

    def make_clean(self) -> None:
        if self.connection is None or any(
            self._fingerprint(table) != seen for table, seen in self.kept.items()
        ):
            self._clone()
        else:
            self._empty()

    def keep(self, key: Hashable) -> None:
        """Remember what stands in the database now, in tables that only this connection sees."""
        assert self.connection is not None
        put_back = []
        for table in self._tables_with_rows():
            if table in self.kept:
                continue
            copy = f"copy_{len(self.copies)}_{table}"
            self.connection.execute(f"CREATE TEMP TABLE {copy} AS TABLE public.{table}".encode())
            names = self._rows(
                "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
                f" WHERE attrelid = 'public.{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
            )[0][0]
            put_back.append(
                f"INSERT INTO public.{table} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {copy}"
            )
        used = self._rows(
            "SELECT quote_literal(schemaname || '.' || quote_ident(sequencename)), last_value"
            " FROM pg_sequences WHERE last_value IS NOT NULL AND schemaname = 'public'"
        )
        put_back += [f"SELECT setval({name}, {last})" for name, last in used]
        self.copies[key] = ";".join(put_back)

    def bring_back(self, key: Hashable) -> bool:
        """The rows of `keep`, instead of all that stands there. False where they are not remembered any more."""
        if self.connection is None or key not in self.copies:
            return False
        self._empty()
        self.connection.execute(self.copies[key].encode())
        return True

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.copies.clear()

    def _clone(self) -> None:
        self.close()
        self.before_clone()
        clone(self.name, EMPTY)
        self.connection = started().postgres.connect(self.name)
        self.connection.execute("SET session_replication_role = replica")
        self.connection.execute("SET lock_timeout = '10s'")
        self.kept = {table: self._fingerprint(table) for table in self._tables_with_rows()}

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        assert self.connection is not None
        return self.connection.execute(query.encode()).fetchall()

    def _tables_with_pages(self) -> list[str]:
        return [
            str(row[0])
            for row in self._rows(
                "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
                " AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0"
            )
        ]

    def _tables_with_rows(self) -> list[str]:
        return [table for table in self._tables_with_pages() if self._rows(f"SELECT 1 FROM {table} LIMIT 1")]

    def _fingerprint(self, table: str) -> tuple[object, ...]:
        return self._rows(f"SELECT count(*), max(xmin::text::bigint) FROM {table}")[0]

    def _empty(self) -> None:
        assert self.connection is not None
        written = [table for table in self._tables_with_pages() if table not in self.kept]
        if not written:
            return
        used = self._rows("SELECT quote_ident(sequencename) FROM pg_sequences WHERE last_value IS NOT NULL")
        statements = [f"DELETE FROM {table}" for table in written]
        statements += [f"ALTER SEQUENCE {row[0]} RESTART" for row in used]
        self.connection.execute(";".join(statements).encode())


@functools.cache
def broker_url(index: int) -> str:
    """Each worker, and each live shop, has a numbered database of the run's broker for itself."""
    return started().valkey.url(index)
