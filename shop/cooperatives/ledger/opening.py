"""期初余额 from a spreadsheet: the form to fill in, its rows read strictly, one voucher or nothing, a file only once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import aliased

from shop.cooperatives.ledger.accounts import Account, base_code, name_of, title
from shop.cooperatives.ledger.models import Voucher
from shop.cooperatives.ledger.papers import OF_A_MEMBER, WITH_HOUSEHOLD, allowed, check_entries
from shop.cooperatives.ledger.posting import Entry
from shop.cooperatives.ledger.vouchers import Draft, own_key, record_voucher
from shop.cooperatives.people import queries as people
from shop.core.db import session
from shop.core.errors import Refused
from shop.core.money import parse_yuan
from shop.core.numbers import fold
from shop.core.sheet_limits import SheetRow
from shop.core.sheet_reading import read_rows
from shop.core.spreadsheet import Column, Sheet
from shop.core.text import N_, BadInput, excerpt

COLUMNS = (
    Column("account", N_("科目"), width=28), Column("member", N_("成员编号"), "num", 10),
    Column("name", N_("户主（参考）"), width=14),
    Column("debit", N_("借方（元）")), Column("credit", N_("贷方（元）")), Column("remark", N_("说明"), width=30),
)  # fmt: skip
_NEEDED = ("account", "member", "debit", "credit")
_HEADING_WITHIN = 10
_KEY = "opening:"
# accounts that the form lists once, in the order of a balance sheet
_LISTED = (
    Account.CASH, Account.BANK, Account.FIXED_ASSETS, Account.SHORT_LOANS, Account.OUTSIDE_PAYABLE, Account.LONG_LOANS,
    Account.FUND_SUBSIDY, Account.FUND_DONATION, Account.CAPITAL_RESERVE, Account.SURPLUS_RESERVE, Account.APPROPRIATION,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a row; `number` as the spreadsheet program counts rows, 0 for the file as a whole."""

    number: int
    column: str
    words: str


@dataclass(slots=True)
class Opening:
    """A file as read: lines ready to book, or what has to be mended."""

    sha256: str
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def form(name: str, members: Sequence[people.MemberRow]) -> list[Sheet]:
    """The file to fill in: general accounts, then capital and reserve share of every member."""
    accounts = [{"account": title(account)} for account in allowed("opening")]
    rows: list[Mapping[str, Any]] = [{"account": title(account)} for account in _LISTED]
    rows += [
        {"account": title(account), "member": member.number, "name": member.name}
        for account in (Account.SHARE_CAPITAL, Account.SURPLUS_RESERVE)
        for member in members
    ]
    notes = (
        "每行只填借方或贷方；没有余额的行留空即可。借方合计要等于贷方合计。",
        "库存、代销货物请用收货登记录入，不在这里填。",
    )
    source = f"='科目'!$A$4:$A${3 + len(accounts)}"
    return [
        Sheet("期初余额", f"{name} 期初余额（单位：元）", COLUMNS, rows, None, (), (0, source)),
        Sheet("科目", "可以填的科目", (Column("account", N_("科目"), width=30),), accounts, None, notes),
    ]


def read_opening(cooperative_id: int, data: bytes, on: date) -> Opening:
    """Read a filled-in form for the members of a day. Raises Refused (field 'file') for a file that is no such form."""
    rows = read_rows(data)
    found = Opening(hashlib.sha256(data).hexdigest())
    heading, places = _heading(rows)
    members = {str(row.number): row for row in people.members(cooperative_id, on)}
    seen: dict[tuple[str, int | None], int] = {}
    for row in rows:
        if row.number > heading:
            _read_row(row, places, members, seen, found)
    if not found.problems and not found.entries:
        raise Refused(N_("表里没有填任何金额"), "file")
    if not found.problems:
        try:
            check_entries("opening", found.entries)
        except Refused as refusal:
            found.problems.append(Problem(0, "", refusal.message))
    return found


