"""Many towns in seconds: the rows of one town copied inside the database, for the distribution and settlement only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

# What income is computed from. Accounts, shelf and parcels stay as they are: nothing here asks for them.
TABLES = (
    "village", "cooperative", "charter", "household", "member", "produce", "supplier", "intake_receipt", "lot", "lot_part",
    "suborder", "order_line", "lot_allocation", "attribution", "ledger_transaction", "ledger_entry", "settlement",
    "settlement_line", "settlement_entry", "fiscal_year_close",
)  # fmt: skip
NAMING = {
    "code",
    "uscc",
    "key",
    "number",
    "trace_code",
    "name",
}  # unique words, which a copy needs its own of
STRIDE = 1_000_000_000  # ids of copy k begin at k times this
_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod),
       coalesce((select f.confrelid::regclass::text from pg_constraint f
         where f.conrelid = a.attrelid and f.contype = 'f' and a.attnum = any(f.conkey)
         order by cardinality(f.conkey) limit 1), ''),
       exists (select 1 from pg_index i where i.indrelid = a.attrelid and i.indisunique and a.attnum = any(i.indkey))
  from pg_attribute a
 where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
 order by a.attnum
"""


def multiply(
    connection: psycopg.Connection[tuple[Any, ...]], towns: int, tables: Sequence[str] = TABLES
) -> None:
    """Add `towns` − 1 copies of every row of the tables. Foreign keys and triggers rest meanwhile; ids keep their references."""
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        for table in tables:
            columns = connection.execute(_COLUMNS, (table,)).fetchall()
            statement = sql.SQL(
                "insert into {t} ({names}) select {values} from {t}, generate_series(1::bigint, %s::bigint) k"
            ).format(
                t=sql.Identifier(table),
                names=sql.SQL(", ").join(sql.Identifier(str(name)) for name, *_ in columns),
                values=sql.SQL(", ").join(_copied(tables, *column) for column in columns),
            )  # fmt: skip
            connection.execute(statement, (towns - 1,))


def _copied(tables: Sequence[str], name: str, kind: str, refers_to: str, unique: bool) -> sql.Composable:
    column = sql.Identifier(name)
    if kind == "bigint" and (name in {"id", "source_id"} or refers_to in tables):
        return sql.SQL("{} + k * {}").format(column, sql.Literal(STRIDE))
    if kind == "text" and unique and name in NAMING:
        return sql.SQL("{} || '~' || k").format(column)
    if kind == "uuid" and unique:
        return sql.SQL("gen_random_uuid()")
    return column
