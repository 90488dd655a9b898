"""The one database handle, the declarative base and the only place that commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Date,
    DateTime,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.orm import DeclarativeBase, Session, registry

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table; whole numbers are BIGINT, instants are timestamptz."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            int: BigInteger,
            str: Text,
            date: Date,
            datetime: DateTime(timezone=True),
            dict[str, Any]: JSONB,
            list[dict[str, Any]]: JSONB,
        },
    )


db = SQLAlchemy(model_class=Base)


FIRST = "first"  # of a unit of work's info


def first_of_all(act: Callable[[Session], None]) -> None:
    """Let `act` open the next transaction, so that what it writes is in the database with the deed or not at all."""
    db.session().info[FIRST] = act


def is_done() -> bool:
    """Whether a transaction that `first_of_all` opened has committed."""
    return FIRST not in db.session().info


@contextmanager
def transaction() -> Iterator[Session]:
    """Run a deed and commit it once; any exception rolls the whole of it back.

    What `first_of_all` was given runs at its start, until one transaction has committed.
    Raises RuntimeError when nested: the outermost caller decides what belongs together.
    """
    session = db.session()
    if session.info.get("in_transaction"):
        raise RuntimeError("transaction() does not nest: a deed never commits")
    session.info["in_transaction"] = True
    try:
        if FIRST in session.info:
            session.info[FIRST](session)
        yield session
        session.commit()
        session.info.pop(FIRST, None)
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("in_transaction", None)


def session() -> Session:
    """The current unit of work, for reads and for deeds already inside `transaction()`."""
    return db.session()


def insert_rows(
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    returning: str | None = None,
    *,
    skip_known: bool = False,
) -> list[Any]:
    """Insert any number of rows in ONE statement, one array a column, so that statement triggers see them together.

    Every row names the same columns. Returns the `returning` column in the order of `rows`, or an empty list. With
    `skip_known` a row that a unique constraint already has is left out, here too.
    """
    if not rows:
        return []
    table: Table = model.__table__  # type: ignore[assignment]
    names = list(rows[0])
    arrays = [_array(table.c[name], [row[name] for row in rows]) for name in names]
    source = func.unnest(*arrays).table_valued(*names, with_ordinality="position").render_derived("source")
    statement = insert(table).from_select(
        names, select(*(source.c[name] for name in names)).order_by(source.c.position), include_defaults=False
    )
    if skip_known:
        statement = statement.on_conflict_do_nothing()
    if returning is None:
        db.session.execute(statement)
        return []
    return list(db.session.execute(statement.returning(table.c[returning])).scalars())


def _array(column: Column[Any], values: list[Any]) -> ColumnElement[Any]:
    """One array parameter. Whole numbers go as text that PostgreSQL parses: psycopg would escape each one by itself."""
    kind = ARRAY(column.type, dimensions=1)
    if isinstance(column.type, BigInteger):
        written = ",".join("null" if value is None else str(int(value)) for value in values)
        return cast(bindparam(f"a_{column.name}", f"{{{written}}}", type_=Text), kind)
    return bindparam(f"a_{column.name}", values, type_=kind)
