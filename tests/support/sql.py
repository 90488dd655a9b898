"""Counting the SQL statements of a piece of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import event

from shop.core.db import db


@dataclass
class SqlCount:
    statements: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.statements)


@contextmanager
def counting(app: Flask) -> Iterator[SqlCount]:
    """Every statement sent through this application's engine (savepoints too; BEGIN and COMMIT are not statements here)."""
    count = SqlCount()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        count.statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield count
    finally:
        event.remove(engine, "before_cursor_execute", note)
