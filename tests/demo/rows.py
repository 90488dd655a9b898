"""Everything that stands in a database, in a form that two databases can be compared by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, select

from shop.core import clock
from shop.core.db import Base, db

JUST_NOW = timedelta(minutes=20)
SECRETS = frozenset({"password_hash"})

Rows = dict[str, list[dict[str, Any]]]


def everything() -> Rows:
    """Every table's rows by primary key, decrypted; salted hashes left out, moments of the load itself as 'now'."""
    return {table.name: read(table) for table in Base.metadata.sorted_tables}


def read(table: Table) -> list[dict[str, Any]]:
    found = db.session.execute(select(table).order_by(*table.primary_key.columns)).mappings()
    now = clock.now()
    return [{name: _plain(value, now) for name, value in row.items() if name not in SECRETS} for row in found]


def without(rows: Iterable[Mapping[str, Any]], *names: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def as_set(rows: Iterable[Mapping[str, Any]], key: Callable[[Mapping[str, Any]], Any] = repr) -> list[Any]:
    """For rows whose order and ids mean nothing."""
    return sorted(map(repr, rows), key=key)


def named(rows: Sequence[Mapping[str, Any]], column: str, names: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """Rows with the ids of one column replaced by what they stand for."""
    return [{**row, column: names.get(row[column], row[column])} for row in rows]


def _plain(value: Any, now: datetime) -> Any:
    if isinstance(value, datetime) and abs(value - now) < JUST_NOW:
        return "now"
    return value
