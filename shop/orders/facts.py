"""Keeping the daily facts: days that got rows are computed anew, one cooperative at a time, as often as one likes.

Never behind: who reads takes the facts of days that nobody touched, and the rows themselves of the others
(`facts_reading`), in one statement. A sweep only makes the second part small.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from shop.core import faults
from shop.core.db import session, transaction
from shop.orders import facts_sql
from shop.orders.attempts import each

PORTION = 20_000  # marks of one cooperative in one transaction
_LOCK = "hashtextextended('facts', cast(:c as bigint))"
_TRY = text(f"select pg_try_advisory_xact_lock({_LOCK})")
_WAIT = text(f"select pg_advisory_xact_lock({_LOCK})")
_MARKS = text(
    "select id, day from fact_touched where cooperative_id = :c order by id limit :portion for update skip locked"
)
_DONE = text("delete from fact_touched where id = any(cast(:ids as bigint[]))")
_OF = """
    with d as materialized (select cast(:c as bigint) as cooperative_id, day from unnest(cast(:days as date[])) as day),
         m as materialized (select distinct cooperative_id, date_trunc('month', day::timestamp)::date as month from d),
         y as materialized (select distinct cooperative_id, date_trunc('year', day::timestamp)::date as month from d)
"""
_FROM_DAYS = (
    "sales_day s join m on m.cooperative_id = s.cooperative_id"
    " and date_trunc('month', s.day::timestamp) = m.month"
)
_FROM_MONTHS = (
    "sales_month s join y on y.cooperative_id = s.cooperative_id"
    " and date_trunc('year', s.day::timestamp) = y.month"
)
_FROM_MONEY = (
    "money_day s join m on m.cooperative_id = s.cooperative_id"
    " and s.day between m.month and (m.month + interval '1 month - 1 day')::date"
)
_FROM_HOUSEHOLDS = (
    "household_month h join y on y.cooperative_id = h.cooperative_id"
    " and date_trunc('year', h.month::timestamp) = y.month"
)
# in this order: months from days, years from months
_DROP = (
    "delete from sales_day f using d where f.cooperative_id = d.cooperative_id and f.day = d.day",
    "delete from sales_month f using m where f.cooperative_id = m.cooperative_id and f.day = m.month",
    "delete from sales_year f using y where f.cooperative_id = y.cooperative_id and f.day = y.month",
    "delete from takings_month f using m where f.cooperative_id = m.cooperative_id and f.day = m.month",
    "delete from assisted_day f using d where f.cooperative_id = d.cooperative_id and f.day = d.day",
    "delete from money_day f using d where f.cooperative_id = d.cooperative_id and f.day = d.day",
    "delete from money_month f using m where f.cooperative_id = m.cooperative_id and f.day = m.month",
    "delete from household_month f using m where f.cooperative_id = m.cooperative_id and f.month = m.month",
    "delete from household_year f using y where f.cooperative_id = y.cooperative_id and f.month = y.month",
    "delete from household_month_count f using m where f.cooperative_id = m.cooperative_id and f.month = m.month",
    "delete from household_year_count f using y where f.cooperative_id = y.cooperative_id and f.month = y.month",
)
_SALES_COLUMNS = (
    "(cooperative_id, day, produce_id, channel, buyer_kind, certified, fen, quantity, lines, parts)"
)
_HOUSEHOLD_COLUMNS = "(cooperative_id, month, household_id, sold_from, money_from)"
_TAKINGS_COLUMNS = "(cooperative_id, day, assisted, fen, lines, parts)"
_COUNT_COLUMNS = "(cooperative_id, month, day, sold, money)"


def _of_facts(table: str, named: str, of: str) -> str:
    """The facts of the months or years in `of`."""
    return f"(select x.* from {table} x join {of} on {of}.cooperative_id = x.cooperative_id and {of}.month = x.{named}) as x"


_WRITE = (
    f"insert into sales_day {_SALES_COLUMNS} {facts_sql.sales('d')}",
    f"insert into sales_month {_SALES_COLUMNS} "
    + facts_sql.MONTHS.format(days=f"(select s.* from {_FROM_DAYS}) as x"),
    f"insert into sales_year {_SALES_COLUMNS} "
    + facts_sql.SALES_YEARS.format(days=f"(select s.* from {_FROM_MONTHS}) as x"),
    f"insert into takings_month {_TAKINGS_COLUMNS} "
    + facts_sql.TAKINGS.format(months=_of_facts("sales_month", "day", "m")),
    f"insert into assisted_day (cooperative_id, day, order_id, fen) {facts_sql.assisted('d')}",
    f"insert into money_day (cooperative_id, day, fen) {facts_sql.money('d')}",
    "insert into money_month (cooperative_id, day, fen) "
    + facts_sql.MONEY_MONTHS.format(days=f"(select s.* from {_FROM_MONEY}) as x"),
    f"insert into household_month {_HOUSEHOLD_COLUMNS} {facts_sql.households('m')}",
    f"insert into household_year {_HOUSEHOLD_COLUMNS} "
    + facts_sql.YEARS.format(months=f"(select h.* from {_FROM_HOUSEHOLDS}) as x"),
    f"insert into household_month_count {_COUNT_COLUMNS} "
    + facts_sql.COUNTS.format(households=_of_facts("household_month", "month", "m")),
    f"insert into household_year_count {_COUNT_COLUMNS} "
    + facts_sql.COUNTS.format(households=_of_facts("household_year", "month", "y")),
)
# Where a household was found first, and where else. Two sweeps that find it at the same time wait for each other, in the order
# of households, and the second sees the first: in the statement after this one, which is why there are two.
_HOME = """
    insert into household_home (household_id, cooperative_id) select household_id, min(cooperative_id) from household_year h
     where {where} and not exists (select from household_home o where o.household_id = h.household_id)
     group by household_id order by household_id on conflict do nothing
