"""Invariants of money sent on to cooperatives' own accounts at the provider: as shared, as booked, taken back as refunded."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "connect-sent",
        N_("分账 = 该社的份"),
        N_(
            "分到本社平台账户的 = 收款里它的份，账户经两人批准；收回的不多于分出的、不多于那笔退款，全收回了才算收回；"
            "平台流水里的分账金额和记录相同"
        ),
        """
        select t.id as transfer, t.suborder_id, t.amount_fen, s.fen as share from connect_transfer t
          join connected_account a on a.id = t.account_id
          left join lateral (select sum(h.fen) as fen from provider_share h join provider_entry n on n.id = h.entry_id
                              where n.payment_id = t.payment_id and n.kind in ('charge', 'payment')
                                and h.cooperative_id = t.cooperative_id) s on true
         where s.fen is distinct from t.amount_fen or a.approved_by is null
        union all
        select t.id, t.suborder_id, t.amount_fen, b.fen from connect_transfer t
          join lateral (select coalesce(sum(r.amount_fen), 0) as fen,
                               coalesce(sum(r.amount_fen) filter (where r.state = 'sent'), 0) as sent_fen
                          from connect_reversal r where r.transfer_id = t.id) b on true
         where b.fen > t.amount_fen or (t.state = 'reversed') <> (b.sent_fen = t.amount_fen)
        union all
        select r.transfer_id, f.suborder_id, r.amount_fen, f.amount_fen from connect_reversal r
          join refund f on f.id = r.refund_id join connect_transfer t on t.id = r.transfer_id
         where r.amount_fen > f.amount_fen or f.suborder_id is distinct from t.suborder_id
        union all
        select t.id, t.suborder_id, t.amount_fen, -n.net_fen from connect_transfer t
          join provider_entry n on n.source_ref = t.provider_ref and n.kind = 'transfer' where n.net_fen <> -t.amount_fen
        union all
        select r.transfer_id, null, r.amount_fen, n.net_fen from connect_reversal r
          join provider_entry n on n.source_ref = r.provider_ref and n.kind = 'transfer_refund' where n.net_fen <> r.amount_fen
        """,
    ),
    Check(
        "connect-booked",
        N_("分账 = 账"),
        N_("平台流水里每笔分账和收回，恰有一笔分录在本社平台账户和支付平台之间，金额相等"),
        """
        select n.id as entry, n.provider_ref, h.cooperative_id, -h.fen as moved, b.own_fen, b.provider_fen
          from provider_entry n join provider_share h on h.entry_id = n.id
          left join lateral (
            select sum(e.fen) filter (where e.account = '102.connected') as own_fen,
                   sum(e.fen) filter (where e.account = '113.provider') as provider_fen
              from ledger_transaction t join ledger_entry e on e.transaction_id = t.id
             where t.key = 'provider_entry:' || n.id and t.cooperative_id = h.cooperative_id) b on true
         where n.kind in ('transfer', 'transfer_refund')
           and (b.own_fen is distinct from -h.fen or b.provider_fen is distinct from h.fen)
        union all
        select t.source_id, t.key, t.cooperative_id, null, null, null from ledger_transaction t
         where t.source_type = 'provider_entry'
           and not exists (select 1 from provider_share h join provider_entry n on n.id = h.entry_id
                            where n.id = t.source_id and h.cooperative_id = t.cooperative_id
                              and n.kind in ('transfer', 'transfer_refund'))
        """,
    ),
    Check(
        "connect-waits",
        N_("分账没有积压"),
        N_("有平台账户的社，收款一天内分到；平台一天没受理的分账和收回都列出来，由人查清"),
        """
        select 'transfer' as item, t.id, t.state, t.failure, t.created_at as since from connect_transfer t
          left join connected_account a on a.id = t.account_id
         where t.state in ('created', 'failed') and t.created_at < now() - interval '1 day' and a.ended_at is null
           and t.failure is distinct from 'paid_out'
        union all
        select 'reversal', r.id, r.state, r.failure, r.created_at from connect_reversal r
         where r.state in ('created', 'failed') and r.created_at < now() - interval '1 day'
        union all
        select 'share', h.id, null, null, n.seen_at from connected_account a
          join provider_share h on h.cooperative_id = a.cooperative_id and h.fen > 0
          join provider_entry n on n.id = h.entry_id and n.kind in ('charge', 'payment') and n.payout_id is null
           and n.seen_at between greatest(a.effective_at, now() - interval '30 days') and now() - interval '1 day'
          join payment p on p.id = n.payment_id and p.succeeded_at >= a.effective_at
         where a.ended_at is null and not exists (select 1 from connect_transfer t
                                                   where t.payment_id = p.id and t.cooperative_id = h.cooperative_id)
        """,
    ),
)
