"""Invariants of the township's register: days never overlap, everybody lives in one household, every look has its reason."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "register-days",
        N_("册子上的日期"),
        N_("同一户的同一类别、同一人的同一原因、同一户的同一产业，日期不重叠；销户以后不再开始新的"),
        """
        select 'household_category' as entry, a.id, b.id as other from household_category a join household_category b
            on b.household_id = a.household_id and b.category = a.category and b.id > a.id
         where daterange(a.valid_from, greatest(a.valid_to + 1, a.valid_from), '[)')
               && daterange(b.valid_from, greatest(b.valid_to + 1, b.valid_from), '[)')
        union all
        select 'person_exclusion', a.id, b.id from person_exclusion a join person_exclusion b
            on b.person_id = a.person_id and b.reason = a.reason and b.id > a.id
         where daterange(a.valid_from, greatest(a.valid_to + 1, a.valid_from), '[)')
               && daterange(b.valid_from, greatest(b.valid_to + 1, b.valid_from), '[)')
        union all
        select 'industry_link', a.id, b.id from industry_link a join industry_link b
            on b.household_id = a.household_id and b.kind = a.kind and b.id > a.id
         where daterange(a.valid_from, greatest(a.valid_to + 1, a.valid_from), '[)')
               && daterange(b.valid_from, greatest(b.valid_to + 1, b.valid_from), '[)')
        union all
        select 'begins after the household left', c.id, h.id from household_category c join household h on h.id = c.household_id
         where c.valid_from > h.left_on
        union all
        select 'begins after the household left', k.id, h.id from industry_link k join household h on h.id = k.household_id
         where k.valid_from > h.left_on
        """,
    ),
    Check(
        "register-persons",
        N_("一人一天只在一户"),
        N_("转到另一户的人，前一户的最后一天早于后一户的第一天；一户在册一天就只有一个户主；销户以后没有人"),
        """
        select p.id as person, p.household_id as household, 'two households' as wrong from person p
          join person b on b.id = p.before_id where b.left_on is null or b.left_on >= p.joined_on
        union all
        select min(p.id), p.household_id, 'heads' from person p where p.left_on is null group by p.household_id
        having count(*) filter (where p.is_head) > 1
        union all
        select p.id, p.household_id, 'after the household' from person p join household h on h.id = p.household_id
         where h.left_on is not null and (p.left_on is null or p.left_on > h.left_on)
        """,
    ),
    Check(
        "register-members",
        N_("成员户在册"),
        N_("每个成员账户的户都在册子上，入社、在社的日子里没有销户"),
        """
        select m.id as member, m.household_id as household, h.left_on from member m
          left join household h on h.id = m.household_id
         where h.id is null or (h.left_on is not null and (m.left_on is null or m.left_on > h.left_on))
        """,
    ),
    Check(
        "register-reveals",
        N_("看姓名都有原因"),
        N_("每次看完整姓名和电话都写明原因，记着是哪几户；看一户的另记一条操作记录"),
        """
        select r.id as reveal, r.kind, r.households, count(h.household_id) as named from reveal r
          left join reveal_household h on h.reveal_id = r.id
         group by r.id
        having count(h.household_id) <> r.households or length(btrim(r.reason)) < 5 or r.kind = 'household' and r.households <> 1
        union all
        select null, a.subject_id, count(*), coalesce(max(seen.times), 0) from activity a
          left join lateral (select count(*) as times from reveal_household h join reveal r on r.id = h.reveal_id
                              where h.household_id::text = a.subject_id and r.kind = 'household') seen on true
         where a.act = 'household.revealed' group by a.subject_id having count(*) <> coalesce(max(seen.times), 0)
        """,
    ),
    Check(
        "register-moves",
        N_("人员变动 = 册子"),
        N_(
            "每次变动前一行到前一天为止，新的一行从当天开始；去世的人没有后来；撤销的那一次之后，他在原来的户里"
        ),
        """
        select m.id as move, m.kind, m.person_id, m.to_person_id, m.on_date from person_move m
          join person p on p.id = m.person_id left join person t on t.id = m.to_person_id
         where t.id is not null and (t.before_id is distinct from m.person_id or t.joined_on is distinct from m.on_date)
            or not m.from_outside and (p.left_on is null or p.left_on <> m.on_date - 1)
               and not exists (select from person_move r where r.reverses_id = m.id)
        union all
        select m.id, 'alive', m.person_id, t.id, m.on_date from person_move m join person t on t.before_id = m.person_id
         where m.kind = 'death' and not exists (select from person_move r where r.reverses_id = m.id)
        union all
        select r.id, 'undo', r.person_id, r.to_person_id, r.on_date from person_move r
          join person_move m on m.id = r.reverses_id left join person t on t.id = r.to_person_id
         where m.kind = 'undo' or r.on_date <> m.on_date or r.household_id <> m.household_id
            or r.person_id <> coalesce(m.to_person_id, m.person_id)
            or t.household_id is distinct from case when not m.from_outside then m.household_id end
        """,
    ),
    Check(
        "register-steps",
        N_("册子的每一步都有操作记录"),
        N_("办事员在册子上办的每一步，同一户有一条操作记录；结束和撤销都写了原因"),
        """
        select s.household_id as household, s.steps, coalesce(a.told, 0) as told
          from (select household_id, count(*) as steps from register_step group by 1) s
          left join (select subject_id, count(*) as told from activity
                      where subject_type = 'household' and (act like 'household.%') and act <> 'household.revealed'
                      group by 1) a on a.subject_id = s.household_id::text
         where coalesce(a.told, 0) < s.steps
        """,
    ),
)
