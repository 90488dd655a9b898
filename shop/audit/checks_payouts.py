"""Invariants of money on its way to households: settlements, batches, payments, accounts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from shop.audit.check import Check
from shop.cooperatives.people.models import Cooperative
from shop.core.db import session
from shop.core.text import N_
from shop.payments import whereabouts


def _whereabouts() -> list[dict[str, Any]]:
    ids = session().execute(select(Cooperative.id).order_by(Cooperative.id)).scalars().all()
    return whereabouts.broken(ids)


CHECKS = (
    Check(
        "settlement",
        N_("月结 = 账"),
        N_(
            "已审批的结算单：各户货款减扣款 = 它收进的每笔账之和，应付 = 货款 − 扣款 + 上期结转，每笔账只在一张结算单里"
        ),
        """
        select s.id as settlement, s.period, l.id as line, l.credit_fen, l.deduction_fen, l.due_fen, e.fen as booked
          from settlement s join settlement_line l on l.settlement_id = s.id
          join lateral (select coalesce(-sum(b.fen), 0) as fen,
                               count(*) filter (where (b.household_id, b.member_id, b.supplier_id) is distinct from
                                                      (l.household_id, l.member_id, l.supplier_id)
                                                   or b.cooperative_id <> l.cooperative_id) as foreign_rows
                          from settlement_entry t join ledger_entry b on b.id = t.ledger_entry_id
                         where t.settlement_line_id = l.id) e on true
         where s.state <> 'draft'
           and (l.credit_fen - l.deduction_fen <> e.fen or e.foreign_rows > 0
                or l.due_fen <> l.credit_fen - l.deduction_fen + l.carried_in_fen)
        """,
    ),
    Check(
        "settlement-carried",
        N_("结转不丢不重"),
        N_("每户每月的上期结转 = 以前结转出去、还没有再转入的金额"),
        """
        select id as line, settlement_id, carried_in_fen, before from (
          select l.id, l.settlement_id, l.carried_in_fen,
                 coalesce(sum(case when l.state = 'carried' then l.due_fen else 0 end - l.carried_in_fen)
                   over (partition by l.cooperative_id, l.household_id, l.member_id, l.supplier_id order by s.period
                         rows between unbounded preceding and 1 preceding), 0) as before
            from settlement_line l join settlement s on s.id = l.settlement_id where s.state <> 'draft') carried
         where carried_in_fen <> before
        """,
    ),
    Check(
        "charter-deductions",
        N_("章程扣款 = 账"),
        N_("每月按章程由交货户承担的费用：扣款合计 = 账上冲减的费用，每笔扣款有它的依据"),
        """
        select d.id as deduction, d.cooperative_id, d.period, d.kind, d.borne_fen, coalesce(e.fen, 0) as booked
          from charter_deduction d
          left join lateral (
            select -sum(e.fen) as fen from ledger_transaction t join ledger_entry e on e.transaction_id = t.id
             where t.key = 'charter-deduction:' || d.cooperative_id || ':' || d.period || ':' || d.kind
               and t.kind = 'deduction' and e.account = '521') e on true
         where d.borne_fen <> coalesce(e.fen, 0)
        union all
        select t.id, t.cooperative_id, 'none', t.key, 0, 0 from ledger_transaction t
         where t.key like 'charter-deduction:%'
           and not exists (select 1 from charter_deduction d
                            where t.key = 'charter-deduction:' || d.cooperative_id || ':' || d.period || ':' || d.kind)
        """,
    ),
    Check(
        "payout-booked",
        N_("付款 = 账"),
        N_("每笔付成的款恰有一笔分录，金额相等；退回的恰有一笔反向分录；每笔付款分录有它的付款"),
        """
        select p.id as payout, p.amount_fen, t.id as transaction, e.fen as booked
          from payout p
          left join ledger_transaction t on t.key = 'payout:' || p.id and t.cooperative_id = p.cooperative_id
          left join lateral (select -sum(fen) as fen from ledger_entry
                              where transaction_id = t.id and account in ('101', '102')) e on true
         where (p.state in ('paid', 'returned') and e.fen is distinct from p.amount_fen)
            or (p.state not in ('paid', 'returned') and t.id is not null)
        union all
        select p.id, p.amount_fen, t.id, e.fen
          from payout p
          left join ledger_transaction t on t.key = 'payout_return:' || p.id and t.cooperative_id = p.cooperative_id
          left join payout_return r on r.payout_id = p.id
          left join lateral (select sum(fen) as fen from ledger_entry
                              where transaction_id = t.id and account in ('101', '102')) e on true
         where (p.state = 'returned' and (e.fen is distinct from p.amount_fen or r.id is null))
            or (p.state <> 'returned' and (t.id is not null or r.id is not null))
        union all
        select t.source_id, null, t.id, null from ledger_transaction t
         where t.kind = 'payout' and not exists (select 1 from payout p where t.key = 'payout:' || p.id)
        """,
    ),
    Check(
        "payout-lines",
        N_("一行只付一次"),
        N_("结算单和分配表的一行最多在一笔没失败的付款里，金额、收款户、状态都一致；批次合计 = 各笔之和"),
        """
        select p.id as payout, p.state, p.amount_fen, l.due_fen as owed, l.state as line_state
          from payout p join settlement_line l on l.id = p.settlement_line_id
         where (p.amount_fen, p.household_id, p.member_id, p.supplier_id)
               is distinct from (l.due_fen, l.household_id, l.member_id, l.supplier_id)
            or (p.state in ('waiting', 'sent') and l.state <> 'paying') or (p.state = 'paid' and l.state <> 'paid')
        union all
        select l.id, l.state, l.due_fen, count(p.id), 'live' from settlement_line l
          left join payout p on p.settlement_line_id = l.id and p.state not in ('failed', 'returned', 'cancelled')
         group by l.id having count(p.id) > 1 or (l.state in ('paying', 'paid') and count(p.id) = 0)
        union all
        select l.id, 'distribution', sum(p.amount_fen), l.patronage_fen + l.residual_fen - l.converted_fen, 'live'
          from distribution_line l
          join payout p on p.distribution_line_id = l.id and p.state not in ('failed', 'returned', 'cancelled')
          join payout_batch b on b.id = p.batch_id and b.state <> 'draft'
         group by l.id having count(*) > 1 or sum(p.amount_fen) <> l.patronage_fen + l.residual_fen - l.converted_fen
        union all
        select b.id, b.state, b.total_fen, sum(p.amount_fen), 'batch' from payout_batch b join payout p on p.batch_id = b.id
         group by b.id having b.total_fen <> sum(p.amount_fen)
        """,
    ),
    Check(
        "payout-people",
        N_("付款经过两个人"),
        N_(
            "结算单、付款批次、收款账户的批准人都不是经办人；导出给银行时账户已批准满 24 小时、没有撤回；现金发放附有签字表"
        ),
        """
        select 'settlement' as what, id, made_by, approved_by from settlement
         where state <> 'draft' and (approved_by is null or made_by is null or approved_by = made_by)
        union all
        select 'batch', id, made_by, approved_by from payout_batch
         where state not in ('draft', 'cancelled') and (approved_by is null or approved_by = made_by)
        union all
        select 'account', id, requested_by, approved_by from payee_account
         where approved_by = requested_by or effective_at < approved_at + interval '24 hours'
        union all
        select 'payout', p.id, b.made_by, b.approved_by
          from payout p join payout_batch b on b.id = p.batch_id left join payee_account a on a.id = p.payee_account_id
         where b.state in ('sent', 'closed') and b.method = 'bank' and p.state <> 'cancelled'
           and (a.id is null or a.effective_at is null or a.effective_at > b.sent_at
                or (a.household_id, a.supplier_id) is distinct from (p.household_id, p.supplier_id))
        union all
        select 'cash', b.id, b.made_by, b.approved_by from payout_batch b
         where b.method = 'cash' and b.state in ('sent', 'closed')
           and not exists (select 1 from attachment a where a.subject_type = 'payout_batch' and a.subject_id = b.id)
        """,
    ),
    Check(
        "whereabouts",
        N_("每分钱在一个地方"),
        N_("账上欠各户的 = 未结算 + 应付 + 付款中 + 未付成 + 结转；欠成员的盈余同理；资金 = 各方应得"),
        _whereabouts,
    ),
)
