"""Invariants of what stands around an order: freight by its rule, parcels of gifts, invoices."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "freight-rule",
        N_("运费来自规则"),
        N_("每个子订单的运费 = 下单时那一版规则按重量、地区和送货方式算出的数"),
        """
        with kept as (
          select s.id, s.number, s.cooperative_id, s.delivery, s.freight_fen, s.goods_fen - s.discount_fen as net_fen,
                 s.freight_basis ->> 'method' as method, (s.freight_basis ->> 'version')::int as version,
                 (s.freight_basis ->> 'grams')::bigint as grams, (s.freight_basis ->> 'fen')::bigint as fen,
                 (s.freight_basis ->> 'free_from_fen')::bigint as free_from_fen, s.freight_basis ->> 'band' as band
            from suborder s where s.freight_basis is not null
        ), ruled as (
          select k.*, r.body,
                 (select sum(case l.unit_kind when 'g' then l.quantity else l.quantity * (r.body ->> 'piece_g')::bigint end)
                    from order_line l where l.suborder_id = k.id) as weighed
            from kept k join freight_rule r on r.cooperative_id = k.cooperative_id and r.version = k.version
        )
        select number, delivery, freight_fen, fen, net_fen from kept
         where method is distinct from delivery
            or freight_fen <> case when fen > 0 and (free_from_fen is null or net_fen < free_from_fen) then fen else 0 end
            or (version > 0 and not exists (select from freight_rule r where r.cooperative_id = kept.cooperative_id
                                               and r.version = kept.version))
        union all
        select number, delivery, weighed, grams, fen from ruled where delivery <> 'gift' and weighed is distinct from grams
        union all
        select number, delivery, freight_fen, fen, grams from ruled
         where delivery = 'express' and not exists (
               select from jsonb_to_recordset(body -> 'bands') as b(name text, first_g bigint, first_fen bigint,
                      step_g bigint, step_fen bigint, free_from_fen bigint)
                where b.name = ruled.band and b.free_from_fen is not distinct from ruled.free_from_fen
                  and ruled.fen = b.first_fen + case when b.step_g > 0
                      then div(greatest(0, ruled.grams - b.first_g) + b.step_g - 1, b.step_g) * b.step_fen else 0 end)
        union all
        select number, delivery, freight_fen, fen, grams from ruled
         where (delivery = 'town' and (fen is distinct from (body ->> 'town_fen')::bigint
                or free_from_fen is distinct from (body ->> 'town_free_from_fen')::bigint))
            or (delivery = 'pickup' and fen <> 0)
        """,
    ),
    Check(
        "gift-parcels",
        N_("送礼包裹"),
        N_("送礼订单只有一行；各包裹的份数之和 = 这一行的份数，运费之和 = 子订单运费；发完才算发货"),
        """
        select s.number, l.count, g.count as packed, s.freight_fen, g.fen, g.waiting
          from suborder s
          left join order_line l on l.suborder_id = s.id
          left join lateral (select sum(r.count) as count, sum(r.freight_fen) as fen,
                                    count(*) filter (where r.shipped_at is null) as waiting
                               from gift_recipient r where r.line_id = l.id) g on true
         where (s.delivery = 'gift' and (l.count is distinct from g.count or s.freight_fen is distinct from g.fen
                or (s.state in ('shipped', 'received') and g.waiting > 0)))
            or (s.delivery <> 'gift' and g.count is not null)
        """,
    ),
    Check(
        "invoices",
        N_("发票有人要"),
        N_("登记的发票属于要了发票、付过款的订单"),
        """
        select s.number, i.number as invoice, o.state
          from invoice_issued i join suborder s on s.id = i.suborder_id join customer_order o on o.id = s.order_id
         where o.invoice_kind = '' or o.paid_at is null
        """,
    ),
    Check(
        "transfers-received",
        N_("转账 = 银行流水"),
        N_("按识别码收的转账：成功的付款合计 = 对上的流水合计，没付清的少于应付；每条对上的流水恰好入账一次"),
        """
        select o.number, p.succeeded, p.open, l.fen as came
          from customer_order o
          join (select order_id, coalesce(sum(amount_fen) filter (where state = 'succeeded'), 0) as succeeded,
                       max(amount_fen) filter (where state = 'pending') as open
                  from payment where method = 'transfer' and key ~ '^(XC|over:|line:|part:)' group by 1) p on p.order_id = o.id
          join lateral (select coalesce(sum(b.amount_fen), 0) as fen
                          from bank_statement_line b join payment y on y.id = b.payment_id
                         where y.order_id = o.id and y.key like 'XC%' and b.amount_fen > 0) l on true
         where (p.open is null and p.succeeded <> l.fen)
            or (p.open is not null and l.fen - p.succeeded not between 0 and p.open - 1)
        union all
        select b.reference, b.amount_fen, null, e.fen
          from bank_statement_line b join payment y on y.id = b.payment_id and y.key like 'XC%'
          left join ledger_transaction t on t.key = 'statement:' || b.id and t.cooperative_id = b.cooperative_id
          left join lateral (select sum(fen) as fen from ledger_entry
                              where transaction_id = t.id and account = '113.transfer') e on true
         where b.amount_fen > 0 and e.fen is distinct from -b.amount_fen
        """,
    ),
    Check(
        "cash-on-delivery",
        N_("货到付款"),
        N_("等现金的订单只有一个合作社、送货上门、有一笔等收的款且没有期限；拒收的货如数回库"),
        """
        select o.number, o.total_fen, p.fen as promised, s.parts, o.expires_at
          from customer_order o
          join lateral (select count(*) as found, coalesce(sum(amount_fen), 0) as fen from payment
                         where order_id = o.id and method = 'cash' and state in ('created', 'pending')) p on true
          join lateral (select count(*) as parts, bool_and(delivery = 'town') as town from suborder
                         where order_id = o.id) s on true
         where (o.state = 'pending' and o.pay_method = 'cash'
                and (p.found <> 1 or p.fen <> o.total_fen or s.parts <> 1 or not s.town or o.expires_at is not null))
            or (p.found > 0 and not (o.state = 'pending' and o.pay_method = 'cash'))
        union all
        select s.number, a.quantity, m.quantity, a.id, null
          from lot_allocation a join order_line l on l.id = a.line_id join suborder s on s.id = l.suborder_id
          join customer_order o on o.id = s.order_id
          left join stock_move m on m.kind = 'returned' and m.source_type = 'lot_allocation' and m.source_id = a.id
         where coalesce(m.quantity, 0)
               <> case when o.state = 'closed' and o.close_reason = 'not_taken' and a.state = 'shipped' then a.quantity else 0 end
        """,
    ),
)
