"""Invariants of work in the store: what goes in and comes out, whose it is, what it is worth."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "transformed-goods",
        N_("加工的货"),
        N_("每次加工的投入、产出 = 库存流水；各份给出的、还回的 = 份额上的累计；称重的产出不超过投入"),
        """
        with gone as (
            select coalesce(i.transformation_id, m.source_id) as work, coalesce(i.lot_id, m.lot_id) as lot,
                   i.quantity as written, m.quantity as moved
              from transformation_input i
              full join (select source_id, lot_id, quantity from stock_move
                          where source_type = 'transformation' and kind = 'transformed') m
                on m.source_id = i.transformation_id and m.lot_id = i.lot_id),
        come as (
            select coalesce(o.transformation_id, m.source_id) as work, coalesce(o.lot_id, m.lot_id) as lot,
                   o.quantity as written, m.quantity as moved
              from (select o.*, case when t.reverses_id is null then 'received' else 'returned' end as kind
                      from transformation_output o join transformation t on t.id = o.transformation_id) o
              full join (select source_id, lot_id, quantity, kind from stock_move
                          where source_type = 'transformation' and kind <> 'transformed') m
                on m.source_id = o.transformation_id and m.lot_id = o.lot_id and m.kind = o.kind)
        select 'in' as side, work, lot, written, moved from gone where written is distinct from moved
        union all
        select 'out', work, lot, written, moved from come where written is distinct from moved
        union all
        select 'part', p.id, p.lot_id, p.transformed_quantity - p.restored_quantity, s.given - s.back from lot_part p
          left join lateral (
            select coalesce(sum(x.quantity), 0) as given, coalesce(sum(x.quantity) filter (where u.id is not null), 0) as back
              from transformation_share x left join transformation u on u.reverses_id = x.transformation_id
             where x.part_id = p.id) s on true
         where (p.transformed_quantity, p.restored_quantity) <> (s.given, s.back)
        union all
        select 'shares', i.transformation_id, i.lot_id, i.quantity, s.quantity from transformation_input i
          left join lateral (select coalesce(sum(x.quantity), 0) as quantity
                               from transformation_share x join lot_part p on p.id = x.part_id
                              where x.transformation_id = i.transformation_id and p.lot_id = i.lot_id) s on true
         where i.quantity <> s.quantity
        union all
        select 'yield', t.id, null, i.quantity, o.quantity from transformation t
          join lateral (select sum(x.quantity) as quantity, bool_and(p.unit_kind = 'g') as weighed from transformation_input x
                          join lot l on l.id = x.lot_id join produce p on p.id = l.produce_id
                         where x.transformation_id = t.id) i on true
          join lateral (select sum(x.quantity) as quantity, bool_and(p.unit_kind = 'g') as weighed from transformation_output x
                          join lot l on l.id = x.lot_id join produce p on p.id = l.produce_id
                         where x.transformation_id = t.id) o on true
         where t.reverses_id is null and i.weighed and o.weighed and o.quantity > i.quantity
        """,
    ),
    Check(
        "transformed-parts",
        N_("加工后是谁的"),
        N_("加工出来的批次：各份来自这次投入的批次，同一户、同一种收货方式，合计 = 产出；撤回的正好还清"),
        """
        select 'parent' as what, p.id as part, p.lot_id as lot, p.parent_part_id as parent from lot_part p
          join lot l on l.id = p.lot_id
          join lot_part f on f.id = p.parent_part_id
          join lot g on g.id = f.lot_id
         where g.mode <> l.mode or g.cooperative_id <> l.cooperative_id or p.commission_rate is distinct from f.commission_rate
            or not exists (select 1 from transformation_output o
                             join transformation t on t.id = o.transformation_id and t.reverses_id is null
                             join transformation_share s on s.transformation_id = t.id and s.part_id = f.id
                            where o.lot_id = p.lot_id)
        union all
        select 'sum', null, o.lot_id, p.quantity from transformation_output o
          join transformation t on t.id = o.transformation_id and t.reverses_id is null
          left join lateral (select coalesce(sum(quantity), 0) as quantity from lot_part
                              where lot_id = o.lot_id and parent_part_id is not null) p on true
         where p.quantity <> o.quantity
        union all
        select 'undone', null, coalesce(a.lot_id, b.lot_id), u.id from transformation u
          join lateral (select lot_id, quantity from transformation_output where transformation_id = u.id) a on true
          left join lateral (select lot_id, quantity from transformation_input where transformation_id = u.reverses_id
                                and lot_id = a.lot_id) b on true
         where u.reverses_id is not null and a.quantity is distinct from b.quantity
        union all
        select 'party', null, x.transformation_id, f.household_id from transformation_share x
          join transformation t on t.id = x.transformation_id and t.reverses_id is null
          join lot_part f on f.id = x.part_id
         where not exists (select 1 from transformation_output o join lot_part p on p.lot_id = o.lot_id
                            where o.transformation_id = t.id
                              and (p.household_id, p.supplier_id) is not distinct from (f.household_id, f.supplier_id))
        """,
    ),
    Check(
        "transformed-value",
        N_("加工不增减价值"),
        N_("投入的价值 = 各份带走的 = 产出的 = 新批次各份之和；买断的经生产成本（401）过账后为 0"),
        """
        select t.id as work, i.fen as gone, s.fen as shares, o.fen as come, p.fen as parts from transformation t
          join lateral (select coalesce(sum(value_fen), 0) as fen from transformation_input
                         where transformation_id = t.id) i on true
          join lateral (select coalesce(sum(value_fen), 0) as fen from transformation_share
                         where transformation_id = t.id) s on true
          join lateral (select coalesce(sum(value_fen), 0) as fen from transformation_output
                         where transformation_id = t.id) o on true
          join lateral (select coalesce(sum(p.value_fen), 0) as fen from transformation_output x
                          join lot_part p on p.lot_id = x.lot_id where x.transformation_id = t.id) p on true
         where i.fen <> s.fen or (t.reverses_id is null and (i.fen <> o.fen or i.fen <> p.fen))
        union all
        select t.id, i.fen, null, e.fen, null from transformation t
          join lateral (select coalesce(sum(x.value_fen), 0) as fen, max(l.mode) as mode from transformation_input x
                          join lot l on l.id = x.lot_id where x.transformation_id = t.id) i on true
          left join lateral (select coalesce(sum(e.fen) filter (where e.fen > 0 and e.account = '401'), 0) as fen,
                                    coalesce(sum(e.fen) filter (where e.account = '401'), 0) as left_over
                               from ledger_transaction b join ledger_entry e on e.transaction_id = b.id
                              where b.source_type = 'transformation' and b.source_id = t.id) e on true
         where e.left_over <> 0 or e.fen <> case when i.mode = 'buyout' then i.fen else 0 end
        """,
    ),
)
