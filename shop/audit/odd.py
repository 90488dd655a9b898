"""异常: what the rules find in a region, and what staff said about it. Flags only; nothing is blocked by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from shop.audit import checks_losses, checks_stock, checks_transformations
from shop.audit.odd_models import OddNote
from shop.audit.odd_rules import BY_CODE, LIMITS, RULES, Rule, statement
from shop.cooperatives.people.models import Cooperative, Household, Member, Village
from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import Conflict, Refused
from shop.core.kept import kept
from shop.core.money import format_yuan
from shop.core.privacy import token_hash
from shop.core.quantity import format_weight
from shop.core.text import N_, clean_line

MOST = 100  # of each rule; those that nobody has explained come first
MOST_REASON = 200
PHONES_LAST = timedelta(minutes=10)
STOCK_CHECKS = [
    check.code for room in (checks_stock, checks_losses, checks_transformations) for check in room.CHECKS
]
WORDS = {
    "manager": N_("本社有职务的人"), "member": N_("本社成员户"), "land_mu": N_("土地"), "hives": N_("蜂箱"),
}  # fmt: skip
_FOUND = " union all ".join(
    f"(select '{rule.code}' as rule, f.*, n.reason, n.noted_at, u.name as noted_by"  # noqa: S608 (our own sentences)
    f" from (select f.*, md5(f.figures::text) as fingerprint"
    f" from ({statement(rule)}) f (subject, seen, place, cooperative, figures)) f"
    f" left join odd_note n on n.rule = '{rule.code}' and n.subject = f.subject and n.fingerprint = f.fingerprint"
    f" left join user_account u on u.id = n.noted_by order by (n.id is not null), f.seen desc, f.subject limit {MOST + 1})"
    for rule in RULES
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that a rule found. `place` says where to look further; `reason` is set once somebody explained it."""

    rule: Rule
    subject: str
    seen: datetime | None
    place: str
    cooperative: str
    figures: Mapping[str, Any]
    fingerprint: str
    reason: str | None
    noted_at: datetime | None
    noted_by: str | None

    def says(self) -> str:
        """The rule's sentence with this row's figures."""
        return str(_(self.rule.says, **{name: _shown(name, value) for name, value in self.figures.items()}))


def find(region_code: str) -> list[Finding]:
    """What is odd in the region, by rule, what nobody explained first, then newest first. Two statements at most."""
    cooperatives, phones = kept(("odd", region_code), PHONES_LAST, lambda now: _phones(region_code))
    rows = session().execute(
        text(_FOUND),
        {
            "region": region_code, "today": clock.today(), "now": clock.now(), "member_cooperatives": cooperatives,
            "member_phones": phones, "stock_checks": STOCK_CHECKS, **{name: limit.value for name, limit in LIMITS.items()},
        },
    )  # fmt: skip
    return [
        Finding(BY_CODE[row.rule], **{k: v for k, v in row._mapping.items() if k != "rule"}) for row in rows
    ]


def note(region_code: str, rule: str, subject: str, fingerprint: str, reason: str, by: int) -> bool:
    """Say that a finding was looked at, and why it is right; False when somebody did so before.

    Raises BadInput or Refused on `reason`, Conflict when the figures are no longer those that were seen.
    """
    words = clean_line(reason, label=_("说明"), max_length=MOST_REASON)
    if len(words) < 2:
        raise Refused(N_("请写明核实的结果，2 到 200 个字"), "reason")
    seen = (rule, subject, fingerprint)
    found = next((f for f in find(region_code) if (f.rule.code, f.subject, f.fingerprint) == seen), None)
    if found is None:
        raise Conflict(N_("这一条的数字刚才变了，请看新的数字再说明"))
    made = session().scalar(
        insert(OddNote)
        .values(
            region_code=region_code,
            rule=rule,
            subject=subject,
            fingerprint=fingerprint,
            reason=words,
            noted_by=by,
        )
        .on_conflict_do_nothing()
        .returning(OddNote.id)
    )
    if made is None:
        return False
    activity.record("odd.noted", "odd_note", made, actor_id=by, after={"rule": rule, "reason": words})
    return True


def _phones(region_code: str) -> tuple[list[int], list[str]]:
    """Of the members of the region's cooperatives: whose member, and the hash of the household's telephone."""
    rows = session().execute(
        select(Member.cooperative_id, Household.phone)
        .join(Household, Household.id == Member.household_id)
        .join(Cooperative, Cooperative.id == Member.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(
            Village.region_code.startswith(region_code, autoescape=True),
            Member.left_on.is_(None),
            Household.phone.is_not(None),
        )
    )
    found = [(row.cooperative_id, token_hash(row.phone)) for row in rows]
    return [cooperative for cooperative, _hash in found], [hashed for _cooperative, hashed in found]


def _shown(name: str, value: Any) -> str:
    if name.endswith("_fen"):
        return format_yuan(int(value))
    if name.endswith("_g"):
        return format_weight(int(value))
    if name == "check":
        return str(_(value))
    if name == "what":
        return str(_(WORDS[value]))
    return str(value)
