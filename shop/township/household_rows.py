"""Households from a table: new ones with their persons and category; known ones, by code and head, get more of both."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from flask_babel import gettext as _

from shop.accounts.registration import parse_phone
from shop.cooperatives.people import lists, register_facts, register_homes, register_list
from shop.cooperatives.people.lists import CATEGORIES
from shop.cooperatives.people.register_steps import Step, check_day
from shop.cooperatives.people.registry import NewHousehold, clean_name
from shop.core.errors import Refused
from shop.core.numbers import fold
from shop.core.table_file import TableRow, read_day
from shop.core.table_import.kind import Checked, Column, Kind
from shop.core.text import N_
from shop.core.typed import Form

# a deed's field → our column
_FIELDS = {
    "head_name": "head", "village": "village", "on": "on", "persons": "others", "person": "others",
    "category": "category", "household_id": "code",
}  # fmt: skip
_YES_NO = {"农业户": True, "非农业户": False}
_BETWEEN = re.compile(r"[、,，;；\s]+")


@dataclass
class Context:
    """Read once for all rows of a file: the township's villages, and its households by code and by village and head."""

    region: str
    by: int
    villages: Mapping[str, int]
    by_code: Mapping[str, Any]
    heads: Mapping[tuple[int, str], str]
    rows: dict[str, int] = field(default_factory=dict)  # household → its row in this file


@dataclass(frozen=True)
class Wanted:
    """What a row asks for, understood."""

    household_id: int | None
    new: NewHousehold
    category: str
    since: date


class HouseholdRows:
    """One household a row."""

    code, name, subject = "households", N_("户、人员和类别"), "household"
    note = N_("户编号空着就是新登记一户；填了就给这一户添加人员和类别")
    columns = (
        Column("code", N_("户编号"), "", long=True, width=22),
        Column("village", N_("村"), "大川村", required=True),
        Column("head", N_("户主"), "王小华", required=True),
        Column("others", N_("其他人员"), "王大明、李小妹", width=30),
        Column("phone", N_("电话"), "13800138000", long=True),
        Column("agricultural", N_("户口"), "农业户", required=True),
        Column("category", N_("类别"), "建档立卡户"),
        Column("since", N_("类别从哪天起"), "2026-11-01"),
        Column("on", N_("从哪天起"), "2026-11-01", required=True),
    )
    fields = _FIELDS

    def choices(self, region: str) -> Mapping[str, Sequence[str]]:
        return {
            "village": [row.name for row in lists.villages(region)], "agricultural": list(_YES_NO),
            "category": list(CATEGORIES.values()),
        }  # fmt: skip

    def begin(self, region: str, by: int, lines: Sequence[TableRow]) -> Context:
        homes = lists.known(region)
        return Context(
            region,
            by,
            {row.name: row.id for row in lists.villages(region)},
            {row.code.upper(): row for row in homes},
            {(row.village_id, row.head_name): row.code for row in homes},
        )

    def check(self, context: Context, row: Checked) -> None:
        form = row.form
        village = context.villages.get(form.text("village"))
        if village is None:
            form.refuse("village", _("本镇没有这个村，请从选项里选"))
        agricultural = _YES_NO.get(form.text("agricultural"))
        if agricultural is None:
            form.refuse("agricultural", _("请填“农业户”或“非农业户”"))
        head = form.read("head", clean_name) or ""
        others = _names(form)
        phone = form.read("phone", parse_phone) if form.text("phone") else None
        on = _day(form, "on")
        category, since = _category(form, on)
        household_id = _known(context, row, village, head)
        if household_id is None and on is not None:
            form.read("on", lambda text: check_day(on, None))
        if form.problems or village is None or on is None:
            return
        new = NewHousehold(village, head, phone, bool(agricultural), others, on)
        row.wanted = Wanted(household_id, new, category, since or on)

    def save(self, context: Context, row: Checked) -> int:
        wanted: Wanted = row.wanted
        home = wanted.household_id
        if home is None:
            home = register_homes.enter(_step(context, wanted.new.entered_on or wanted.since), wanted.new)
        else:
            for name in wanted.new.persons:
                step = _step(context, wanted.new.entered_on or wanted.since)
                register_homes.add_person(home, step, name)
        if wanted.category:
            register_facts.give_category(home, _step(context, wanted.since), wanted.category)
        return home

    def save_many(self, context: Context, rows: Sequence[Checked]) -> list[int]:
        """`save` for many rows: neighbours that are new to the register in one deed. A refusal does not say of which."""
        made: list[int] = []
        for new, run in groupby(rows, key=lambda row: row.wanted.household_id is None):
            if new:
                made += register_list.enter_list([_entering(context, row.wanted) for row in run])
            else:
                made += [self.save(context, row) for row in run]
        return made


def _step(context: Context, on: date) -> Step:
    return Step(context.region, context.by, secrets.token_hex(16), on)


def _entering(context: Context, wanted: Wanted) -> register_list.Entering:
    step = _step(context, wanted.new.entered_on or wanted.since)
    return register_list.Entering(step, wanted.new, wanted.category, wanted.since)


def _names(form: Form) -> tuple[str, ...]:
    names = [name for name in _BETWEEN.split(form.text("others")) if name]
    try:
        return tuple(clean_name(name) for name in names)
    except Refused as refusal:
        form.refuse("others", refusal.message)
    return ()


def _day(form: Form, name: str) -> date | None:
    found = read_day(form.text(name))
    if found is None and form.text(name):
        form.refuse(name, _("日期要写成 2026-11-01 这样"))
    return found


def _category(form: Form, on: date | None) -> tuple[str, date | None]:
    """The code of the category and its first day; '' where the row gives none."""
    typed = form.text("category")
    code = next((code for code, words in CATEGORIES.items() if typed in (code, words, _(words))), "")
    since = _day(form, "since")
    if typed and not code:
        form.refuse("category", _("没有这种类别，请从选项里选"))
    if since is not None and not typed:
        form.refuse("category", _("填了类别的日期，请把类别也填上"))
    return code, since or on


def _known(context: Context, row: Checked, village: int | None, head: str) -> int | None:
    """The household that the row means; None for a new one. Doubles are refused."""
    form = row.form
    code = fold(form.text("code")).upper()
    if code:
        found = context.by_code.get(code)
        # the name must fit: a slip of the pen would give a category to strangers
        if found is None or found.head_name != head:
            form.refuse("code", _("没有找到这一户，请核对户编号和户主"))
            return None
        if found.village_id != village:
            form.refuse("village", _("这一户不在这个村，请核对"))
        if _YES_NO.get(form.text("agricultural")) is not found.agricultural:
            form.refuse("agricultural", _("和册子上的不一样，请核对"))
        if form.text("phone"):
            form.refuse("phone", _("已经在册的户，电话请在它的页面上改"))
    elif (village, head) in context.heads and village is not None:
        same = context.heads[village, head]
        form.refuse(
            "head", _("村里已有同名户主（%(code)s）；是这一户就填户编号，不是请在页面登记", code=same)
        )
    key = code or f"{village}:{head}"
    before = context.rows.setdefault(key, row.number)
    if before != row.number:
        form.refuse("head", _("和第 %(number)s 行重复，请只留一行", number=before))
    return int(context.by_code[code].id) if code and code in context.by_code else None


KINDS: Mapping[str, Kind] = {kind.code: kind for kind in (HouseholdRows(),)}
