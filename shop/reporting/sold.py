"""Sales and money of a region in several stretches of days at once, and exactly which rows were counted.

Attribution rows say what was sold (figure a), ledger rows what was credited to households (figure b); the two are
read side by side and never added together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from shop.cooperatives.ledger.queries import CREDITED
from shop.core.db import session
from shop.orders.figures import ROWS, Sold
from shop.reporting.periods import Window

_WINDOWS = (
    "unnest(cast(:names as text[]), cast(:firsts as date[]), cast(:lasts as date[])) as w(name, first, last)"
)
_SALES = text(
    f"""
    select name, assisted, village_id, cooperative_id, product, month,
           grouping(village_id, cooperative_id, product, month) as level, coalesce(sum(fen), 0)::bigint as fen,
           count(distinct order_id) as orders, count(distinct household_id) as households
      from (select w.name, o.channel = 'assisted' as assisted, v.id as village_id, a.cooperative_id, g.name as product,
                   extract(month from a.on_date)::int as month, a.fen, s.order_id, a.household_id
            {ROWS}
              join {_WINDOWS} on a.on_date between w.first and w.last) as sold
     group by grouping sets ((name, assisted), (name, assisted, village_id), (name, assisted, cooperative_id),
                             (name, assisted, product), (name, assisted, month))
    """  # noqa: S608 (constant fragments)
)
LEVELS = {15: "total", 7: "village", 11: "cooperative", 13: "product", 14: "month"}
_COUNTED = text(
    f"""
    select o.channel = 'assisted' as assisted, sum(a.fen)::bigint as fen, count(*) as number,
           range_agg(int8range(a.id, a.id, '[]'))::text as rows
    {ROWS} where a.on_date between :first and :last group by 1
    """
)
_MONEY_ROWS = f"""
      from ledger_entry e
      join ledger_transaction t on t.id = e.transaction_id
      join cooperative c on c.id = e.cooperative_id
      join village v on v.id = c.village_id and v.region_code like :prefix
     where {CREDITED} and t.on_date between :first and :last
"""
_MONEY = text(
    f"""
    select e.cooperative_id, coalesce(-sum(e.fen), 0)::bigint as fen, count(distinct e.household_id) as households,
           count(*) as number, range_agg(int8range(t.id, t.id, '[]'))::text as rows
    {_MONEY_ROWS} group by grouping sets ((), (e.cooperative_id))
    """
)


@dataclass(frozen=True, slots=True)
class Counted:
    """Which rows make up a sum: fen, how many, and ids as PostgreSQL writes a multirange.

    Of sales the ids of attribution rows; of money those of the ledger transactions whose entries are counted.
    """

    fen: int = 0
    number: int = 0
    rows: str = "{}"


@dataclass(frozen=True, slots=True)
class Money:
    """Figure (b) of the period: by cooperative (fen, distinct households), in all, and the rows counted."""

    fen: int
    households: int
    by: Mapping[int, tuple[int, int]]
    counted: Counted


# (assisted, level) → key (None of a total) → window → sum
Sales = dict[tuple[bool, str], dict[Any, dict[str, Sold]]]


def sales(region_code: str, windows: Mapping[str, Window]) -> Sales:
    """Sums of all stretches by level. Assisted sales stand apart. One statement."""
    found: Sales = {(assisted, level): {} for assisted in (False, True) for level in LEVELS.values()}
    scope = {
        "prefix": region_code + "%",
        "names": list(windows),
        "firsts": [window.first for window in windows.values()],
        "lasts": [window.last for window in windows.values()],
    }
    for row in session().execute(_SALES, scope):
        level = LEVELS[row.level]
        key = (
            None
            if level == "total"
            else row._mapping[level if level in ("product", "month") else f"{level}_id"]
        )
        found[row.assisted, level].setdefault(key, {})[row.name] = Sold(row.fen, row.orders, row.households)
    return found


def counted(region_code: str, window: Window) -> dict[bool, Counted]:
    """The attribution rows of one stretch, assisted and others. One statement."""
    found = {True: Counted(), False: Counted()}
    scope = {"prefix": region_code + "%", "first": window.first, "last": window.last}
    for row in session().execute(_COUNTED, scope):
        found[row.assisted] = Counted(row.fen, row.number, row.rows)
    return found


def size(region_code: str, window: Window) -> int:
    """How many attribution rows there are in a stretch, assisted sales included; cheap enough for a page."""
    statement = text(
        "select count(*) from village v join cooperative c on c.village_id = v.id"
        " join attribution a on a.cooperative_id = c.id and a.on_date between :first and :last"
        " where v.region_code like :prefix"
    )
    scope = {"prefix": region_code + "%", "first": window.first, "last": window.last}
    return int(session().scalar(statement, scope) or 0)


def money(region_code: str, window: Window) -> Money:
    """What was credited to households in one stretch. One statement."""
    scope = {"prefix": region_code + "%", "first": window.first, "last": window.last}
    rows = session().execute(_MONEY, scope).all()
    whole = next(row for row in rows if row.cooperative_id is None)
    by = {row.cooperative_id: (row.fen, row.households) for row in rows if row.cooperative_id is not None}
    return Money(whole.fen, whole.households, by, Counted(whole.fen, whole.number, whole.rows or "{}"))
