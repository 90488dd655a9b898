"""期初余额 from a table: a line of the voucher a row; the whole of it balances and goes in, or nothing does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _

from shop.cooperatives.ledger import opening
from shop.cooperatives.ledger.accounts import Account, title
from shop.cooperatives.ledger.papers import OF_A_MEMBER, WITH_HOUSEHOLD, per_member
from shop.cooperatives.ledger.posting import Entry
from shop.cooperatives.people import queries as people
from shop.core import clock
from shop.core.errors import Refused
from shop.core.money import format_yuan, parse_yuan
from shop.core.numbers import fold
from shop.core.table_file import TableRow, read_day
from shop.core.table_import.kind import Checked, Column
from shop.core.text import N_
from shop.core.typed import Form

_MEMBER = re.compile(r"0*([0-9]{1,9})号?(?:\s*(\S.*))?")  # 12, 12号, 12号 王小华
SIDES = ("debit", "credit")


@dataclass
class Context:
    """Read once for all rows of a file."""

    cooperative_id: int
    by: int
    on: date | None  # the balances' day
    on_row: int  # the row that says so
    members: Mapping[str, people.MemberRow]
    unread: bool = False  # an amount is not in the sums
    sums: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(SIDES, 0)
    )  # fen, of all that can be read
    rows: dict[tuple[str, int | None], int] = field(default_factory=dict)  # account, member → its row


class OpeningRows:
    code, name, subject = "opening", N_("期初余额"), "voucher"
    note = N_("开始用本系统前的账：一行一个科目，成员的股金、公积金一户一行；借贷要相等，整张一次导入")
    columns = (
        Column("account", N_("科目"), "102 银行存款", required=True, width=28),
        Column("member", N_("成员编号"), "", long=True, headed=True, width=14),
        Column("name", N_("户主（参考）"), "", width=14),
        Column("debit", N_("借方（元）"), "12000.00", headed=True),
        Column("credit", N_("贷方（元）"), "", headed=True),
        Column("on", N_("余额日期"), "2026-01-01", headed=True, width=14),
        Column("remark", N_("说明"), "对账单余额", width=30),
    )
    fields: Mapping[str, str] = {}

    def choices(self, cooperative_id: int) -> Mapping[str, Sequence[str]]:
        members = people.members(cooperative_id, clock.today())
        return {
            "account": [title(account) for account in opening.accounts()],
            "member": [f"{row.number}号 {row.name}" for row in members],
        }

    def filled(self, cooperative_id: int) -> list[tuple[str, ...]]:
        """Every account once, then every member's capital and share of the reserve; the day on the first."""
        found = [(title(account), "", "") for account in opening.LISTED]
        found += [
            (title(account), str(member.number), member.name)
            for account in opening.OF_EVERY_MEMBER
            for member in people.members(cooperative_id, clock.today())
        ]
        days = [clock.today().replace(month=1, day=1).isoformat(), *[""] * len(found)]
        return [(*row, "", "", day, "") for row, day in zip(found, days, strict=False)]

    def begin(self, cooperative_id: int, by: int, lines: Sequence[TableRow]) -> Context:
        said = next((line for line in lines if line["on"]), None)
        on = None if said is None else read_day(said["on"])
        members = {str(row.number): row for row in people.members(cooperative_id, on or clock.today())}
        return Context(cooperative_id, by, on, 0 if said is None else said.number, members)

    def check(self, context: Context, row: Checked) -> None:
        form = row.form
        fen = _amount(context, form)
        if fen == 0:
            row.leave(_("没有填金额，不动"))
            return
        _check_day(context, row)
        account = opening.account_named(fold(form.text("account")))
        if account is None:
            form.refuse("account", _("没有这个科目，请从下拉选项里选"))
            return
        member = _member(context, form, account)
        member_id = None if member is None else member.member_id
        if form.problems or fen is None:
            return
        before = context.rows.setdefault((str(account), member_id), row.number)
        if before != row.number:
            form.refuse(
                "account", _("与第 %(number)s 行重复（同一科目、同一成员），请合成一行", number=before)
            )
        household = member.household_id if member is not None and account in WITH_HOUSEHOLD else None
        row.wanted = Entry(account, fen, member_id, household)

    def judge(self, context: Context, rows: Sequence[Checked]) -> list[str]:
        if all(row.blank for row in rows):
            return [_("没有填任何金额")]
        found = []
        if context.on is None:
            found.append(_("没有余额日期，请在第一行写上，像 2026-01-01"))
        debit, credit = (context.sums[side] for side in SIDES)
        if debit != credit:
            sums = {
                "debit": format_yuan(debit),
                "credit": format_yuan(credit),
                "difference": format_yuan(abs(debit - credit)),
            }
            found.append(
                _("借贷不平：借方合计 %(debit)s，贷方合计 %(credit)s，借方多 %(difference)s", **sums)
                if debit > credit
                else _("借贷不平：借方合计 %(debit)s，贷方合计 %(credit)s，贷方多 %(difference)s", **sums)
            )
            if context.unread:
                found.append(_("有的金额读不懂，没有算进借方、贷方合计"))
        return found + self._of_the_books(
            context, [row for row in rows if row.wanted is not None], bool(found)
        )

    def save(self, context: Context, row: Checked) -> int:
        return self.save_many(context, [row])[0]

    def save_many(self, context: Context, rows: Sequence[Checked]) -> list[int]:
        """One voucher for all of them."""
        if context.on is None:
            raise Refused(N_("没有余额日期，请在第一行写上，像 2026-01-01"), "file")
        entries = [row.wanted for row in rows]
        voucher_id = opening.import_opening(context.cooperative_id, entries, context.on, context.by)
        return [voucher_id] * len(rows)

    def _of_the_books(self, context: Context, rows: Sequence[Checked], wrong: bool) -> list[str]:
        """What the books say to it; rows that they hold already are known."""
        if context.on is None:
            return []
        standing = opening.imported(context.cooperative_id)
        entries = [row.wanted for row in rows if row.good]
        if standing is None:
            try:
                opening.check_day(context.cooperative_id, context.on)
            except Refused as refusal:
                return [refusal.message]
            return []
        if wrong or not opening.same_content(context.cooperative_id, standing, entries, context.on):
            return [opening.already(standing).message]
        for row in rows:
            row.known = row.known or _("以前导入过，没有重复记")
        return []


