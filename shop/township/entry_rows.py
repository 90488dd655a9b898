"""Household income from a table: one amount of one household a row, with the paper that proves it, entered by the deed of
the pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _

from shop.cooperatives.income import income_entering, income_entries
from shop.cooperatives.income.income_entering import Draft
from shop.cooperatives.income.income_words import CLASSES
from shop.cooperatives.people import lists, rosters
from shop.core.errors import ShopError
from shop.core.money import parse_yuan
from shop.core.numbers import fold
from shop.core.privacy import fingerprint
from shop.core.table_file import TableRow, read_day
from shop.core.table_import.kind import Checked, Column, form_of
from shop.core.text import N_, BadInput
from shop.core.typed import Form

KEY = "import:"
# a deed's field → our column
_FIELDS = {"on_date": "on", "household_id": "head"}


@dataclass
class Homes:
    """The households that a file names, by code and by village and head, and their persons."""

    by_code: Mapping[str, Any]
    by_head: Mapping[tuple[str, str], Sequence[Any]]
    persons: Mapping[int, Sequence[Any]]


@dataclass
class Context:
    """Read once for all rows of a file."""

    region: str
    by: int
    lines: dict[int, tuple[Form, Draft | None]] = field(default_factory=dict)
    before: Mapping[Any, income_entering.Stands] = field(default_factory=dict)
    imported: Mapping[str, bool] = field(default_factory=dict)  # request key → whether that entry stands
    rows: dict[Any, int] = field(default_factory=dict)


class EntryRows:
    """One entry of the household income ledger a row."""

    code, name, subject = "income", N_("农户收入"), income_entries.SUBJECT
    note = N_(
        "一行一笔：哪一户、哪一类、什么来源、多少钱、哪一天、凭据。写错了不改，到那一笔的页面上冲销再记"
    )
    columns = (
        Column("code", N_("户编号"), "", long=True, width=22),
        Column("village", N_("村"), "大川村", width=12),
        Column("head", N_("户主"), "王小华", required=True, width=12),
        Column("income_class", N_("类别"), "工资性收入"),
        Column("source", N_("来源"), "外出务工", required=True, width=20),
        Column("amount", N_("金额（元）"), "3200.00", required=True),
        Column("on", N_("日期"), "2026-11-01", required=True),
        Column("evidence", N_("凭据"), "工资表 2026-10 第 5 行", required=True, long=True, width=30),
        Column("person", N_("是谁的"), "", width=12),
    )
    fields = _FIELDS

    def choices(self, region: str) -> Mapping[str, Sequence[str]]:
        return {
            "village": [row.name for row in lists.villages(region)], "income_class": list(CLASSES.values()),
            "source": [row.name for row in income_entries.by_hand()],
        }  # fmt: skip

    def begin(self, region: str, by: int, lines: Sequence[TableRow]) -> Context:
        context, homes = Context(region, by), _homes(region, lines)
        sources = {
            word: row for row in income_entries.by_hand() for word in (row.name, _(row.name), row.code)
        }
        for line in lines:
            form = form_of(self, line)
            context.lines[line.number] = (form, _draft(form, homes, sources))
        drafts = [draft for _form, draft in context.lines.values() if draft is not None]
        context.before = income_entering.standing(drafts) if drafts else {}
        context.imported = income_entering.requests([draft.request_key for draft in drafts])
        return context

    def check(self, context: Context, row: Checked) -> None:
        form, draft = context.lines[row.number]
        for name, sentence in form.problems.items():
            row.form.refuse(name, sentence)
        if draft is None or row.form.problems:
            return
        first = context.rows.setdefault(draft.same, row.number)
        stands = context.before.get(draft.same)
        if first != row.number:
            row.form.refuse(
                "evidence",
                _(
                    "和第 %(number)s 行一样，请只留一行；确实是两笔，请在凭据里写明区别，如“第 5 行”",
                    number=first,
                ),
            )
        elif context.imported.get(draft.request_key):
            row.known = _("以前导入过，没有重复记")
        elif draft.request_key in context.imported:
            row.form.refuse("", _("这一行导入过又冲销了；还要记的，请在这一户的台账页面上登记"))
        elif stands is not None and stands.entry_id is not None:
            row.form.blame(income_entering.twice(stands.entry_id), _FIELDS)
        row.wanted = draft

    def save(self, context: Context, row: Checked) -> int:
        return income_entering.record(row.wanted, context.region, context.by)

    def save_many(self, context: Context, rows: Sequence[Checked]) -> list[int]:
        """`save` for many rows at once; a refusal does not say of which."""
        return income_entering.record_many([row.wanted for row in rows], context.region, context.by)


def _homes(region: str, lines: Sequence[TableRow]) -> Homes:
    """Where a row has a code, by it; whole villages are opened only for rows without one."""
    codes = {_code(line["code"]) for line in lines if line["code"]}
    villages = {line["village"] for line in lines if not line["code"] and line["village"]}
    found = rosters.named(region, codes, villages)
    by_head: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for home in found:
        if home.left_on is None:
            by_head[home.village, home.head_name].append(home)
    people: dict[int, list[Any]] = defaultdict(list)
    if any(line["person"] for line in lines):
        for person in rosters.persons([home.id for home in found]):
            people[person.household_id].append(person)
    return Homes({_code(home.code): home for home in found}, by_head, people)


def _code(text: str) -> str:
    return fold(text).upper()


def _draft(form: Form, homes: Homes, sources: Mapping[str, Any]) -> Draft | None:
    """What a row says by itself, its problems beside the columns."""
    home = _home(form, homes)
    source = _source(form, sources)
    fen = form.read("amount", lambda text: int(parse_yuan(text, label=_("金额"))))
    on = read_day(form.text("on"))
    if on is None:
        form.refuse("on", _("日期要写成 2026-11-01 这样"))
    person = _person(form, homes, home)
    if form.problems or home is None or on is None or fen is None:
        return None
    draft = Draft(home.id, source, on, fen, form.text("evidence"), "", person)
    try:
        draft = replace(draft, evidence=income_entering.check(draft))
    except (ShopError, BadInput) as refusal:
        form.blame(refusal, {"": "evidence"} | _FIELDS)
        return None
    return replace(draft, request_key=KEY + fingerprint(repr(draft.same)))


def _home(form: Form, homes: Homes) -> Any:
    """The household that the row means: by its code, which the head must fit, or by village and head where one alone has both."""
    code, village, head = _code(form.text("code")), form.text("village"), form.text("head")
    if code:
        found = homes.by_code.get(code)
        if found is None or found.head_name != head:
            form.refuse("code", _("没有找到这一户，请核对户编号和户主"))
            return None
        if village and found.village != village:
            form.refuse("village", _("这一户不在这个村，请核对"))
        return found
    if not village:
        form.refuse("code", _("请填户编号；没有编号的，把村填上，按村和户主找"))
        return None
    alike = homes.by_head.get((village, head), ())
    if len(alike) > 1:
        codes = "、".join(home.code for home in alike)
        form.refuse(
            "code", _("这个村有 %(n)s 户叫这个名字，请填户编号：%(codes)s", n=len(alike), codes=codes)
        )
    elif not alike and head:
        form.refuse("head", _("这个村没有这个户主，请核对村和户主，或填户编号"))
    return alike[0] if len(alike) == 1 else None


def _source(form: Form, sources: Mapping[str, Any]) -> str:
    """The source's code; its class, where it is filled in, must fit."""
    found = sources.get(form.text("source"))
    typed = form.text("income_class")
    if found is None:
        if form.text("source"):
            form.refuse("source", _("没有这种来源，或它由系统自动记入；请从选项里选"))
        return ""
    words = CLASSES[found.income_class]
    if typed and typed not in (words, _(words), found.income_class):
        form.refuse(
            "income_class", _("“%(source)s”属于%(words)s，请核对", source=_(found.name), words=_(words))
        )
    return str(found.code)


def _person(form: Form, homes: Homes, home: Any) -> int | None:
    name = form.text("person")
    if not name or home is None:
        return None
    found = [person.id for person in homes.persons.get(home.id, ()) if person.name == name]
    if len(found) != 1:
        form.refuse(
            "person",
            _("这一户有两个人叫这个名字，请在页面上登记这一笔") if found else _("这一户的册子上没有这个人"),
        )
        return None
    return int(found[0])
