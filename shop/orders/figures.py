"""Sales figures read from the attribution rows: what was sold, by whom, to the order line. Never mixed with money paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text

from shop.cooperatives.ledger.queries import CREDITED
from shop.core.db import session

# attribution a with its line l, suborder s, order o, produce g, cooperative c and village v of a region
ROWS = """
    from attribution a
    join order_line l on l.id = a.line_id
    join suborder s on s.id = l.suborder_id
    join customer_order o on o.id = s.order_id
    join produce g on g.id = l.produce_id
    join cooperative c on c.id = a.cooperative_id
    join village v on v.id = c.village_id and v.region_code like :prefix
"""
_TOTALS = text(
    f"""
    select year, assisted, cooperative_id, product, month, grouping(cooperative_id, product, month) as level,
           coalesce(sum(fen), 0)::bigint as fen, count(distinct order_id) as orders,
           count(distinct household_id) as households
      from (select extract(year from a.on_date)::int as year, o.channel = 'assisted' as assisted, a.cooperative_id,
                   g.name as product, extract(month from a.on_date)::int as month, a.fen, a.household_id,
                   s.order_id {ROWS}
             where a.on_date between :first and :last or a.on_date between :first_before and :last_before) as sold
     group by grouping sets ((year, assisted), (year, assisted, cooperative_id), (year, assisted, product),
                             (year, assisted, month))
     order by level, cooperative_id, product, month
    """  # noqa: S608 (constant fragments)
)
_LINES = """
    select l.id, o.number, o.channel, o.paid_on, o.buyer_kind, o.evidence, c.name as cooperative, c.code as cooperative_code,
           v.name as village, l.product_name, l.spec, l.unit_kind, l.quantity, count(*) over () as total,
           sum(sum(a.fen)) over ()::bigint as total_fen, sum(a.fen)::bigint as fen,
           count(distinct a.household_id) as households
