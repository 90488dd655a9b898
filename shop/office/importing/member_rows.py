"""Members who join, from a table: households that the register of the township has already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _

from shop.cooperatives.income import membership
from shop.cooperatives.people import candidates, eligibility
from shop.cooperatives.people.eligibility import Verdict
from shop.cooperatives.people.member_events import Request
from shop.core import clock
from shop.core.numbers import fold
from shop.core.table_file import TableRow, read_day
from shop.core.table_import.kind import Checked, Column
from shop.core.text import N_

# a deed's field → our column
_FIELDS = {"household_id": "code", "joined_on": "joined_on"}


@dataclass
class Context:
    """Read once for all rows of a file: the households of the cooperative's own township by code, who of the file may join."""

    cooperative_id: int
    by: int
    households: Mapping[str, Any]
    verdicts: Mapping[int, Verdict]  # row → for joining after the rows before it
    closed: int | None  # the last year whose roster stands
    rows: dict[str, int] = field(default_factory=dict)  # code → its row in this file


class MemberRows:
    code, name, subject = "members", N_("新成员"), "member"
    note = N_("户编号要已经在镇里的册子上；成员编号按顺序自动给，股金不在这里填")
    columns = (
        Column("code", N_("户编号"), "DC-00012", required=True, long=True, width=20),
        Column("head", N_("户主"), "王小华", required=True),
        Column("joined_on", N_("入社日期"), "2026-11-01", required=True),
    )
    fields = _FIELDS

    def choices(self, cooperative_id: int) -> Mapping[str, Sequence[str]]:
        return {}

    def begin(self, cooperative_id: int, by: int, lines: Sequence[TableRow]) -> Context:
        households = candidates.register(cooperative_id)
        closed = membership.closed_through(cooperative_id)
        wanted: dict[tuple[int, date], int] = {}
        for line in lines:
            found, on = households.get(_code(line["code"])), read_day(line["joined_on"])
            if found is not None and found.cooperative_id != cooperative_id and on is not None:
                wanted.setdefault((found.id, on), line.number)
        verdicts = eligibility.judge_each(cooperative_id, list(wanted)) if wanted else []
        return Context(
            cooperative_id, by, households, dict(zip(wanted.values(), verdicts, strict=True)), closed
        )

    def check(self, context: Context, row: Checked) -> None:
        form = row.form
        code = _code(form.text("code"))
        found = context.households.get(code)
        # the name must fit: a code alone would tell whether it exists, and a slip of the pen would admit a stranger
        if found is None or found.head_name != form.text("head"):
            form.refuse("code", _("没有找到这一户，请核对户编号和户主"))
            found = None
        elif found.cooperative_id == context.cooperative_id:
            row.known = _("已经是成员，不动")
            return
        before = context.rows.setdefault(code, row.number)
        if before != row.number:
            form.refuse("code", _("和第 %(number)s 行重复，请只留一行", number=before))
        on = read_day(form.text("joined_on"))
        if on is None:
            form.refuse("joined_on", _("入社日期要写成 2026-11-01 这样"))
        elif on > clock.today():
            form.refuse("joined_on", _("入社日期不能晚于今天"))
        elif context.closed is not None and on.year <= context.closed:
            form.refuse("joined_on", _("%(year)s 年的账已经结账，那一年的成员名册不能再变", year=on.year))
        verdict = context.verdicts.get(row.number)
        if found is not None and not form.problems and verdict is not None and verdict.refusal is not None:
            form.blame(verdict.refusal, _FIELDS)
        if found is not None and on is not None:
            row.wanted = (found.id, on)

    def save(self, context: Context, row: Checked) -> int:
        return self.save_many(context, [row])[0]

    def save_many(self, context: Context, rows: Sequence[Checked]) -> list[int]:
        """Any number of rows in one deed; a refusal does not say of which."""
        wanted = [row.wanted for row in rows]
        return membership.join_each(context.cooperative_id, wanted, Request(context.by))


def _code(typed: str) -> str:
    return fold(typed).upper()
