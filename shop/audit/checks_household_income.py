"""Invariants of the households' income ledger: what flows in is what the books say, what was entered is of its source's class."""

from __future__ import annotations

from shop.audit.check import Check
from shop.cooperatives.income.movements import ROWS
from shop.core.text import N_

CHECKS = (
    Check(
        "income-credited",
        N_("货款和扣款进台账"),
        N_(
            "每户每年：台账里的货款 − 代扣 + 分配 = 账上欠它的钱（114、211、221、222）的变动，付款、转出资和凭证除外"
        ),
        f"""
        with told as (select household_id, extract(year from on_date)::int as year,
                             sum(case when income_class = 'expense' then -fen else fen end) as fen
                        from ({ROWS}) m where m.entry_id is null group by 1, 2),
        books as (select e.household_id, extract(year from t.on_date)::int as year, -sum(e.fen) as fen
                    from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
                   where e.household_id is not null and e.account in ('114.payable', '211', '221', '222')
                     and t.kind not in ('payout', 'payout_return', 'conversion') and t.source_type <> 'voucher'
                   group by 1, 2)
        select household_id, year, told.fen, books.fen as in_books from told full join books using (household_id, year)
         where coalesce(told.fen, 0) <> coalesce(books.fen, 0)
        """,  # noqa: S608
    ),
    Check(
        "income-distributed",
        N_("盈余分配进台账"),
        N_("每户每年：台账里的盈余返还、剩余盈余 = 已入账分配表里它的那些行，冲回的算零"),
        f"""
        with told as (select household_id, cooperative_id, extract(year from on_date)::int as year,
                             sum(fen) filter (where source_code = 'patronage') as patronage,
                             sum(fen) filter (where source_code = 'residual') as residual
                        from ({ROWS}) m where m.figure = 'distributed' group by 1, 2, 3),
        posted as (select m.household_id, d.cooperative_id, d.year::int as year, sum(l.patronage_fen) as patronage,
                          sum(l.residual_fen) as residual
                     from distribution d join distribution_line l on l.distribution_id = d.id
                     join member m on m.id = l.member_id
                    where d.state in ('posted', 'paying', 'paid') group by 1, 2, 3)
        select household_id, cooperative_id, year, told.patronage, told.residual, posted.patronage as of_lines,
               posted.residual as residual_of_lines
          from told full join posted using (household_id, cooperative_id, year)
         where coalesce(told.patronage, 0) <> coalesce(posted.patronage, 0)
            or coalesce(told.residual, 0) <> coalesce(posted.residual, 0)
        """,  # noqa: S608
    ),
    Check(
        "income-reversals",
        N_("台账冲销"),
        N_("每笔冲销只冲一笔登记，户、人、来源、日期、金额都相同；冲销不再冲销"),
        """
        select r.id, r.reverses_id, r.household_id, r.fen, x.fen as of_entry
          from household_income_entry r left join household_income_entry x on x.id = r.reverses_id
         where r.reverses_id is not null
           and (x.id is null or x.reverses_id is not null
                or (r.household_id, r.person_id, r.source_code, r.income_class, r.on_date, r.fen)
                   is distinct from (x.household_id, x.person_id, x.source_code, x.income_class, x.on_date, x.fen))
        """,
    ),
    Check(
        "income-once",
        N_("台账不重记"),
        N_("同一户、来源、日期、金额和凭据的登记，没有冲销的最多一笔"),
        """
        select x.content_key, min(x.id) as first_id, max(x.id) as last_id, count(*) as entries
          from household_income_entry x
         where x.content_key is not null and not exists (select from household_income_entry r where r.reverses_id = x.id)
         group by x.content_key having count(*) > 1
        """,
    ),
    Check(
        "income-classes",
        N_("收入类别"),
        N_("每笔登记的类别 = 它来源的类别，来源是手工登记的；系统记入的来源没有手工登记"),
        """
        select x.id, x.source_code, x.income_class, s.income_class as of_source
          from household_income_entry x left join income_source s on s.code = x.source_code
         where s.code is null or s.income_class <> x.income_class or not s.by_hand
        """,
    ),
)
