"""Invariants of what was lost in the store, counted there and called back."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "stock-losses",
        N_("库存报损"),
        N_("每笔报损 = 各户份额之和 = 库存流水；入账一次，借贷方与金额相符；盘盈转回不超过报损"),
        """
        select x.id, t.code, x.quantity, p.quantity as of_parts, m.quantity as moved, x.value_fen, e.fen as booked
          from stock_loss x join lot t on t.id = x.lot_id
          left join stock_loss r on r.id = x.reverses_id
          left join lateral (select coalesce(sum(quantity), 0) as quantity, coalesce(sum(fen), 0) as fen
                               from stock_loss_part where loss_id = x.id) p on true
          left join lateral (select coalesce(sum(quantity), 0) as quantity from stock_move
                              where source_type = 'stock_loss' and source_id = x.id and lot_id = x.lot_id
                                and kind = case when x.reverses_id is null then 'written_off' else 'found' end) m on true
          left join lateral (select coalesce(sum(n.fen), 0) * case when x.reverses_id is null then -1 else 1 end as fen
                               from ledger_entry n join ledger_transaction o on o.id = n.transaction_id
                              where o.key = 'stock_loss:' || x.id and n.account in ('121', '128')) e on true
          left join lateral (select coalesce(sum(quantity), 0) as quantity from stock_loss where reverses_id = x.id) f on true
         where x.quantity <> p.quantity or x.quantity <> m.quantity or x.value_fen <> e.fen
            or (t.mode <> 'consign_commission' and x.value_fen <> p.fen)
            or (t.mode = 'consign_commission' and x.value_fen <> 0)
            or (x.reverses_id is null and f.quantity > x.quantity)
            or (x.reverses_id is not null and (r.lot_id, r.reason, r.borne_by) is distinct from (x.lot_id, x.reason, x.borne_by))
        union all
        select m.source_id, t.code, m.quantity, 0, m.quantity, 0, 0 from stock_move m join lot t on t.id = m.lot_id
         where m.source_type = 'stock_loss' and not exists (select from stock_loss where id = m.source_id)
        """,
    ),
    Check(
        "stock-counts",
        N_("盘点"),
        N_("盘点每行的差 = 它记的报损和盘盈之和，价值也相等"),
        """
        select c.id, t.code, c.book, c.counted, c.value_fen, x.quantity as posted, x.fen as posted_fen
          from stock_count_line c join lot t on t.id = c.lot_id
          join lateral (select coalesce(sum(case when reverses_id is null then -quantity else quantity end), 0) as quantity,
                               coalesce(sum(case when reverses_id is null then -value_fen else value_fen end), 0) as fen
                          from stock_loss where lot_id = c.lot_id
                           and (key = 'count:' || c.count_id || ':' || c.lot_id
                                or key like 'count:' || c.count_id || ':' || c.lot_id || ':%')) x on true
         where c.counted - c.book <> x.quantity or c.value_fen <> x.fen
        """,
    ),
    Check(
        "recalls",
        N_("召回"),
        N_("批次停售 = 有一次没有解除的召回；每位买过的买家都有一条通知，解除时收到过通知的都有一条解除通知"),
        """
        select t.code, t.recalled_at, r.id as recall, r.at, null::bigint as buyer
          from lot t
          left join lateral (select r.id, r.at from lot_recall r where r.lot_id = t.id
                                and not exists (select from lot_recall_lift where recall_id = r.id)
                              order by r.id desc limit 1) r on true
         where t.recalled_at is distinct from r.at
        union all
        select t.code, t.recalled_at, r.id, r.at, o.buyer_id
          from lot_recall r join lot t on t.id = r.lot_id
          join lot_allocation a on a.lot_id = r.lot_id and a.state = 'shipped' and a.at < r.at
          join order_line l on l.id = a.line_id join suborder p on p.id = l.suborder_id
          join customer_order o on o.id = p.order_id
         where o.channel in ('online', 'institution') and o.buyer_id is not null and o.state <> 'closed'
           and not exists (select from reminder where key = 'recall:' || r.id || ':' || o.buyer_id)
        union all
        select null, f.at, f.recall_id, f.at, o.buyer_id
          from lot_recall_lift f
          join reminder w on starts_with(w.key, 'recall:' || f.recall_id || ':') and w.state <> 'dropped'
          join customer_order o on o.id = w.order_id
         where f.told and not exists (select from reminder where key = 'recall_lift:' || f.recall_id || ':' || o.buyer_id)
        """,
    ),
)
