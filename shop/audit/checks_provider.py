"""Invariants of the provider's account: every entry somebody's, payouts as booked, lines as met, the balance as told."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "provider-entries",
        N_("平台流水各有其主"),
        N_("每条平台流水：各社的份 + 镇里的 = 净额；还没分的没有份；一笔付款最多一条收款流水"),
        """
        select n.id as entry, n.provider_ref, n.net_fen, n.town_fen, coalesce(h.fen, 0) as shares
          from provider_entry n
          left join lateral (select sum(fen) as fen from provider_share where entry_id = n.id) h on true
         where (n.town_fen is null and h.fen is not null)
            or (n.town_fen is not null and n.town_fen + coalesce(h.fen, 0) <> n.net_fen)
        union all
        select min(id), min(provider_ref), sum(net_fen), null, count(*) from provider_entry
         where kind in ('charge', 'payment') and payment_id is not null group by payment_id having count(*) > 1
        """,
    ),
    Check(
        "provider-shares",
        N_("收款按份分给各社"),
        N_("一笔平台收款里每个社的份 = 它的子订单应收 − 它入账的手续费；退款全是子订单那个社的"),
        """
        select h.entry_id as entry, h.cooperative_id, h.fen, w.fen as wanted
          from provider_share h join provider_entry n on n.id = h.entry_id and n.kind in ('charge', 'payment')
          join payment p on p.id = n.payment_id
          join lateral (
            select coalesce(sum(s.goods_fen - s.discount_fen - s.town_borne_fen + s.freight_fen), 0)
                   + coalesce(sum((select sum(e.fen) from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
                                    where t.key = 'fee:suborder:' || s.id and e.account = '113.provider')), 0) as fen
              from suborder s where s.order_id = p.order_id and s.cooperative_id = h.cooperative_id) w on true
         where h.fen <> w.fen
        union all
        select h.entry_id, h.cooperative_id, h.fen, n.net_fen
          from provider_share h join provider_entry n on n.id = h.entry_id
          join refund r on r.id = n.refund_id left join suborder s on s.id = r.suborder_id
         where h.fen <> n.net_fen or h.cooperative_id is distinct from s.cooperative_id
        """,
    ),
    Check(
        "provider-payouts",
        N_("平台转款 = 账"),
        N_("入账的转款：明细合计 = 金额；每个社在平台、在途、在代收账户的分录 = 它的份和这笔转款现在的位置"),
        """
        with share as (
          select n.moved_payout_id as id, h.cooperative_id, -sum(h.fen) as fen
            from provider_share h join provider_entry n on n.id = h.entry_id and n.kind = 'payout' group by 1, 2),
        wanted as (
          select o.id, h.cooperative_id,
                 case when o.booked_at is null or o.returned_at is not null then 0 else -h.fen end as provider_fen,
                 case when o.booked_at is null or o.returned_at is not null or o.met_at is not null then 0 else h.fen end
                   as transit_fen,
                 case when o.met_at is null then 0 else h.fen end as collected_fen
            from provider_payout o join share h on h.id = o.id),
        booked as (
          select t.source_id as id, t.cooperative_id,
                 coalesce(sum(e.fen) filter (where e.account = '113.provider'), 0) as provider_fen,
                 coalesce(sum(e.fen) filter (where e.account = '102.transit'), 0) as transit_fen,
                 coalesce(sum(e.fen) filter (where e.account = '102.collected'), 0) as collected_fen
            from ledger_transaction t join ledger_entry e on e.transaction_id = t.id
           where t.kind = 'platform' and t.source_type = 'provider_payout' group by 1, 2)
        select coalesce(w.id, b.id)::text as payout, w.transit_fen + w.collected_fen as share,
               b.transit_fen + b.collected_fen as booked
          from wanted w full join booked b on b.id = w.id and b.cooperative_id = w.cooperative_id
         where (w.provider_fen, w.transit_fen, w.collected_fen)
               is distinct from (b.provider_fen, b.transit_fen, b.collected_fen)
        union all
        select o.provider_ref, o.amount_fen, n.fen from provider_payout o
          join lateral (select coalesce(sum(net_fen), 0) as fen from provider_entry where payout_id = o.id) n on true
         where o.booked_at is not null and o.automatic and n.fen <> o.amount_fen
        """,
    ),
    Check(
        "provider-met",
        N_("转款对上的流水"),
        N_("对上的银行流水是镇代收账户的、金额相等、没有另作他用；已对上的转款平台没有说失败"),
        """
        select o.id as payout, o.provider_ref, o.amount_fen, o.state, l.reference, l.amount_fen as line_fen
          from provider_payout o join bank_statement_line l on l.id = o.statement_line_id
         where l.amount_fen <> o.amount_fen or l.cooperative_id is not null or l.payment_id is not null
            or o.state in ('failed', 'canceled')
        """,
    ),
    Check(
        "provider-balance",
        N_("平台余额 = 流水合计"),
        N_("平台最近一次说的可用加待结余额 = 当时取来的全部流水之和（十分钟内的差不算）"),
        """
        select at, available_fen + pending_fen as told, entries_fen from provider_balance
         where id = (select max(id) from provider_balance) and at < now() - interval '10 minutes'
           and available_fen + pending_fen <> entries_fen
        """,
    ),
    Check(
        "provider-waits",
        N_("平台的钱没有积压"),
        N_("平台流水一天内分清是谁的，转款一天内入账"),
        """
        select 'entry' as item, provider_ref, seen_at as since from provider_entry
         where town_fen is null and kind not in ('payout', 'payout_failure', 'payout_cancel')
           and seen_at < now() - interval '1 day'
        union all
        select 'payout', provider_ref, seen_at from provider_payout
         where seen_at < now() - interval '1 day'
           and (booked_at is null or (state in ('failed', 'canceled') and returned_at is null and met_at is null))
        """,
    ),
)
