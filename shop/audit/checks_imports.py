"""Invariants of imported tables: a file is in whole or not at all, and every line of it is one row of ours."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "imports-whole",
        N_("表格导入"),
        N_("导入完的文件，每一行都记着变成了哪一条；没有导入完的一行都没有；同一张交货单只来自一行"),
        """
        select i.id as import, i.cooperative_id as cooperative, i.state, i.rows_good, i.rows_done, count(r.number) as lines,
               count(r.number) filter (where i.kind = 'intake' and c.id is null) as lost
          from sheet_import i
          left join sheet_import_row r on r.import_id = i.id
          left join intake_receipt c on c.id = r.subject_id and c.cooperative_id = i.cooperative_id
                                    and r.subject_type = 'intake_receipt' and c.request_key like 'import:%'
         group by i.id
        having count(r.number) <> case when i.state = 'done' then i.rows_good else 0 end
            or (i.state = 'done' and i.rows_done <> i.rows_good)
            or count(r.number) filter (where i.kind = 'intake' and c.id is null) > 0
            or count(distinct r.subject_id) filter (where i.kind = 'intake')
               <> count(r.subject_id) filter (where i.kind = 'intake')
        """,
    ),
    Check(
        "imports-township",
        N_("镇里的表格导入"),
        N_("导入的每一行是本镇的一张外部订单、一笔台账登记或一户；同一张订单、同一笔登记只来自一行"),
        """
        with made as (
          select r.import_id, r.number, i.kind, i.region_code, r.subject_id,
                 case i.kind
                   when 'sales' then (select v.region_code from assisted_sale a join suborder s on s.order_id = a.order_id
                        join cooperative c on c.id = s.cooperative_id join village v on v.id = c.village_id
                       where r.subject_type = 'order' and a.order_id = r.subject_id and a.platform is not null)
                   when 'income' then (select v.region_code from household_income_entry e
                        join household h on h.id = e.household_id join village v on v.id = h.village_id
                       where r.subject_type = 'household_income_entry' and e.id = r.subject_id and e.reverses_id is null
                         and e.request_key like 'import:%')
                   when 'households' then (select v.region_code from household h join village v on v.id = h.village_id
                       where r.subject_type = 'household' and h.id = r.subject_id)
                 end as place,
                 count(*) over (partition by i.kind, r.subject_id) as times
            from sheet_import_row r join sheet_import i on i.id = r.import_id
           where i.region_code is not null)
        select import_id, number, kind, subject_id, place, times from made
         where place is null or not starts_with(place, region_code) or (times > 1 and kind in ('sales', 'income'))
        """,
    ),
    Check(
        "imports-opening",
        N_("表格导入"),
        N_("期初余额的表整张导入：没有一行有误，每一行都记着同一张期初凭证；还有要改的表没有在导入"),
        """
        select i.id as import, i.cooperative_id as cooperative, i.state, i.rows_bad, i.held,
               count(distinct r.subject_id) as vouchers, count(r.number) filter (where v.id is null) as lost
          from sheet_import i
          left join sheet_import_row r on r.import_id = i.id
          left join voucher v on v.id = r.subject_id and v.cooperative_id = i.cooperative_id
                             and r.subject_type = 'voucher' and v.kind = 'opening'
         where i.kind = 'opening'
         group by i.id
        having (i.state = 'done' and (i.rows_bad > 0 or i.held or count(distinct r.subject_id) <> 1))
            or count(r.number) filter (where v.id is null) > 0
        """,
    ),
)
