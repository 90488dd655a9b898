"""Invariants of the township's daily facts: derived sums are the rows', and a closed month is what it was stated to be.

A day that was touched since its facts were written is read from the rows by every page, so only untouched ones are compared.
"""

from __future__ import annotations

from typing import Any

from shop.audit.check import Check
from shop.core.text import N_
from shop.orders import facts_sql, town_months

_CELL = "cooperative_id, day, produce_id, channel, buyer_kind, certified"
_SUMS = "fen, quantity, lines, parts"
_TOUCHED = "select from fact_touched t where t.cooperative_id = x.cooperative_id"
_HOUSEHOLD = "cooperative_id, month, household_id"


def _differ(kept: str, rows: str, key: str, values: str, touched: str) -> str:
    """Rows of which kept facts and the rows' own sums differ, left out what is read live."""
    return f"""
        select '{kept}' as fact, {key.split(", ")[1]} as day, x.cooperative_id as cooperative, count(*) as differ from (
          (select {key}, {values} from {kept} except all select {key}, {values} from ({rows}) as r)
          union all
          (select {key}, {values} from ({rows}) as r except all select {key}, {values} from {kept})) as x
         where not exists ({_TOUCHED} and {touched}) group by 1, 2, 3
    """


# written in the transaction of the facts, so whatever is marked has them, too
_NOWHERE = """
    union all
    select 'household_guest', h.month, h.cooperative_id, count(*) from household_year h
     where not exists (select from household_home o
                        where o.household_id = h.household_id and o.cooperative_id = h.cooperative_id)
       and not exists (select from household_guest g
                        where g.household_id = h.household_id and g.cooperative_id = h.cooperative_id)
     group by h.month, h.cooperative_id
    union all
    select 'household_home', h.month, h.cooperative_id, count(*) from household_year h
     where not exists (select from household_home o where o.household_id = h.household_id) group by h.month, h.cooperative_id
"""


def _broken_months() -> list[dict[str, Any]]:
    return town_months.broken()


CHECKS = (
    Check(
        "daily-sales",
        N_("每日销售汇总"),
        N_("每个社每天、每月的销售汇总 = 归属记录逐行合计；有新记录还没汇总的日子，页面直接读记录"),
        _differ("sales_day", facts_sql.ALL_SALES, _CELL, _SUMS, "t.day = x.day")
        + " union all "
        + _differ(
            "sales_month",
            facts_sql.MONTHS.format(days=f"({facts_sql.ALL_SALES}) as a"),
            _CELL,
            _SUMS,
            "date_trunc('month', t.day::timestamp) = x.day",
        ),
    ),
    Check(
        "daily-money",
        N_("每日货款和户数汇总"),
        N_("每个社每天计入农户的货款、每月每年涉及的农户 = 账本和归属记录逐行合计"),
        _differ("money_day", facts_sql.ALL_MONEY, "cooperative_id, day", "fen", "t.day = x.day")
        + " union all "
        + _differ(
            "household_month",
            facts_sql.ALL_HOUSEHOLDS,
            _HOUSEHOLD,
            "sold_from, money_from",
            "date_trunc('month', t.day::timestamp) = x.month",
        )
        + " union all "
        + _differ(
            "household_year",
            facts_sql.YEARS.format(months=f"({facts_sql.ALL_HOUSEHOLDS}) as a"),
            _HOUSEHOLD,
            "sold_from, money_from",
            "date_trunc('year', t.day::timestamp) = x.month",
        ),
    ),
    Check(
        "county-sales",
        N_("全年和各月销售汇总"),
        N_(
            "每个社全年的销售汇总、各月的销售合计、每天的帮助销售 = 归属记录逐行合计；有新记录还没汇总的，页面直接读记录"
        ),
        _differ(
            "sales_year",
            facts_sql.SALES_YEARS.format(days=f"({facts_sql.ALL_SALES}) as a"),
            _CELL,
            _SUMS,
            "date_trunc('year', t.day::timestamp) = x.day",
        )
        + " union all "
        + _differ(
            "takings_month",
            facts_sql.TAKINGS.format(
                months=f"({facts_sql.MONTHS.format(days=f'({facts_sql.ALL_SALES}) as a')}) as m"
            ),
            "cooperative_id, day, assisted",
            "fen, lines, parts",
            "date_trunc('month', t.day::timestamp) = x.day",
        )
        + " union all "
        + _differ(
            "assisted_day", facts_sql.ALL_ASSISTED, "cooperative_id, day, order_id", "fen", "t.day = x.day"
        ),
    ),
    Check(
        "county-money",
        N_("每月货款和逐日户数"),
        N_(
            "每个社每月计入农户的货款、每月每年到某天为止的户数 = 逐行合计；在两个社都有的户都登了记，不会数两次"
        ),
        _differ(
            "money_month",
            facts_sql.MONEY_MONTHS.format(days=f"({facts_sql.ALL_MONEY}) as a"),
            "cooperative_id, day",
            "fen",
            "date_trunc('month', t.day::timestamp) = x.day",
        )
        + " union all "
        + _differ(
            "household_month_count",
            facts_sql.COUNTS.format(households=f"({facts_sql.ALL_HOUSEHOLDS}) as a"),
            "cooperative_id, month, day",
            "sold, money",
            "date_trunc('month', t.day::timestamp) = x.month",
        )
        + " union all "
        + _differ(
            "household_year_count",
            facts_sql.COUNTS.format(
                households=f"({facts_sql.YEARS.format(months=f'({facts_sql.ALL_HOUSEHOLDS}) as a')}) as y"
            ),
            "cooperative_id, month, day",
            "sold, money",
            "date_trunc('year', t.day::timestamp) = x.month",
        )
        + _NOWHERE,
    ),
    Check(
        "closed-town-months",
        N_("已关账月份"),
        N_("乡镇关账时的汇总与它的校验码、合计数一致；说明按次序一条不缺"),
        _broken_months,
    ),
)
