"""Invariants of the ledger: balance, one fact one entry, what it says of goods, sales and closed years."""

from __future__ import annotations

from shop.audit.check import Check
from shop.cooperatives.ledger import sealing
from shop.core.text import N_

CHECKS = (
    Check(
        "ledger-zero",
        N_("借贷相等"),
        N_("每笔凭证借贷相等且不空"),
        """
        select t.id as transaction, t.key, coalesce(sum(e.fen), 0) as off, count(e.id) as entries
          from ledger_transaction t left join ledger_entry e on e.transaction_id = t.id
         group by t.id having coalesce(sum(e.fen), 0) <> 0 or count(e.id) = 0
        """,
    ),
    Check(
        "sale-posted-once",
        N_("每行销售入账一次"),
        N_("有归属的订单行恰有一笔销售凭证，收款额 = 行净额"),
        """
        select l.id as line, l.net_fen, t.id as transaction, e.fen as cleared
          from (select distinct line_id from attribution where kind = 'sale') a
          join order_line l on l.id = a.line_id
          left join ledger_transaction t on t.key = 'sale:line:' || l.id
          left join lateral (select sum(fen) as fen from ledger_entry where transaction_id = t.id
                               and (account like '113.%' or account = '101')) e on true
         where l.net_fen > 0 and (t.id is null or e.fen is distinct from l.net_fen)
        union all
        select s.id, s.freight_fen, t.id, e.fen
          from suborder s join customer_order o on o.id = s.order_id and o.attributed_at is not null
          left join ledger_transaction t on t.key = 'freight:suborder:' || s.id
          left join lateral (select sum(fen) as fen from ledger_entry where transaction_id = t.id
                               and (account like '113.%' or account = '101')) e on true
         where s.freight_fen > 0 and (t.id is null or e.fen is distinct from s.freight_fen)
        """,
    ),
    Check(
        "turnover",
        N_("报表 = 账"),
        N_("各社归属合计 = 账上销售收款合计"),
        """
        select c.code, a.fen as attributed, e.fen as booked from cooperative c
          join lateral (select coalesce(sum(fen), 0) as fen from attribution where cooperative_id = c.id) a on true
          join lateral (select coalesce(sum(e.fen), 0) as fen from ledger_entry e
                          join ledger_transaction t on t.id = e.transaction_id
                         where e.cooperative_id = c.id and t.kind in ('sale', 'reversal', 'refund')
                           and t.source_type in ('order_line', 'refund_line')
                           and (e.account like '113.%' or e.account = '101')) e on true
         where a.fen <> e.fen
        """,
    ),
    Check(
        "refund-posted-once",
        N_("每笔退款入账一次"),
        N_("退货行、退运费、仅退款各恰有一笔凭证，付款账户少的钱 = 退的钱"),
        """
        select w.key, w.fen, t.id as transaction, e.fen as cleared
          from (select 'refund:line:' || l.id as key, l.fen - l.town_borne_fen as fen from refund_line l
                 where l.fen > l.town_borne_fen
                union all
                select 'refund:amount:' || r.id, r.amount_fen from refund r where r.kind = 'amount'
                union all
                select 'refund:freight:' || r.id, r.amount_fen - l.fen
                  from refund r join lateral (select sum(fen - town_borne_fen) as fen
                                                from refund_line where refund_id = r.id) l on true
                 where r.kind = 'goods' and r.amount_fen > l.fen) w
          left join ledger_transaction t on t.key = w.key and t.kind = 'refund'
          left join lateral (select -sum(fen) as fen from ledger_entry where transaction_id = t.id and fen < 0
                               and (account in ('113.provider', '113.transfer', '101'))) e on true
         where t.id is null or e.fen is distinct from w.fen
        """,
    ),
    Check(
        "goods-value",
        N_("存货价值"),
        N_("产品物资（121）和受托代销商品（128）= 未售份额的价值"),
        """
        select c.code, g.account, g.fen as goods, e.fen as booked
          from cooperative c
          cross join (values ('121', 'buyout'), ('128', 'consign_fixed')) as kind(account, mode)
          join lateral (select kind.account, coalesce((select sum(value_fen) from intake_receipt
                                  where cooperative_id = c.id and mode = kind.mode), 0)
                             + coalesce((select sum(p.value_fen) from lot_part p join lot t on t.id = p.lot_id
                                          where p.cooperative_id = c.id and t.mode = kind.mode
                                            and p.parent_part_id is not null), 0)
                             - coalesce((select sum(p.value_fen * least(p.attributed_quantity - p.returned_quantity
                                                                        + p.lost_quantity + p.transformed_quantity
                                                                        - p.restored_quantity, p.quantity) / p.quantity)
                                           from lot_part p join lot t on t.id = p.lot_id
                                          where p.cooperative_id = c.id and t.mode = kind.mode), 0) as fen) g on true
          join lateral (select coalesce(sum(fen), 0) as fen from ledger_entry
                         where cooperative_id = c.id and account = kind.account) e on true
         where g.fen <> e.fen
        """,
    ),
    Check(
        "consigned-due",
        N_("代销与成员往来"),
        N_("受托代销商品（128）借方 = 未售的成员往来（代销）和应付款（代销）贷方"),
        """
        select c.code, g.fen as goods, e.fen as owed from cooperative c
          join lateral (select coalesce(sum(fen), 0) as fen from ledger_entry
                         where cooperative_id = c.id and account = '128') g on true
          join lateral (select coalesce(sum(fen), 0) as fen from ledger_entry
                         where cooperative_id = c.id and account in ('114.consigned', '211.consigned')) e on true
         where g.fen + e.fen <> 0
        """,
    ),
    Check(
        "closed-year",
        N_("结账年度"),
        N_("结账时的本年盈余 = 该年收支凭证的差"),
        """
        select c.cooperative_id, c.year, c.surplus_fen, e.fen as recomputed from fiscal_year_close c
          join lateral (select coalesce(-sum(e.fen), 0) as fen from ledger_entry e
                          join ledger_transaction t on t.id = e.transaction_id
                         where e.cooperative_id = c.cooperative_id and e.account like '5%' and t.kind <> 'year_close'
                           and extract(year from t.on_date) = c.year) e on true
         where c.surplus_fen <> e.fen
        """,
    ),
    Check(
        "vouchers",
        N_("凭证 = 分录"),
        N_("每张凭证有一笔分录，金额相等；每笔由凭证记的账有它的凭证；冲销凭证与原凭证正好相反"),
        """
        select v.number, v.amount_fen, e.fen as booked, t.source_id as source
          from voucher v
          left join ledger_transaction t on t.id = v.transaction_id and t.cooperative_id = v.cooperative_id
          left join lateral (select coalesce(sum(fen), 0) as fen from ledger_entry
                              where transaction_id = t.id and fen > 0) e on true
         where t.id is null or t.source_type <> 'voucher' or t.source_id <> v.id or t.on_date <> v.on_date
            or e.fen is distinct from v.amount_fen
        union all
        select t.key, null, null, t.id from ledger_transaction t
         where t.source_type = 'voucher' and not exists (select 1 from voucher v where v.transaction_id = t.id)
        union all
        select v.number, v.amount_fen, o.amount_fen, t.id
          from voucher v join voucher o on o.id = v.reverses_id
          join ledger_transaction t on t.id = v.transaction_id
         where o.cooperative_id <> v.cooperative_id or t.reverses_id is distinct from o.transaction_id
            or exists (select 1 from ledger_entry e where e.transaction_id in (v.transaction_id, o.transaction_id)
                        group by e.account, e.member_id, e.household_id, e.supplier_id having sum(e.fen) <> 0)
        """,
    ),
    Check(
        "ledger-seals",
        N_("账本封存链"),
        N_("按分录重算的每一环摘要 = 当时封存的摘要"),
        sealing.broken_links,
    ),
)
