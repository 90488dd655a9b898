"""Invariants of reports: what a finished one says is still what its rows add up to, whatever was booked since."""

from __future__ import annotations

from shop.audit.check import Check
from shop.cooperatives.ledger.queries import CREDITED
from shop.core.text import N_

# what a report counted: the sum it wrote down, and the ids that make it up
_COUNTED = """
    select r.id, r.region_code, part.key as part, (part.value ->> 'fen')::bigint as fen,
           (part.value ->> 'number')::bigint as number, (part.value ->> 'rows')::int8multirange as rows,
           (r.facts::jsonb #>> '{windows,now,first}')::date as first, (r.facts::jsonb #>> '{windows,now,last}')::date as last
      from report r cross join lateral jsonb_each(r.facts::jsonb -> 'counted') as part
     where r.state = 'done'
"""
CHECKS = (
    Check(
        "reports-sealed",
        N_("报告的数据"),
        N_("报告的数据和它的校验码一致；用的模板还在；同样的数据只有一份报告"),
        """
        select r.id as report, r.region_code as region, r.period
          from report r left join report_template t
            on (t.region_code, t.kind, t.version) = (r.region_code, r.kind, r.template_version)
         where r.facts is not null
           and (encode(sha256(convert_to(r.facts, 'UTF8')), 'hex') <> r.facts_sha256
                or (r.template_version > 0 and t.body is null)
                or not exists (select from audit_result a where a.id = r.audit_id))
        union all
        select s.id, s.region_code, s.period from report s left join report r
            on (r.id, r.region_code, r.kind, r.period) = (s.same_as, s.region_code, s.kind, s.period) and r.state = 'done'
         where s.state = 'same' and r.id is null
        """,
    ),
    Check(
        "reports-sales",
        N_("报告里的销售额"),
        N_("报告记下的每一笔归属都在、都属于这个地区和这段日子，加起来等于报告里的销售额和各表"),
        f"""
        with counted as materialized ({_COUNTED}), found as (
          select c.id, c.part, c.fen, c.number, x.sum, x.rows
            from counted c
           cross join lateral (
             select coalesce(sum(a.fen), 0)::bigint as sum, count(*) as rows
               from village v join cooperative p on p.village_id = v.id
               join attribution a on a.cooperative_id = p.id and a.on_date between c.first and c.last and a.id <@ c.rows
               join order_line l on l.id = a.line_id join suborder s on s.id = l.suborder_id
               join customer_order o on o.id = s.order_id and (o.channel = 'assisted') = (c.part = 'assisted')
              where v.region_code like c.region_code || '%'
           ) as x
           where c.part in ('sales', 'assisted')
        ), said as (
          select r.id, f.value ->> 'code' as part, (f.value ->> 'value')::bigint as fen,
                 (select coalesce(sum((row #>> '{{sums,now,fen}}')::bigint), 0)::bigint from jsonb_array_elements(
                    r.facts::jsonb -> 'tables' -> case f.value ->> 'code' when 'sales' then 'cooperative'
                                                      else 'assisted_village' end) as row) as by_cooperative,
                 (select coalesce(sum((row #>> '{{sums,now,fen}}')::bigint), 0)::bigint from jsonb_array_elements(
                    r.facts::jsonb -> 'tables' -> case f.value ->> 'code' when 'sales' then 'product'
                                                      else 'assisted_product' end) as row) as by_product
            from report r cross join lateral jsonb_array_elements(r.facts::jsonb -> 'figures') as f
           where r.state = 'done' and f.value ->> 'code' in ('sales', 'assisted')
        )
        select f.id as report, f.part, f.fen, f.sum, s.fen as said, f.number, f.rows
          from found f left join said s using (id, part)
         where f.sum <> f.fen or f.rows <> f.number or s.fen is distinct from f.fen or s.by_cooperative <> f.fen
            or s.by_product <> f.fen
        """,  # noqa: S608 (a constant fragment)
    ),
    Check(
        "reports-money",
        N_("报告里的货款"),
        N_("报告记下的每一笔账都在，记给农户的加起来等于报告里的货款；货款从不并入销售额"),
        f"""
        with counted as materialized ({_COUNTED}), found as (
          select c.id, c.fen, c.number, x.sum, x.rows
            from counted c
           cross join lateral (
             select coalesce(-sum(e.fen), 0)::bigint as sum, count(*) as rows
               from village v join cooperative p on p.village_id = v.id
               join ledger_transaction t on t.cooperative_id = p.id and t.on_date between c.first and c.last
                and t.id <@ c.rows
               join ledger_entry e on e.transaction_id = t.id and {CREDITED}
              where v.region_code like c.region_code || '%'
           ) as x
           where c.part = 'money'
        ), said as (
          select r.id, (f.value ->> 'value')::bigint as fen,
                 (select coalesce(sum((row ->> 'credited_fen')::bigint), 0)::bigint
                    from jsonb_array_elements(r.facts::jsonb #> '{{tables,money}}') as row) as by_cooperative
            from report r cross join lateral jsonb_array_elements(r.facts::jsonb -> 'figures') as f
           where r.state = 'done' and f.value ->> 'code' = 'credited'
        )
        select f.id as report, f.fen, f.sum, s.fen as said, f.number, f.rows from found f left join said s using (id)
         where f.sum <> f.fen or f.rows <> f.number or s.fen is distinct from f.fen or s.by_cooperative <> f.fen
        """,  # noqa: S608 (a constant fragment)
    ),
)
