"""Invariants of orders and payments: conservation, sums, states, prices, time."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "order-conservation",
        N_("订单守恒"),
        N_("实收 + 镇里承担 = 归属合计 + 未退运费 + 已退（含退回镇里的）− 合作社（或镇里）承担的退款"),
        """
        select o.number, p.fen as captured, o.town_borne_fen, a.fen as attributed, o.freight_fen, r.fen as refunded,
               r.borne, r.freight as freight_back
          from customer_order o
          join lateral (select coalesce(sum(amount_fen), 0) as fen from payment
                         where order_id = o.id and state = 'succeeded') p on true
          join lateral (select coalesce(sum(a.fen), 0) as fen from suborder s join order_line l on l.suborder_id = s.id
                          join attribution a on a.line_id = l.id where s.order_id = o.id) a on true
          join lateral (select coalesce(sum(x.amount_fen)
                                          filter (where x.kind <> 'late_payment' or x.state <> 'failed'), 0) as fen,
                               coalesce(sum(x.amount_fen) filter (where x.kind = 'amount'), 0) as borne,
                               coalesce(sum(x.amount_fen - g.fen + g.town) filter (where x.kind = 'goods'), 0) as freight,
                               coalesce(sum(g.town), 0) as town
                          from refund x
                          join lateral (select coalesce(sum(fen), 0) as fen, coalesce(sum(town_borne_fen), 0) as town
                                          from refund_line where refund_id = x.id) g on true
                         where x.order_id = o.id) r on true
         where (o.attributed_at is not null
                and p.fen + o.town_borne_fen <> a.fen + o.freight_fen - r.freight + r.fen + r.town - r.borne)
            or (o.state = 'closed' and o.attributed_at is null and p.fen <> r.fen)
        """,
    ),
    Check(
        "order-sums",
        N_("订单合计"),
        N_("订单 = 各社子订单之和 = 各行之和，运费也一样"),
        """
        select o.number, o.goods_fen, o.discount_fen, o.freight_fen, s.goods, s.freight, l.gross, l.net
          from customer_order o
          join lateral (select sum(goods_fen) as goods, sum(freight_fen) as freight, sum(discount_fen) as discount
                          from suborder where order_id = o.id) s on true
          join lateral (select sum(l.unit_price_fen * l.count) as gross, sum(l.net_fen) as net
                          from suborder x join order_line l on l.suborder_id = x.id where x.order_id = o.id) l on true
         where o.goods_fen is distinct from s.goods or o.freight_fen is distinct from s.freight
            or o.discount_fen is distinct from s.discount or o.goods_fen is distinct from l.gross
            or o.goods_fen - o.discount_fen is distinct from l.net
        """,
    ),
    Check(
        "payment-order",
        N_("付款与订单对应"),
        N_("每笔成功付款对应一张已付订单或一笔退款，每张已付订单收足了钱"),
        """
        select o.number, o.state, o.total_fen, p.fen as captured
          from customer_order o
          join lateral (select coalesce(sum(amount_fen), 0) as fen from payment
                         where order_id = o.id and state = 'succeeded') p on true
         where (o.state = 'paid' and p.fen - (select coalesce(sum(amount_fen), 0) from refund r where r.order_id = o.id
                                                 and r.kind = 'late_payment' and r.state <> 'failed') <> o.total_fen)
            or (o.state = 'pending' and p.fen <> (select coalesce(sum(amount_fen), 0) from refund r
                                                   where r.order_id = o.id and r.kind = 'late_payment'))
        """,
    ),
    Check(
        "refund-bound",
        N_("退款不超过实收"),
        N_("一笔付款的退款合计不超过这笔付款"),
        """
        select p.id as payment, p.amount_fen, sum(r.amount_fen) as refunded
          from payment p join refund r on r.payment_id = p.id and r.state <> 'failed'
         group by p.id having sum(r.amount_fen) > p.amount_fen
        """,
    ),
    Check(
        "refund-part",
        N_("退款不超过子订单"),
        N_("一个子订单的退款合计不超过它的货款和运费；退货退款 = 各行之和，或再加上它的运费"),
        """
        select s.number, s.goods_fen - s.discount_fen - s.town_borne_fen + s.freight_fen as paid, sum(r.amount_fen) as refunded,
               null as refund
          from suborder s join refund r on r.suborder_id = s.id
         group by s.id having sum(r.amount_fen) > s.goods_fen - s.discount_fen - s.town_borne_fen + s.freight_fen
        union all
        select s.number, s.freight_fen, r.amount_fen - l.fen, r.id
          from refund r join suborder s on s.id = r.suborder_id
          join lateral (select coalesce(sum(fen - town_borne_fen), 0) as fen
                          from refund_line where refund_id = r.id) l on true
         where r.kind = 'goods' and r.amount_fen - l.fen not in (0, s.freight_fen)
        """,
    ),
    Check(
        "refund-lines",
        N_("退货行"),
        N_("每行退回的数量不超过卖出的；退的钱 = 行净额按累计数量向下取整；归属冲回与退货行相符"),
        """
        select l.id as line, l.quantity, l.net_fen, r.quantity as back, r.fen as back_fen
          from order_line l join (select line_id, sum(quantity) as quantity, sum(fen) as fen from refund_line group by line_id) r
            on r.line_id = l.id
         where r.quantity > l.quantity or r.fen <> div(l.net_fen::numeric * r.quantity, l.quantity)
        union all
        select r.line_id, r.quantity, r.fen, coalesce(-sum(a.quantity), 0), coalesce(-sum(a.fen), 0)
          from refund_line r left join attribution a on a.line_id = r.line_id and a.refund_line_id = r.id
         group by r.id having r.quantity <> coalesce(-sum(a.quantity), 0) or r.fen <> coalesce(-sum(a.fen), 0)
        """,
    ),
    Check(
        "order-states",
        N_("订单状态"),
        N_("子订单与订单的状态互相吻合"),
        """
        select o.number, o.state, s.number as suborder, s.state as suborder_state
          from customer_order o join suborder s on s.order_id = o.id
         where (o.state = 'pending' and not case o.pay_method when 'cash' then s.state in ('to_ship', 'shipped')
                                                                else s.state = 'pending' end)
            or (o.state = 'closed' and s.state <> 'closed')
            or (o.state = 'paid' and o.attributed_at is not null and s.state = 'pending')
        """,
    ),
    Check(
        "sale-day",
        N_("成交日"),
        N_("成交日 = 付款时刻的北京时间日期；归属行同一天"),
        """
        select o.number, o.paid_at, o.paid_on from customer_order o
         where o.paid_at is not null and o.paid_on is distinct from (o.paid_at at time zone 'Asia/Shanghai')::date
        union all
        select o.number, o.paid_at, a.on_date
          from attribution a join order_line l on l.id = a.line_id join suborder s on s.id = l.suborder_id
          join customer_order o on o.id = s.order_id
         where a.kind = 'sale' and a.reverses_id is null and a.on_date <> o.paid_on
           and not exists (select from lot_swap w where a.allocation_id in (w.to_allocation_id, w.rest_allocation_id))
        """,
    ),
    Check(
        "prices",
        N_("价格来自价目"),
        N_("网上订单的单价在下单日的价目里；当前价 = 最近一条价目"),
        """
        select 'line ' || l.id as item, l.unit_price_fen as fen
          from order_line l join suborder s on s.id = l.suborder_id join customer_order o on o.id = s.order_id
         where o.channel = 'online' and not exists
               (select 1 from sku_price p where p.sku_id = l.sku_id and p.price_fen = l.unit_price_fen
                   and p.valid_from <= (o.placed_at at time zone 'Asia/Shanghai')::date)
        union all
        select 'sku ' || k.id, k.price_fen from sku k
         where k.price_fen is distinct from
               (select p.price_fen from sku_price p where p.sku_id = k.id order by p.valid_from desc, p.id desc limit 1)
        """,
    ),
    Check(
        "nothing-waits",
        N_("没有积压"),
        N_("付款事件、到期订单、待归属订单、待退款都在几分钟内办完"),
        """
        select 'provider_event ' || id as item, received_at as since from provider_event
         where processed_at is null and received_at < now() - interval '10 minutes'
        union all
        select 'expired order ' || number, expires_at from customer_order
         where state = 'pending' and expires_at < now() - interval '10 minutes'
        union all
        select 'unattributed order ' || number, paid_at from customer_order
         where state = 'paid' and attributed_at is null and paid_at < now() - interval '10 minutes'
        union all
        select 'refund ' || id, created_at from refund
         where state = 'created' and created_at < now() - interval '10 minutes'
        union all
        select 'distribution ' || id, created_at from distribution
         where state in ('waiting', 'computing') and created_at < now() - interval '10 minutes'
        """,
    ),
)
