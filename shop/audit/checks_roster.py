"""Invariants of the roster: steps and members say the same, nobody is a member twice, parted capital is only moved."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from shop.audit.check import Check
from shop.cooperatives.people.models import Household, Member
from shop.cooperatives.people.roster_models import MemberEvent
from shop.core import clock
from shop.core.db import session
from shop.core.text import N_


def _heads() -> list[dict[str, Any]]:
    """Names are sealed, so they must be opened to be compared."""
    rows = session().execute(
        select(Member.household_id, Member.id, MemberEvent.seq, MemberEvent.head_after, Household.head_name)
        .ext(distinct_on(Member.household_id))
        .join(MemberEvent, MemberEvent.member_id == Member.id)
        .join(Household, Household.id == Member.household_id)
        .where(MemberEvent.kind == "succession")
        # of somebody who has left, the township may have changed the head since
        .where(or_(Member.left_on.is_(None), Member.left_on >= clock.today()))
        .order_by(Member.household_id, Member.joined_on.desc(), MemberEvent.seq.desc())
    )
    return [
        {"household": row.household_id, "member": row.id, "step": row.seq}
        for row in rows
        if row.head_after != row.head_name
    ]


CHECKS = (
    Check(
        "membership-steps",
        N_("成员变动 = 花名册"),
        N_("入社、退社、撤回的记录和花名册的日期一致，一步不缺；一户同时只在一个社；公开姓名的同意不重叠"),
        """
        select m.id as member, e.seq, e.kind, e.on_date, m.joined_on, m.left_on from member m
          join member_event e on e.member_id = m.id and e.kind = 'joined' where e.on_date <> m.joined_on
        union all
        select m.id, e.seq, e.kind, e.on_date, m.joined_on, m.left_on from member m
          join lateral (select * from member_event x where x.member_id = m.id and x.kind in ('leaving', 'stayed')
                         order by x.seq desc limit 1) e on true
         where m.left_on is distinct from case e.kind when 'leaving' then e.on_date end
        union all
        select m.id, null, 'left', null, m.joined_on, m.left_on from member m
         where m.left_on is not null and exists (select 1 from member_event e where e.member_id = m.id and e.kind = 'joined')
           and not exists (select 1 from member_event e where e.member_id = m.id and e.kind = 'leaving')
        union all
        select m.id, max(e.seq), 'steps', null, m.joined_on, m.left_on from member m join member_event e on e.member_id = m.id
         group by m.id having max(e.seq) <> count(*)
        union all
        select m.id, null, 'twice', o.joined_on, m.joined_on, m.left_on from member m
          join member o on o.household_id = m.household_id and o.id > m.id
         where o.joined_on <= coalesce(m.left_on, 'infinity') and m.joined_on <= coalesce(o.left_on, 'infinity')
        union all
        select null, null, 'consent', o.given_on, c.given_on, c.withdrawn_on from household_consent c
          join household_consent o on o.household_id = c.household_id and o.purpose = c.purpose and o.id > c.id
         where o.given_on < coalesce(c.withdrawn_on, 'infinity') and c.given_on < coalesce(o.withdrawn_on, 'infinity')
           and o.given_on < coalesce(o.withdrawn_on, 'infinity') and c.given_on < coalesce(c.withdrawn_on, 'infinity')
        """,
    ),
    Check(
        "member-heads",
        N_("最近一次更换的户主 = 现在的户主"),
        N_("一户最近一次更换户主后的名字，就是花名册上的名字"),
        _heads,
    ),
    Check(
        "capital-moved",
        N_("分户过户的股金和公积金份额 = 账"),
        N_("分户时划给新户的股金和随股金走的公积金份额，恰有一笔股金过户分录：老户减多少，新户加多少"),
        """
        select e.id as step, e.member_id, e.other_member_id, e.fen, b.lines, b.out_fen, b.in_fen, e.reserve_fen,
               b.reserve_out, b.reserve_in from member_event e
          left join lateral (
            select count(*) as lines, sum(l.fen) filter (where l.account = '301' and l.member_id = e.member_id) as out_fen,
                   sum(-l.fen) filter (where l.account = '301' and l.member_id = e.other_member_id) as in_fen,
                   coalesce(sum(l.fen) filter (where l.account = '322' and l.member_id = e.member_id), 0) as reserve_out,
                   coalesce(sum(-l.fen) filter (where l.account = '322' and l.member_id = e.other_member_id), 0) as reserve_in
              from ledger_transaction t join ledger_entry l on l.transaction_id = t.id
             where t.key = 'capital_transfer:' || e.id and t.cooperative_id = e.cooperative_id) b on true
         where e.kind = 'split' and e.fen > 0
           and (b.lines <> 2 + 2 * least(e.reserve_fen, 1) or b.out_fen is distinct from e.fen
                or b.in_fen is distinct from e.fen or b.reserve_out <> e.reserve_fen or b.reserve_in <> e.reserve_fen)
        union all
        select t.source_id, null, null, null, null, null, null, null, null, null from ledger_transaction t
         where t.kind = 'capital_transfer'
           and not exists (select 1 from member_event e where t.source_type = 'member_event' and e.id = t.source_id
                             and e.fen > 0 and t.key = 'capital_transfer:' || e.id)
        """,
    ),
)
