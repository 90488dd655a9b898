"""Invariants of coupons: what they took ties with lines, orders and the books; nobody has one twice, no budget is exceeded."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_
from shop.payments.town_claims import CLAIMS

CHECKS = (
    Check(
        "coupon-lines",
        N_("优惠券分到行"),
        N_("每次用券的金额 = 分到各行之和；每行的优惠、镇里承担的 = 用券分到这一行的；子订单和订单也一样"),
        """
        select 'use ' || u.id as item, u.fen, s.fen as shares from coupon_use u
          left join lateral (select sum(fen) as fen from coupon_share where use_id = u.id) s on true
         where s.fen is distinct from u.fen
        union all
        select 'line ' || l.id, l.discount_fen + l.town_borne_fen, w.seller + w.town
          from order_line l
          join lateral (select coalesce(sum(h.fen) filter (where u.seller_id is not null), 0) as seller,
                               coalesce(sum(h.fen) filter (where u.seller_id is null), 0) as town
                          from coupon_share h join coupon_use u on u.id = h.use_id where h.line_id = l.id) w on true
         where l.town_borne_fen <> w.town or l.discount_fen <> w.seller
        union all
        select 'order ' || o.number, o.town_borne_fen, s.town from customer_order o
          join lateral (select sum(s.town_borne_fen) as town, sum(l.town) as lines, bool_or(s.town_borne_fen <> l.town) as off
                          from suborder s join lateral (select sum(town_borne_fen) as town from order_line
                                                         where suborder_id = s.id) l on true where s.order_id = o.id) s on true
         where o.town_borne_fen is distinct from s.town or s.off
        union all
        select 'share ' || h.id, h.fen, u.order_id from coupon_share h join coupon_use u on u.id = h.use_id
          join order_line l on l.id = h.line_id join suborder s on s.id = l.suborder_id
         where s.order_id <> u.order_id or (u.seller_id is not null and u.seller_id <> h.cooperative_id)
        """,
    ),
    Check(
        "coupon-terms",
        N_("优惠券按条件用"),
        N_("用券的是领券的人，在有效期内，够门槛，不超过面值或上限；只用在能用的合作社的商品上"),
        """
        select u.id as use, c.id as coupon, o.number, u.fen, g.gross, c.threshold_fen
          from coupon_use u join coupon c on c.id = u.coupon_id join coupon_taken t on t.id = u.taken_id
          join customer_order o on o.id = u.order_id
          join lateral (select coalesce(sum(l.unit_price_fen * l.count), 0) as gross from suborder s
                          join order_line l on l.suborder_id = s.id
                         where s.order_id = o.id and (c.only_id is null or s.cooperative_id = c.only_id)) g on true
         where t.coupon_id <> c.id or t.user_id is distinct from o.buyer_id or u.seller_id is distinct from c.cooperative_id
            or (o.placed_at at time zone 'Asia/Shanghai')::date not between c.starts_on and c.ends_on
            or g.gross < c.threshold_fen or u.fen > coalesce(c.off_fen, least(c.cap_fen, g.gross * c.percent / 100))
            or exists (select from coupon_share h where h.use_id = u.id and c.only_id is not null
                          and h.cooperative_id <> c.only_id)
        """,
    ),
    Check(
        "coupon-counts",
        N_("优惠券张数和总额"),
        N_(
            "领走的 = 领券记录，不超过发行数；用掉的总额 = 没退回的用券合计，不超过总额；没付款就关闭的订单把券放回"
        ),
        """
        select c.id as coupon, c.taken, t.found, c.spent_fen, u.fen, c.budget_fen from coupon c
          join lateral (select count(*) as found from coupon_taken where coupon_id = c.id) t on true
          join lateral (select coalesce(sum(fen - back_fen), 0) as fen from coupon_use
                         where coupon_id = c.id and released_at is null) u on true
         where c.taken <> t.found or t.found > c.issued or c.spent_fen <> u.fen or u.fen > c.budget_fen
        union all
        select u.coupon_id, u.id, null, u.fen, null, null
          from coupon_use u join customer_order o on o.id = u.order_id
         where (u.released_at is null) <> (o.state <> 'closed') and coalesce(o.close_reason, '') in ('', 'cancelled', 'expired')
           and coalesce(u.release_reason, '') <> 'refunded'
        """,
    ),
    Check(
        "coupon-refunds",
        N_("退款退回镇里的"),
        N_("退货时退回镇里的 = 镇里承担的按退的钱累计向下取整；退回镇里总额的 = 各退货行之和"),
        """
        select l.id as line, l.town_borne_fen, r.fen, r.town from order_line l
          join (select line_id, sum(fen) as fen, sum(town_borne_fen) as town from refund_line group by line_id) r
            on r.line_id = l.id
         where r.town <> case when l.net_fen = 0 then 0 else div(l.town_borne_fen::numeric * r.fen, l.net_fen) end
        union all
        select u.id, u.fen, u.back_fen, r.town from coupon_use u
          join lateral (select coalesce(sum(x.town_borne_fen), 0) as town from suborder s
                          join order_line l on l.suborder_id = s.id join refund_line x on x.line_id = l.id
                         where s.order_id = u.order_id) r on true
         where u.back_fen <> case when u.seller_id is null then r.town else 0 end
        """,
    ),
    Check(
        "town-claims",
        N_("镇里欠的 = 账"),
        N_("应收款——镇政府里由订单和退款记的 = 各子订单欠的 + 已付的；镇里的每笔付款 = 各行之和，入账恰一次"),
        f"""
        select g.code, c.fen as owed, e.fen as booked from cooperative g
          join lateral (select coalesce(sum(fen), 0) as fen from ({CLAIMS} and s.cooperative_id = g.id) c) c on true
          join lateral (select coalesce(sum(fen), 0) as fen from town_payment where cooperative_id = g.id) p on true
          join lateral (select coalesce(sum(e.fen), 0) as fen from ledger_entry e
                          join ledger_transaction t on t.id = e.transaction_id
                         where e.cooperative_id = g.id and e.account = '113.town'
                           and t.source_type in ('order_line', 'refund_line', 'refund')) e on true
         where c.fen + p.fen <> e.fen
        union all
        select p.reference, p.fen, coalesce(l.fen, e.fen) from town_payment p
          left join lateral (select sum(fen) as fen from town_payment_line where payment_id = p.id) l on true
          left join lateral (select -sum(e.fen) as fen from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
                              where e.account = '113.town' and t.cooperative_id = p.cooperative_id
                                and (t.key = 'town:payment:' || p.id
                                     or t.key in (select 'statement:' || b.id from bank_statement_line b
                                                   where b.cooperative_id = p.cooperative_id
                                                     and b.reference = p.reference))) e on true
         where l.fen is distinct from p.fen or e.fen is distinct from p.fen
        """,  # noqa: S608 (our own text)
    ),
)