def import_opening(cooperative_id: int, opening: Opening, on: date, by: int | None) -> int:
    """Book a file without problems as one voucher; returns its id, also where this very file was imported before.

    Raises Refused for a file with problems, and while another import stands that was not reversed.
    """
    if opening.problems:
        raise Refused(N_("表里还有要改正的行，没有导入"), "file")
    request_key = _KEY + opening.sha256
    standing = _standing(cooperative_id)
    if standing is not None and standing.request_key != own_key(cooperative_id, request_key):
        raise Refused(
            "已经导入过期初余额（凭证 %(number)s）；要重新导入，请先冲销那一张",
            "file",
            number=standing.number,
        )
    draft = Draft("opening", on, tuple(opening.entries), "期初余额（导入）", "", request_key)
    return record_voucher(cooperative_id, draft, by)


def request_key_of(opening: Opening) -> str:
    """Under which request a file is booked."""
    return _KEY + opening.sha256


def _standing(cooperative_id: int) -> Any:
    counter = aliased(Voucher)
    return session().execute(
        select(Voucher.number, Voucher.request_key)
        .outerjoin(counter, counter.reverses_id == Voucher.id)
        .where(
            Voucher.cooperative_id == cooperative_id, Voucher.kind == "opening", counter.id.is_(None),
            Voucher.request_key.startswith(own_key(cooperative_id, _KEY), autoescape=True),
        )
        .limit(1)
    ).one_or_none()  # fmt: skip


def _heading(rows: Iterable[SheetRow]) -> tuple[int, dict[str, int]]:
    """Number of the heading row and where its columns are, in Chinese or the language of the page."""
    names = {word: column.key for column in COLUMNS for word in (column.label, gettext(column.label))}
    for row in rows:
        if row.number > _HEADING_WITHIN:
            break
        places = {names[cell]: place for place, cell in enumerate(row.cells) if cell in names}
        if all(key in places for key in _NEEDED):
            return row.number, places
    raise Refused(N_("没有找到表头（科目、成员编号、借方、贷方），请用下载的模板填写"), "file")


def _read_row(
    row: SheetRow,
    places: Mapping[str, int],
    members: Mapping[str, people.MemberRow],
    seen: dict[tuple[str, int | None], int],
    found: Opening,
) -> None:
    cells = {key: fold(row.cell(place)) for key, place in places.items()}
    if not cells["debit"] and not cells["credit"]:
        return
    labels = {column.key: column.label for column in COLUMNS}

    def problem(column: str, words: str) -> None:
        found.problems.append(Problem(row.number, labels[column], words))

    if cells["debit"] and cells["credit"]:
        problem("debit", "借方和贷方只能填一个")
        return
    side = "debit" if cells["debit"] else "credit"
    account = _account_named(cells["account"])
    if account is None:
        problem("account", f"不认识科目“{excerpt(cells['account'])}”，请从“科目”表里选")
        return
    member = members.get(cells["member"].removesuffix("号")) if cells["member"] else None
    if cells["member"] and member is None:
        problem("member", f"没有编号为“{excerpt(cells['member'])}”的成员")
        return
    if account in OF_A_MEMBER and member is None:
        problem("member", f"“{title(account)}”按成员记，请写成员编号")
        return
    try:
        fen = parse_yuan(cells[side], label="金额")
    except BadInput as refusal:
        problem(side, str(refusal))
        return
    member_id = member.member_id if member is not None else None
    before = seen.setdefault((str(account), member_id), row.number)
    if before != row.number:
        problem("account", f"与第 {before} 行重复（同一科目、同一成员），请合成一行")
        return
    household_id = member.household_id if member is not None and account in WITH_HOUSEHOLD else None
    found.entries.append(Entry(account, fen if side == "debit" else -fen, member_id, household_id))


def _account_named(words: str) -> Account | None:
    """By what the form prints, by our code or name, or by a code of the chart that means just one account."""
    accounts = allowed("opening")
    for account in accounts:
        if words in (title(account), str(account), name_of(account)):
            return account
    by_code = [account for account in accounts if base_code(account) == words]
    return by_code[0] if len(by_code) == 1 else None
