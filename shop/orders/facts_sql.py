"""What a fact is, said once: the statements' parts from which facts are written, read live, and audited. Pure text.

Each takes the name of a relation that says of what: `of` with columns (cooperative_id, day), or (cooperative_id, month). It is
joined laterally to sums, so that PostgreSQL goes by the index from day to day: it cannot know how few days a relation has,
and would else read all rows there are.
"""

from __future__ import annotations

from shop.cooperatives.ledger.queries import CREDITED

# An order line counts where its first row is: rows are only ever added, so the row with the smallest number stays the first.
_SALES = """
    select a.cooperative_id, a.on_date as day, l.produce_id, o.channel, o.buyer_kind, l.certified,
           sum(a.fen)::bigint as fen, sum(a.quantity)::bigint as quantity,
           count(*) filter (where a.id = (select min(b.id) from attribution b where b.line_id = a.line_id)) as lines,
           count(*) filter (where a.id = (select min(b.id) from order_line k join attribution b on b.line_id = k.id
                                           where k.suborder_id = l.suborder_id)) as parts
      from attribution a
      join order_line l on l.id = a.line_id
      join suborder s on s.id = l.suborder_id
      join customer_order o on o.id = s.order_id
     where {where}
     group by a.cooperative_id, a.on_date, l.produce_id, o.channel, o.buyer_kind, l.certified
"""
_MONEY = f"""
    select t.cooperative_id, t.on_date as day, -sum(e.fen)::bigint as fen
      from ledger_transaction t
      join ledger_entry e on e.transaction_id = t.id and {CREDITED}
     where {{where}}
     group by t.cooperative_id, t.on_date
"""
_HOUSEHOLDS = f"""
    select cooperative_id, month, household_id, min(sold_from) as sold_from, min(money_from) as money_from
      from (select a.cooperative_id, date_trunc('month', a.on_date::timestamp)::date as month, a.household_id,
                   min(a.on_date) as sold_from, null::date as money_from
              from attribution a
              join order_line l on l.id = a.line_id
              join suborder s on s.id = l.suborder_id
              join customer_order o on o.id = s.order_id and o.channel <> 'assisted'
             where a.household_id is not null and {{sold}} group by 1, 2, 3
            union all
            select t.cooperative_id, date_trunc('month', t.on_date::timestamp)::date, e.household_id, null, min(t.on_date)
              from ledger_transaction t
              join ledger_entry e on e.transaction_id = t.id and {CREDITED}
             where {{credited}} group by 1, 2, 3) as both_figures
     group by cooperative_id, month, household_id
"""
_ASSISTED = """
    select a.cooperative_id, a.on_date as day, o.id as order_id, sum(a.fen)::bigint as fen
      from attribution a
      join order_line l on l.id = a.line_id
      join suborder s on s.id = l.suborder_id
      join customer_order o on o.id = s.order_id and o.channel = 'assisted'
     where {where}
     group by a.cooperative_id, a.on_date, o.id
"""
# of every row there is
ALL_SALES = _SALES.format(where="true")
ALL_MONEY = _MONEY.format(where="true")
ALL_ASSISTED = _ASSISTED.format(where="true")
ALL_HOUSEHOLDS = _HOUSEHOLDS.format(sold="true", credited="true")


def sales(of: str) -> str:
    """Rows like sales_day's, of the days in `of`."""
    body = _SALES.format(where="a.cooperative_id = d.cooperative_id and a.on_date = d.day")
    return f"select f.* from {of} d cross join lateral ({body}) as f"


def assisted(of: str) -> str:
    """Rows like assisted_day's, of the days in `of`."""
    body = _ASSISTED.format(where="a.cooperative_id = d.cooperative_id and a.on_date = d.day")
    return f"select f.* from {of} d cross join lateral ({body}) as f"


def money(of: str) -> str:
    """Rows like money_day's, of the days in `of`."""
    body = _MONEY.format(where="t.cooperative_id = d.cooperative_id and t.on_date = d.day")
    return f"select f.* from {of} d cross join lateral ({body}) as f"


def households(of: str) -> str:
    """Rows like household_month's, of the months in `of`."""
    within = "between m.month and (m.month + interval '1 month - 1 day')::date"
    body = _HOUSEHOLDS.format(
        sold=f"a.cooperative_id = m.cooperative_id and a.on_date {within}",
        credited=f"t.cooperative_id = m.cooperative_id and t.on_date {within}",
    )
    return f"select f.* from {of} m cross join lateral ({body}) as f"


_SUMMED = """
    select cooperative_id, date_trunc('{unit}', day::timestamp)::date as day, produce_id, channel, buyer_kind, certified,
           sum(fen)::bigint as fen, sum(quantity)::bigint as quantity, sum(lines)::bigint as lines, sum(parts)::bigint as parts
      from {days} group by 1, 2, 3, 4, 5, 6
"""
MONTHS = _SUMMED.replace("{unit}", "month")
SALES_YEARS = _SUMMED.replace("{unit}", "year")
MONEY_MONTHS = """
    select cooperative_id, date_trunc('month', day::timestamp)::date as day, sum(fen)::bigint as fen from {days} group by 1, 2
"""
YEARS = """
    select cooperative_id, date_trunc('year', month::timestamp)::date as month, household_id, min(sold_from) as sold_from,
           min(money_from) as money_from
      from {months} group by 1, 2, 3
"""
TAKINGS = """
    select cooperative_id, day, channel = 'assisted' as assisted, sum(fen)::bigint as fen, sum(lines)::bigint as lines,
           sum(parts)::bigint as parts from {months} group by 1, 2, 3
"""
COUNTS = """
    select cooperative_id, month, day, (sum(sum(sold)) over up_to)::bigint as sold, (sum(sum(money)) over up_to)::bigint as money
      from (select cooperative_id, month, sold_from as day, 1 as sold, 0 as money from {households}
            union all select cooperative_id, month, money_from, 0, 1 from {households}) as first
     where day is not null group by cooperative_id, month, day
    window up_to as (partition by cooperative_id, month order by day)
"""