def _amount(context: Context, form: Form) -> int | None:
    """Debit positive, credit negative fen; 0 where neither says anything, None where it cannot be read."""
    found = {
        side: form.read(side, lambda text: parse_yuan(text, label=_("金额"), zero_allowed=True))
        for side in SIDES
        if form.text(side)
    }
    for side, fen in found.items():
        context.sums[side] += fen or 0
    if None in found.values():
        context.unread = True
        return None
    debit, credit = (found.get(side) or 0 for side in SIDES)
    if debit and credit:
        form.refuse("debit", _("借方和贷方只能填一个"))
        return None
    return debit - credit


def _check_day(context: Context, row: Checked) -> None:
    typed = row.form.text("on")
    on = read_day(typed)
    if typed and on is None:
        row.form.refuse("on", _("余额日期要写成 2026-01-01 这样"))
    elif on is not None and context.on is not None and on != context.on:
        row.form.refuse(
            "on", _("和第 %(number)s 行的余额日期不一样，整张表只能有一个", number=context.on_row)
        )


def _member(context: Context, form: Form, account: Account) -> people.MemberRow | None:
    typed = fold(form.text("member"))
    if not typed:
        if account in OF_A_MEMBER:
            form.refuse("member", _("“%(account)s”按成员记，请写成员编号", account=title(account)))
        return None
    found = _MEMBER.fullmatch(typed)
    member = context.members.get(found[1]) if found else None
    if found is None or member is None:
        form.refuse("member", _("余额日期那天没有这个编号的成员"))
        return None
    if not per_member(account):
        form.refuse("member", _("“%(account)s”不分成员，请清空成员编号", account=title(account)))
    # a row that slipped would give one household's money to the next
    if {fold(word) for word in (found[2], form.text("name")) if word} - {fold(member.name)}:
        form.refuse("name", _("和名册上这个编号的户主不一样，请核对有没有错行"))
    return member