"""
_GUEST = """
    insert into household_guest (cooperative_id, household_id) select distinct h.cooperative_id, h.household_id
      from household_year h join household_home o on o.household_id = h.household_id and o.cooperative_id <> h.cooperative_id
     where {where} on conflict do nothing
"""
_HERE = "exists (select from y where y.cooperative_id = h.cooperative_id and y.month = h.month)"
# the same of every row there is; months from days, years from months
OF_ALL_ROWS = (
    f"insert into sales_day {_SALES_COLUMNS} {facts_sql.ALL_SALES}",
    f"insert into sales_month {_SALES_COLUMNS} {facts_sql.MONTHS.format(days='sales_day')}",
    f"insert into sales_year {_SALES_COLUMNS} {facts_sql.SALES_YEARS.format(days='sales_month')}",
    f"insert into takings_month {_TAKINGS_COLUMNS} {facts_sql.TAKINGS.format(months='sales_month')}",
    f"insert into assisted_day (cooperative_id, day, order_id, fen) {facts_sql.ALL_ASSISTED}",
    f"insert into money_day (cooperative_id, day, fen) {facts_sql.ALL_MONEY}",
    f"insert into money_month (cooperative_id, day, fen) {facts_sql.MONEY_MONTHS.format(days='money_day')}",
    f"insert into household_month {_HOUSEHOLD_COLUMNS} {facts_sql.ALL_HOUSEHOLDS}",
    f"insert into household_year {_HOUSEHOLD_COLUMNS} {facts_sql.YEARS.format(months='household_month')}",
    f"insert into household_month_count {_COUNT_COLUMNS} {facts_sql.COUNTS.format(households='household_month')}",
    f"insert into household_year_count {_COUNT_COLUMNS} {facts_sql.COUNTS.format(households='household_year')}",
    _HOME.format(where="true"),
    _GUEST.format(where="true"),
)
TABLES = (
    "sales_day", "sales_month", "sales_year", "takings_month", "assisted_day", "money_day", "money_month", "household_month",
    "household_year", "household_month_count", "household_year_count",
)  # fmt: skip


def sweep() -> list[int]:
    """Fold in what was touched, each cooperative in a transaction of its own; returns those that failed, left as they were."""
    with transaction():
        waiting = list(
            session().scalars(
                text("select distinct cooperative_id from fact_touched order by cooperative_id")
            )
        )
    return each(waiting, _fold_each, "orders.facts", portion=1)


def fold(cooperative_id: int) -> int:
    """Compute anew the touched days of one cooperative; returns how many marks are gone. 0 while another sweep is at it.

    For READ COMMITTED: the lock is held before the statement that looks at the rows begins, so that of two sweeps the later sees
    what the earlier wrote. A mark is deleted only if it was read before the rows were: its rows are then in the facts. One that
    came meanwhile stays, and its day is simply done again.
    """
    if not session().scalar(_TRY, {"c": cooperative_id}):
        return 0
    marks = list(session().execute(_MARKS, {"c": cooperative_id, "portion": PORTION}))
    if not marks:
        return 0
    _write(cooperative_id, sorted({mark.day for mark in marks}))
    faults.point("facts:written")
    session().execute(_DONE, {"ids": [mark.id for mark in marks]})
    return len(marks)


def rebuild(cooperative_id: int) -> None:
    """Throw a cooperative's facts away and make them again from all its rows; waits for a sweep that is at it."""
    session().execute(text("set local statement_timeout = '15min'"))
    session().execute(_WAIT, {"c": cooperative_id})
    marks = [mark.id for mark in session().execute(_MARKS, {"c": cooperative_id, "portion": None})]
    for table in TABLES:
        session().execute(text(f"delete from {table} where cooperative_id = :c"), {"c": cooperative_id})
    days = text(
        "select on_date from attribution where cooperative_id = :c"
        " union select on_date from ledger_transaction where cooperative_id = :c order by 1"
    )
    _write(cooperative_id, list(session().scalars(days, {"c": cooperative_id})))
    session().execute(_DONE, {"ids": marks})


def rebuild_all() -> int:
    """Every cooperative, each in a transaction of its own; returns how many."""
    with transaction():
        ids = list(session().scalars(text("select id from cooperative order by id")))
    for one in ids:
        with transaction():
            rebuild(one)
    return len(ids)


def _fold_each(ids: Sequence[int]) -> None:
    for one in ids:
        fold(one)


def _write(cooperative_id: int, days: Sequence[object]) -> None:
    scope = {"c": cooperative_id, "days": list(days)}
    for statement in (*_DROP, *_WRITE, _HOME.format(where=_HERE), _GUEST.format(where=_HERE)):
        session().execute(text(_of(statement)), scope)


def _of(statement: str) -> str:
    """The statement with the days, months and years it is about in front."""
    return f"{_OF} {statement}"