"""
LEVELS = {7: "total", 3: "cooperative", 5: "product", 6: "month"}


@dataclass(frozen=True)
class Sold:
    """A sum of sales: fen, distinct orders, distinct households."""

    fen: int = 0
    orders: int = 0
    households: int = 0


@dataclass(frozen=True)
class YearSales:
    """A year beside the year before, by level; `assisted` sales (帮助销售) stand apart and are never added in."""

    year: int
    last: date
    total: Sold
    before: Sold
    assisted: Sold
    by: dict[str, dict[Any, tuple[Sold, Sold]]]
    assisted_by: dict[str, dict[Any, tuple[Sold, Sold]]]
    has_before: bool


def year_sales(region_code: str, year: int, last: date) -> YearSales:
    """Sales of 1 January to `last` of a year and of the same days a year before, in one statement."""
    scope = {
        "prefix": region_code + "%",
        "first": date(year, 1, 1),
        "last": last,
        "first_before": date(year - 1, 1, 1),
        "last_before": _year_before(last),
    }
    by: dict[str, dict[Any, tuple[Sold, Sold]]] = {name: {} for name in LEVELS.values()}
    assisted_by: dict[str, dict[Any, tuple[Sold, Sold]]] = {name: {} for name in LEVELS.values()}
    for row in session().execute(_TOTALS, scope):
        level = LEVELS[row.level]
        key = {"total": None, "cooperative": row.cooperative_id, "product": row.product, "month": row.month}[
            level
        ]
        target = assisted_by if row.assisted else by
        now, before = target[level].get(key, (Sold(), Sold()))
        sold = Sold(row.fen, row.orders, row.households)
        target[level][key] = (sold, before) if row.year == year else (now, sold)
    total, before = by["total"].get(None, (Sold(), Sold()))
    assisted, _ = assisted_by["total"].get(None, (Sold(), Sold()))
    return YearSales(
        year=year,
        last=last,
        total=total,
        before=before,
        assisted=assisted,
        by=by,
        assisted_by=assisted_by,
        has_before=before.orders > 0,
    )


def _year_before(day: date) -> date:
    return (
        day.replace(year=day.year - 1, day=28)
        if (day.month, day.day) == (2, 29)
        else day.replace(year=day.year - 1)
    )


@dataclass(frozen=True)
class Slice:
    """Which order lines: a region's days; assisted sales or the others; optionally of one cooperative (code), village (code),
    product, channel, kind of buyer, certified goods or the others."""

    region_code: str
    first: date
    last: date
    assisted: bool = False
    cooperative: str | None = None
    product: str | None = None
    village: str | None = None
    channel: str | None = None
    buyer_kind: str | None = None
    certified: bool | None = None


# field of a slice → what it is compared with
_PARTS = {
    "cooperative": "c.code", "product": "g.name", "village": "v.code", "channel": "o.channel", "buyer_kind": "o.buyer_kind",
    "certified": "l.certified",
}  # fmt: skip


def lines(part: Slice, limit: int, offset: int) -> list[Any]:
    """The order lines behind a figure, newest first; every row carries the count and the sum of all of them."""
    conditions = ["a.on_date between :first and :last", "(o.channel = 'assisted') = :assisted"]
    scope: dict[str, Any] = {
        "prefix": part.region_code + "%",
        "first": part.first,
        "last": part.last,
        "assisted": part.assisted,
        "limit": limit,
        "offset": offset,
    }
    for name, column in _PARTS.items():
        if (wanted := getattr(part, name)) is not None:
            conditions.append(f"{column} = :{name}")
            scope[name] = wanted
    statement = text(
        f"{_LINES} {ROWS} where {' and '.join(conditions)}"
        " group by l.id, o.id, c.id, v.id order by o.paid_on desc, l.id desc limit :limit offset :offset"
    )
    return list(session().execute(statement, scope))


def years_with_sales(region_code: str) -> list[int]:
    """Years in which anything was sold, newest first."""
    statement = text(
        "select distinct extract(year from a.on_date)::int as year from attribution a"
        " join cooperative c on c.id = a.cooperative_id"
        " join village v on v.id = c.village_id and v.region_code like :prefix order by 1 desc"
    )
    return list(session().execute(statement, {"prefix": region_code + "%"}).scalars())


_HOUSEHOLDS = text(
    f"""
    with sold as (
      select a.household_id, sum(a.fen)::bigint as fen, count(distinct s.order_id) as orders
        from attribution a join order_line l on l.id = a.line_id join suborder s on s.id = l.suborder_id
        join customer_order o on o.id = s.order_id and o.channel <> 'assisted'
        join cooperative c on c.id = a.cooperative_id
        join village v on v.id = c.village_id and v.region_code like :prefix
       where a.on_date between :first and :last and a.household_id is not null
         and coalesce(:cooperative, c.code) = c.code and coalesce(:village, v.code) = v.code group by 1
    ), money as (
      select e.household_id, -sum(e.fen)::bigint as fen
        from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
        join cooperative c on c.id = e.cooperative_id
        join village v on v.id = c.village_id and v.region_code like :prefix
       where {CREDITED} and t.on_date between :first and :last
         and coalesce(:cooperative, c.code) = c.code and coalesce(:village, v.code) = v.code group by 1
    )
    select h.code, h.head_name, v.name as village, sold.fen as sold_fen, sold.orders, money.fen as money_fen,
           count(*) over () as total, count(sold.fen) over () as sold_households, count(money.fen) over () as money_households,
           coalesce(sum(sold.fen) over (), 0)::bigint as sold_total, coalesce(sum(money.fen) over (), 0)::bigint as money_total
      from sold full join money using (household_id)
      join household h on h.id = household_id join village v on v.id = h.village_id
     order by coalesce(sold.fen, 0) desc, h.code limit :limit offset :offset
    """  # noqa: S608 (constant fragments)
)


def household_sums(
    region_code: str,
    first: date,
    last: date,
    limit: int,
    offset: int,
    *,
    cooperative: str | None = None,
    village: str | None = None,
) -> list[Any]:
    """Per household figures (a) sold and (b) credited side by side; head_name encrypted, totals on every row.

    `cooperative` and `village` are codes: only what was sold and credited by that cooperative, by those of that village.
    """
    scope = {
        "prefix": region_code + "%", "first": first, "last": last, "limit": limit, "offset": offset,
        "cooperative": cooperative, "village": village,
    }  # fmt: skip
    return list(session().execute(_HOUSEHOLDS, scope))


def households_paid(region_code: str, first: date, last: date) -> Any:
    """Figure (b), money credited to households in the period from the ledger: (fen, households). Never added to sales."""
    statement = text(
        "select coalesce(-sum(e.fen), 0)::bigint as fen, count(distinct e.household_id) as households"  # noqa: S608 (constant)
        "  from ledger_entry e join ledger_transaction t on t.id = e.transaction_id"
        "  join cooperative c on c.id = e.cooperative_id"
        "  join village v on v.id = c.village_id and v.region_code like :prefix"
        f" where {CREDITED} and t.on_date between :first and :last"
    )
    scope = {"prefix": region_code + "%", "first": first, "last": last}
    return session().execute(statement, scope).one()


def order_in_region(number: str, region_code: str) -> bool:
    """Whether a cooperative of this region sold something in the order."""
    statement = text(
        "select true from customer_order o join suborder s on s.order_id = o.id"
        " join cooperative c on c.id = s.cooperative_id"
        " join village v on v.id = c.village_id and v.region_code like :prefix"
        " where o.number = :number limit 1"
    )
    return bool(session().execute(statement, {"number": number[:40], "prefix": region_code + "%"}).scalar())


def line_names(number: str) -> dict[int, Any]:
    """Line id → row (product_name, spec, unit_kind, quantity, cooperative) of an order, to label its trace."""
    statement = text(
        "select l.id, l.product_name, l.spec, l.unit_kind, l.quantity, l.net_fen, c.name as cooperative"
        "  from customer_order o join suborder s on s.order_id = o.id join order_line l on l.suborder_id = s.id"
        "  join cooperative c on c.id = l.cooperative_id where o.number = :number"
    )
    return {row.id: row for row in session().execute(statement, {"number": number[:40]})}
