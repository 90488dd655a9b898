"""Invariants of what staff said about odd figures: a reason, a known rule, an author who had a duty there."""

from __future__ import annotations

from shop.audit.check import Check
from shop.audit.odd_rules import RULES
from shop.core.text import N_

_KNOWN = ", ".join(f"'{rule.code}'" for rule in RULES)
_DUTY = """
    not exists (select from role_grant g where g.user_id = {by} and g.role = 'staff' and g.duty in ('clerk', 'approver')
                   and starts_with({region}, g.region_code) and g.valid_from <= ({at} at time zone 'Asia/Shanghai')::date
                   and (g.ended_at is null or g.ended_at >= {at}))"""
_NOTES = f"""
    select n.id, n.rule, n.subject, 'note' as item from odd_note n
     where n.rule not in ({_KNOWN}) or length(btrim(n.reason)) < 2
        or {_DUTY.format(by="n.noted_by", region="n.region_code", at="n.noted_at")}
    union all
    select k.id, k.kind, h.code, 'capacity' from household_capacity k join household h on h.id = k.household_id
      join village v on v.id = h.village_id where {_DUTY.format(by="k.entered_by", region="v.region_code", at="k.entered_at")}
"""  # noqa: S608 (our own sentences)

CHECKS = (
    Check(
        "odd-notes",
        N_("异常的说明"),
        N_("每条说明写了原因、对着一条规则，说明的人当时在那个地区是经办或审核岗；土地和蜂箱的登记人也是"),
        _NOTES,
    ),
)
