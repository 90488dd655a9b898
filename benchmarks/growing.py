"""The demo town's year copied inside the database until there are many towns and a million order lines; and their facts.

Towns with their cooperatives, households, produce and deliveries first, then the year's orders, attribution rows and postings
again and again, spread over the towns and the last two years. Triggers and foreign keys rest meanwhile, indexes that no
constraint needs are made again afterwards, and the facts are made of all rows at once by the statements that audit them.
"""

from __future__ import annotations

from typing import Any

from psycopg import sql

from benchmarks.ground import Ground
from benchmarks.ours.copies import STRIDE
from shop.orders import facts

COUNTY, TOWN = "420302", "420302100"
OF_TOWN = ("village", "cooperative", "household", "person", "member", "produce", "intake_receipt")
# Every line keeps its first attribution row and each tenth of the others, about two of fifteen, and postings likewise: the
# pages read facts, and fifteen million rows take a machine with other work an hour.
# table → which rows are copied: what was sold, and what was credited to households, in 2020
OF_COPY = {
    "customer_order": "paid_on between '2020-01-01' and '2020-12-31' and attributed_at is not null",
    "suborder": "order_id in (select id from customer_order where {customer_order})",
    "order_line": "suborder_id in (select id from suborder where {suborder})",
    "attribution": "line_id in (select id from order_line where {order_line}) and on_date between '2020-01-01' and '2020-12-31'"
    " and (id % 10 = 0 or id in (select min(id) from attribution group by line_id))",
    "ledger_transaction": "on_date between '2020-01-01' and '2020-12-31' and kind in ('intake', 'sale', 'reversal', 'refund')",
    "ledger_entry": "transaction_id in (select id from ledger_transaction where {ledger_transaction})"
    " and account in ('114.payable', '211') and household_id is not null and id % 10 = 0",
}
_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod),
       exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique and a.attnum = any(i.indkey))
  from pg_attribute a where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
 order by a.attnum
"""
# indexes that no constraint stands on
_LOOSE = """
select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i
 where i.indrelid = %s::regclass and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
"""
_SAME = {"region_code", "name"}
_FROM_TOWN = {"village_id", "cooperative_id", "household_id", "produce_id", "member_id"}
_FROM_COPY = {
    "id", "order_id", "suborder_id", "line_id", "transaction_id", "allocation_id", "reverses_id", "source_id", "refund_line_id",
}  # fmt: skip
_LATER = {
    "paid_on",
    "on_date",
    "received_on",
    "paid_at",
    "shipped_at",
    "received_at",
    "attributed_at",
    "recorded_at",
}
_BUILDING = ("session_replication_role = replica", "synchronous_commit = off", "work_mem = '256MB'",
             "maintenance_work_mem = '1GB'", "jit = off")  # fmt: skip


def grow(services: Ground, database: str, towns: int, lines: int) -> dict[str, int]:
    """Make the demo town's database so large; returns how many rows its large tables have."""
    where: dict[str, str] = {}
    for table, condition in OF_COPY.items():
        where[table] = condition.format(**where)
    with services.connect(database) as connection, connection.transaction():
        for setting in _BUILDING:
            connection.execute(f"set local {setting}".encode())
        connection.execute(
            "insert into region (code, name, level, parent_code) select %s || (200 + k), '第' || k || '镇', 'township', %s"
            " from generate_series(1, %s) k",
            (COUNTY, COUNTY, towns - 1),
        )
        own = _number(connection, f"select count(*) from order_line where {where['order_line']}")
        loose = [row for table in where for row in connection.execute(_LOOSE, (table,)).fetchall()]
        for name, _definition in loose:
            connection.execute(sql.SQL("drop index {}").format(sql.SQL(name)))
        for table in OF_TOWN:
            _copy(connection, table, "true", "generate_series(1::bigint, %s) t(town)", towns - 1)
        source = f"(select j as copy, j %% {towns} as town from generate_series(1::bigint, %s) j) t"
        for table, condition in where.items():
            _copy(connection, table, condition, source, max(1, round(lines / own)))
        for _name, definition in loose:
            connection.execute(str(definition).encode())
        connection.execute("analyze")
        _make_facts(connection)
        return {
            table: _number(connection, f"select count(*) from {table}")
            for table in ("order_line", "attribution", "ledger_entry")
        }


def _number(connection: Any, statement: str) -> int:
    return int(str(connection.execute(statement.encode()).fetchone()[0]))


def _make_facts(connection: Any) -> None:
    for table in facts.TABLES:
        connection.execute(f"delete from {table}".encode())
    connection.execute("delete from fact_touched")
    for statement in facts.OF_ALL_ROWS:
        connection.execute(statement.encode())


def _copy(connection: Any, table: str, condition: str, source: str, many: int) -> None:
    columns = connection.execute(_COLUMNS, (table,)).fetchall()
    values = [_value(table, str(name), str(kind), bool(unique)) for name, kind, unique in columns]
    names = ", ".join(f'"{column[0]}"' for column in columns)
    connection.execute(
        f"create temp table copied on commit drop as select * from {table} where {condition}".encode()
    )
    connection.execute(
        f"insert into {table} ({names}) select {', '.join(values)} from copied x, {source}".encode(), (many,)
    )
    connection.execute("drop table copied")


def _value(table: str, name: str, kind: str, unique: bool) -> str:
    copy = "town" if table in OF_TOWN else "copy"
    if table == "village" and name == "region_code":
        return f"'{COUNTY}' || (200 + town)"
    if name in _LATER:
        # the year 2020 moved to end between today and a year ago; deliveries a whole year apart, for all
        later = "(current_date - date '2020-12-31')" + (
            "" if table in OF_TOWN else " - (copy * 37 %% 365)::int"
        )
        return f'x."{name}" + {later}' if kind == "date" else f'x."{name}" + make_interval(days => {later})'
    if kind == "bigint" and name in _FROM_TOWN:
        return f'x."{name}" + town * {STRIDE}'
    if kind == "bigint" and name in _FROM_COPY:
        return f'x."{name}" + {copy} * {STRIDE}'
    if kind == "uuid" and unique:
        return "gen_random_uuid()"
    if kind == "text" and unique and name not in _SAME:
        return f"x.\"{name}\" || '~' || {copy}"
    return f'x."{name}"'
