"""Invariants of assisted sales and of those imported from elsewhere: proof, entry, matches."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "assisted-proof",
        N_("帮扶销售凭证"),
        N_("已核实 = 最后一条核实记录是“已核实”，由登记人以外的人核实，并有凭证或说明；网上订单没有核实记录"),
        """
        select o.number, o.channel, o.evidence, p.state, a.entered_by, p.by
          from assisted_sale a
          join customer_order o on o.id = a.order_id
          left join lateral (select state, by from assisted_proof where order_id = a.order_id order by seq desc limit 1) p on true
         where (o.evidence is not null) <> (coalesce(p.state, 'unproven') = 'proven')
            or o.channel not in ('assisted', 'imported')
        union all
        select o.number, o.channel, p.note, p.state, a.entered_by, p.by
          from assisted_proof p
          join assisted_sale a on a.order_id = p.order_id
          join customer_order o on o.id = p.order_id
          left join attachment f on f.id = p.attachment_id and f.subject_type = 'assisted_sale' and f.subject_id = p.order_id
         where p.by = a.entered_by or p.entered_by <> a.entered_by
            or (p.attachment_id is not null and f.id is null)
        """,
    ),
    Check(
        "assisted-entered",
        N_("帮扶销售登记"),
        N_(
            "外部导入的订单有平台、订单号和行号，三者合起来只有一笔；登记的销售只有一个合作社，收了钱的已归属到户"
        ),
        """
        select o.number, o.channel, a.platform, a.platform_number, a.platform_line, p.parts
          from assisted_sale a
          join customer_order o on o.id = a.order_id
          join lateral (select count(*) as parts from suborder where order_id = o.id) p on true
         where p.parts <> 1 or (o.channel = 'imported') <> (a.platform is not null)
            or (o.state = 'paid' and o.attributed_at is null and o.paid_at < now() - interval '10 minutes')
            or (a.platform is not null and exists (
                  select from assisted_sale b where b.order_id <> a.order_id and b.platform = a.platform
                     and b.platform_number = a.platform_number and b.platform_line = a.platform_line))
        union all
        select o.number, o.channel, null, null, null, null
          from customer_order o where o.channel = 'imported' and not exists (select from assisted_sale where order_id = o.id)
        """,
    ),
    Check(
        "trade-matches",
        N_("供需对接"),
        N_("已对接的供应和求购各有一次对接，没有对接的不算已对接；两边是同一种货，同一个镇的销售"),
        """
        select n.id as notice, n.side, n.state, n.goods, m.id as match
          from trade_notice n left join trade_match m on n.id in (m.offer_id, m.demand_id)
         where (n.state = 'matched') <> (m.id is not null)
        union all
        select a.id, a.side, b.state, b.goods, m.id
          from trade_match m join trade_notice a on a.id = m.offer_id join trade_notice b on b.id = m.demand_id
         where a.goods <> b.goods or a.unit_kind <> b.unit_kind
        """,
    ),
)
