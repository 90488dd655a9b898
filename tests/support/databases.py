"""Databases of one worker: templates migrated (and filled) once a run, clones of them, and a fast way back to clean."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tests.support.services import Services, started

EMPTY = "template_empty"
TOWN = "template_town"
LIVED = "template_lived"
SITE = "template_site"


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


@dataclass(frozen=True)
class Copy:
    """What stood in a database at one moment, as temporary tables of the connection that keeps it."""

    tables: dict[str, str]  # the database's table → that of the copy
    whole: str  # the statements that put everything into empty tables
    before: Hashable  # the copy that stood there when this one's own rows were added
    added: str  # the statements that add those


class CleanDatabase:
    """A clone of the empty template that is emptied again after a test that wrote: rows deleted with triggers and
    foreign keys off, sequences restarted. Rows that the migrations themselves wrote stay; where a test changed
    one of those, the whole database is cloned anew.
    """

    def __init__(self, name: str, before_clone: Callable[[], None]) -> None:
        self.name, self.before_clone = name, before_clone
        self.connection: psycopg.Connection[tuple[object, ...]] | None = None
        self.kept: dict[str, tuple[object, ...]] = {}
        self.copies: dict[Hashable, Copy] = {}
        self.standing: Hashable = (
            None  # the copy whose rows were put there last; what was written since is not known
        )

    def make_clean(self) -> None:
        self.standing = None
        if self.connection is None or any(
            self._fingerprint(table) != seen for table, seen in self.kept.items()
        ):
            self._clone()
        else:
            self._empty()

    def keep(self, key: Hashable) -> None:
        """Remember what stands in the database now, in tables that only this connection sees."""
        assert self.connection is not None
        before = self.copies.get(self.standing)
        tables = {}
        put_back, added = [], []
        for table in self._tables_with_rows():
            if table in self.kept:
                continue
            copy = tables[table] = f"copy_{len(self.copies)}_{table}"
            self.connection.execute(f"CREATE TEMP TABLE {copy} AS TABLE public.{table}".encode())
            names = self._rows(
                "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
                f" WHERE attrelid = 'public.{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
            )[0][0]
            insert = f"INSERT INTO public.{table} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM "
            put_back.append(insert + copy)
            added += self._difference(table, copy, before.tables.get(table) if before else None, insert)
        gone = set(before.tables) - set(tables) if before else set()
        used = self._rows(
            "SELECT quote_literal(schemaname || '.' || quote_ident(sequencename)), last_value"
            " FROM pg_sequences WHERE last_value IS NOT NULL AND schemaname = 'public'"
        )
        sequences = [f"SELECT setval({name}, {last})" for name, last in used]
        self.copies[key] = Copy(
            tables,
            ";".join(put_back + sequences),
            self.standing,
            ";".join([f"DELETE FROM {table}" for table in sorted(gone)] + added + sequences),
        )
        self.standing = key

    def _difference(self, table: str, copy: str, before: str | None, insert: str) -> list[str]:
        """The statements that make a table of the copy before into one of this copy."""
        assert self.connection is not None
        if before is None:
            return [insert + copy]
        lost, new = (
            self._rows(
                f"SELECT count(*) FROM (SELECT t::text FROM {one} t EXCEPT SELECT t::text FROM {other} t) d"
            )[0][0]
            for one, other in ((before, copy), (copy, before))
        )
        if lost:
            return [f"DELETE FROM {table}", insert + copy]
        if not new:
            return []
        self.connection.execute(
            f"CREATE TEMP TABLE more_{copy} AS SELECT * FROM {copy} t"
            f" WHERE t::text NOT IN (SELECT t::text FROM {before} t)".encode()
        )
        return [f"{insert} more_{copy}"]

    def bring_back(self, key: Hashable, after: Hashable = None) -> bool:
        """The rows of `keep`, instead of all that stands there: nothing when it was made clean and not written to since,
        or those of the copy `after`. False where they are not remembered any more.
        """
        if self.connection is None or key not in self.copies:
            return False
        copy = self.copies[key]
        statements = copy.added if after is not None and after == self.standing == copy.before else copy.whole
        if statements is copy.whole and (self.standing is not None or after is not None):
            self._empty()
        self.connection.execute(statements.encode())
        self.standing = key
        return True

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.copies.clear()
        self.standing = None

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
        used = self._rows(
            "SELECT quote_literal(quote_ident(sequencename)), start_value FROM pg_sequences WHERE last_value IS NOT NULL"
        )
        statements = [f"DELETE FROM {table}" for table in written]
        # not RESTART: that makes a new file for each and has every connection forget what it knows of it
        statements += [f"SELECT setval({name}, {start}, false)" for name, start in used]
        self.connection.execute(";".join(statements).encode())


@functools.cache
def broker_url(index: int) -> str:
    """Each worker, and each live shop, has a numbered database of the run's broker for itself."""
    return started().valkey.url(index)
