"""Invariants of what is changed while goods are packed: lots that were exchanged, goods that were weighed."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "lot-swaps",
        N_("换批次"),
        N_(
            "换走的货在原批次冲回多少，就在新占用里归属多少，同一天、同一种货；没有换批次就没有不属于退货的冲回；换批次不动收款"
        ),
        """
        select w.id as swap, w.quantity, w.fen, b.quantity as back, n.quantity as anew
          from lot_swap w
          join lot_allocation f on f.id = w.from_allocation_id
          join lot_allocation t on t.id = w.to_allocation_id
          left join lot_allocation r on r.id = w.rest_allocation_id
          join lateral (select coalesce(-sum(quantity), 0) as quantity, coalesce(-sum(fen), 0) as fen, min(on_date) as first,
                               max(on_date) as last
                          from attribution where allocation_id = f.id and kind = 'reversal' and refund_line_id is null) b on true
          join lateral (select coalesce(sum(quantity), 0) as quantity, coalesce(sum(fen), 0) as fen,
                               coalesce(sum(fen) filter (where allocation_id = t.id), 0) as to_fen,
                               coalesce(sum(quantity) filter (where allocation_id = t.id), 0) as to_quantity,
                               min(on_date) as first, max(on_date) as last
                          from attribution where allocation_id in (t.id, r.id) and kind = 'sale') n on true
         where f.state = 'reserved' or f.lot_id = t.lot_id or coalesce(r.lot_id, f.lot_id) <> f.lot_id
            or f.line_id <> w.line_id or t.line_id <> w.line_id or coalesce(r.line_id, w.line_id) <> w.line_id
            or (w.fen is null and b.quantity <> 0)
            or (w.fen is not null
                and ((b.quantity, b.fen) <> (n.quantity, n.fen) or (w.quantity, w.fen) <> (n.to_quantity, n.to_fen)
                     or b.first <> w.on_date or b.last <> w.on_date or n.first <> w.on_date or n.last <> w.on_date))
        union all
        select null, a.quantity, a.fen, a.id, null
          from attribution a
         where a.kind = 'reversal' and a.refund_line_id is null
           and not exists (select from lot_swap w where w.from_allocation_id = a.allocation_id)
        union all
        select null, null, e.fen, t.id, null
          from ledger_transaction t join ledger_entry e on e.transaction_id = t.id
         where t.key like 'swap:allocation:%' and (e.account like '113.%' or e.account = '101')
        """,
    ),
    Check(
        "weighings",
        N_("称重"),
        N_("少了多少克就按退货退了多少；只称还没发出的、按重量卖的货；同一行同一个包裹只称一次"),
        """
        select w.id as weighing, w.ordered, w.weighed, r.quantity as back
          from weighing w
          join order_line l on l.id = w.line_id
          left join refund_line r on r.id = w.refund_line_id
          left join shipment h on h.suborder_id = l.suborder_id and h.seq = w.parcel
         where r.id is null or r.line_id <> w.line_id or r.goods <> 'returned' or r.quantity <> w.ordered - w.weighed
            or l.unit_kind <> 'g' or w.ordered > l.quantity or (h.id is not null and h.at < w.at)
        """,
    ),
)
