"""Invariants of requests for money back: they tie with the refunds that they led to, and with their own history."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "return-refunds",
        N_("申请 = 退款"),
        N_("同意的申请恰好有一笔退款：同一个子订单、同样的金额和数量，只退钱的不超过申请"),
        """
        select r.id, s.number, r.kind, r.granted_fen, f.amount_fen, f.suborder_id
          from return_request r join suborder s on s.id = r.suborder_id left join refund f on f.id = r.refund_id
         where (r.state = 'refunded' and (f.suborder_id is distinct from r.suborder_id
                or f.amount_fen is distinct from r.granted_fen or (r.kind = 'amount' and r.granted_fen > r.asked_fen)))
            or f.key is distinct from case when r.state = 'refunded' then 'refund-' || r.suborder_id || '-return-' || r.id end
            or r.order_id <> s.order_id
        union all
        select r.id, s.number, r.kind, l.quantity, g.quantity, l.line_id
          from return_request r join suborder s on s.id = r.suborder_id join refund f on f.id = r.refund_id and f.kind = 'goods'
          join return_line l on l.request_id = r.id
          left join refund_line g on g.refund_id = f.id and g.line_id = l.line_id
         where g.quantity is distinct from l.quantity
        """,
    ),
    Check(
        "return-history",
        N_("申请的经过"),
        N_("每个申请的状态 = 最后一条经过；在办的申请才占着商品行，行属于它的子订单"),
        """
        select r.id, s.number, r.state, e.state as told, l.line_id
          from return_request r join suborder s on s.id = r.suborder_id
          left join lateral (select state from return_event where request_id = r.id order by id desc limit 1) e on true
          left join return_line l on l.request_id = r.id
          left join order_line o on o.id = l.line_id
         where e.state is distinct from r.state or o.suborder_id is distinct from r.suborder_id
            or l.open is distinct from (r.state in ('asked', 'to_send', 'sent', 'called'))
        """,
    ),
)
