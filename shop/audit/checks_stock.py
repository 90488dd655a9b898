"""Invariants of goods: lots, parts, reservations, allocations."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "lot-quantity",
        N_("批次数量"),
        N_("批次收进 = 收货单之和（冲回相抵）= 各户份额之和"),
        """
        select l.code, l.received, r.quantity as receipts, p.quantity as parts
          from lot l
          join lateral (select coalesce(sum(quantity), 0) as quantity from intake_receipt where lot_id = l.id) r on true
          join lateral (select coalesce(sum(quantity), 0) as quantity from lot_part where lot_id = l.id) p on true
         where (l.received <> r.quantity and not exists
                  (select 1 from lot_part p where p.lot_id = l.id and p.receipt_id is null))
            or (l.closed_at is not null and l.received <> p.quantity)
        """,
    ),
    Check(
        "lot-moves",
        N_("库存流水"),
        N_("批次的收、发、退、损、转 = 库存流水之和"),
        """
        select l.code, l.received, l.shipped, l.returned, l.written_off, l.transformed,
               m.received as moved_in, m.shipped as moved_out
          from lot l
          join lateral (select coalesce(sum(quantity) filter (where kind = 'received'), 0)
                               - coalesce(sum(quantity) filter (where kind = 'unreceived'), 0) as received,
                               coalesce(sum(quantity) filter (where kind = 'shipped'), 0) as shipped,
                               coalesce(sum(quantity) filter (where kind = 'returned'), 0) as returned,
                               coalesce(sum(quantity) filter (where kind = 'written_off'), 0)
                               - coalesce(sum(quantity) filter (where kind = 'found'), 0) as written_off,
                               coalesce(sum(quantity) filter (where kind = 'transformed'), 0) as transformed
                          from stock_move where lot_id = l.id) m on true
         where (l.received, l.shipped, l.returned, l.written_off, l.transformed)
            <> (m.received, m.shipped, m.returned, m.written_off, m.transformed)
        """,
    ),
    Check(
        "reservations",
        N_("占用"),
        N_("批次被占用的数量 = 未发货订单占用之和；已发 = 已发出的占用之和"),
        """
        select l.code, l.reserved, a.reserved as held, l.shipped, a.shipped as sent
          from lot l
          join lateral (select coalesce(sum(quantity - sent) filter (where state = 'reserved'), 0) as reserved,
                               coalesce(sum(sent), 0) as shipped
                          from lot_allocation where lot_id = l.id) a on true
         where l.reserved <> a.reserved or l.shipped <> a.shipped
        """,
    ),
    Check(
        "line-allocation",
        N_("订单行与批次"),
        N_("未关闭订单每行的数量 = 占用批次之和 + 发货前退掉的；同一合作社、同一产品、已封的批次"),
        """
        select o.number, l.id as line, l.quantity, a.quantity as allocated, r.quantity as called_back
          from order_line l join suborder s on s.id = l.suborder_id join customer_order o on o.id = s.order_id
          join lateral (select coalesce(sum(quantity), 0) as quantity from lot_allocation
                         where line_id = l.id and state <> 'released') a on true
          join lateral (select coalesce(sum(x.quantity - coalesce(m.quantity, 0)), 0) as quantity from refund_line x
                          left join lateral (select sum(quantity) as quantity from stock_move where source_type = 'refund_line'
                                                and source_id = x.id and kind = 'returned') m on true
                         where x.line_id = l.id) r on true
         where (o.state <> 'closed' and l.quantity <> a.quantity + r.quantity)
            or (o.state = 'closed' and o.attributed_at is null and a.quantity <> 0
                and coalesce(o.close_reason, '') <> 'not_taken')
            or (s.state = 'closed' and o.attributed_at is not null and a.quantity <> 0)
        union all
        select t.code, a.line_id, a.quantity, t.produce_id, 0
          from lot_allocation a join lot t on t.id = a.lot_id join order_line l on l.id = a.line_id
         where t.produce_id <> l.produce_id or t.closed_at is null
        """,
    ),
    Check(
        "running-split",
        N_("滚动分摊"),
        N_(
            "每户份额的累计 = 归属行之和，离精确份额不到 2 分（没有退货、报损、加工的批次也不到 2 克）；卖出未退的不超过交来的"
        ),
        """
        select t.code, p.seq, p.attributed_fen, p.attributed_quantity, a.fen, a.quantity
          from lot_part p join lot t on t.id = p.lot_id
          join lateral (select coalesce(sum(fen) filter (where kind = 'sale'), 0) as fen,
                               coalesce(sum(quantity) filter (where kind = 'sale'), 0) as quantity,
                               coalesce(-sum(fen) filter (where kind = 'reversal'), 0) as back_fen,
                               coalesce(-sum(quantity) filter (where kind = 'reversal'), 0) as back
                          from attribution where lot_part_id = p.id) a on true
          join lateral (select sum(returned_quantity + lost_quantity + transformed_quantity) as back from lot_part
                         where lot_id = t.id) b on true
         where p.attributed_fen <> a.fen or p.attributed_quantity <> a.quantity
            or p.returned_fen <> a.back_fen or p.returned_quantity <> a.back
            or p.attributed_quantity - p.returned_quantity + p.lost_quantity
               + p.transformed_quantity - p.restored_quantity > p.quantity
            or abs(p.attributed_fen::numeric * t.received - t.attributed_fen::numeric * p.quantity) >= 2::numeric * t.received
            or (b.back = 0 and not exists (select from stock_loss where lot_id = t.id)
                and abs(p.attributed_quantity::numeric * t.received - t.attributed_quantity::numeric * p.quantity)
                               >= 2::numeric * t.received)
        union all
        select t.code, 0, t.attributed_fen, t.attributed_quantity, p.fen, p.quantity
          from lot t join lateral (select coalesce(sum(attributed_fen), 0) as fen,
                                          coalesce(sum(attributed_quantity), 0) as quantity
                                     from lot_part where lot_id = t.id) p on true
         where t.attributed_fen <> p.fen or t.attributed_quantity <> p.quantity
        """,
    ),
)
