"""Invariants of parcels: what they hold ties with allocations, stock and the state of their suborder."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "parcels-sent",
        N_("包裹里的货"),
        N_("每个占用已发出的数量 = 各包裹里的数量之和；每个包裹行有一笔数量相同的出库流水"),
        """
        select a.id as allocation, a.sent, p.quantity as packed
          from lot_allocation a
          join lateral (select coalesce(sum(quantity), 0) as quantity from shipment_line where allocation_id = a.id) p on true
         where a.sent <> p.quantity
        union all
        select h.allocation_id, h.quantity, m.quantity
          from shipment_line h join lot_allocation a on a.id = h.allocation_id
          left join lateral (select sum(quantity) as quantity from stock_move
                              where kind = 'shipped' and lot_id = a.lot_id
                                and ((source_type = 'shipment_line' and source_id = h.id)
                                  or (source_type = 'lot_allocation' and source_id = a.id))) m on true
         where h.line_id <> a.line_id or h.quantity is distinct from m.quantity
        """,
    ),
    Check(
        "parcels-complete",
        N_("包裹与发货状态"),
        N_(
            "货全部发出（或其余已退）才算已发货；每个包裹有货、有快递单号记录，最后一个包裹的时间就是发货时间"
        ),
        """
        select s.number, s.state, h.parcels, l.waiting
          from suborder s
          join customer_order o on o.id = s.order_id
          join lateral (select count(*) as parcels, max(at) as last from shipment where suborder_id = s.id) h on true
          join lateral (select count(*) as waiting from order_line i join lot_allocation a on a.line_id = i.id
                         where i.suborder_id = s.id and a.state = 'reserved') l on true
         where (s.state in ('shipped', 'received') and (h.parcels = 0 or l.waiting > 0 or h.last > s.shipped_at))
            or (s.state in ('pending', 'closed') and h.parcels > 0 and o.close_reason is distinct from 'not_taken')
            or (s.state = 'to_ship' and l.waiting = 0)
        union all
        select s.number, s.state, h.seq, 0
          from shipment h join suborder s on s.id = h.suborder_id
         where not exists (select from waybill where shipment_id = h.id)
            or not exists (select from shipment_line where shipment_id = h.id)
        """,
    ),
)
