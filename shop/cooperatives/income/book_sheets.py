"""The books as worksheets: the same rows and sums as the pages, with the newest link of the hash chain underneath."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from shop.cooperatives.income import member_accounts
from shop.cooperatives.ledger import entries as ledger_entries
from shop.cooperatives.ledger import sealing, statements
from shop.cooperatives.ledger.accounts import title
from shop.core.errors import NotFound
from shop.core.money import format_plain
from shop.core.spreadsheet import Column, Sheet
from shop.core.text import N_

Shown = Callable[[str], str]
MOST_ENTRIES = 50_000
BY_YEAR = ("surplus", "members")  # statements of a whole year; the others are of any months

BALANCE = (
    Column("code", N_("科目代码"), width=10), Column("name", N_("科目名称"), width=26),
    Column("opening_debit", N_("期初借方（元）"), "yuan"), Column("opening_credit", N_("期初贷方（元）"), "yuan"),
    Column("debit", N_("本期借方（元）"), "yuan"), Column("credit", N_("本期贷方（元）"), "yuan"),
    Column("closing_debit", N_("期末借方（元）"), "yuan"), Column("closing_credit", N_("期末贷方（元）"), "yuan"),
)  # fmt: skip
STATEMENT = (
    Column("number", N_("行次"), "num", 8), Column("name", N_("项目"), width=26), Column("fen", N_("本期（元）"), "yuan"),
    Column("before_fen", N_("上年同期（元）"), "yuan"),
)  # fmt: skip
MEMBERS = (
    Column("number", N_("成员编号"), "num", 10), Column("name", N_("户主"), width=12), Column("village", N_("村"), width=12),
    Column("capital_fen", N_("出资额（元）"), "yuan"), Column("reserve_fen", N_("公积金份额（元）"), "yuan"),
    Column("subsidy_fen", N_("财政补助份额（元）"), "yuan"), Column("donation_fen", N_("捐赠份额（元）"), "yuan"),
    Column("trade_fen", N_("交易额（元）"), "yuan"), Column("patronage_fen", N_("盈余返还（元）"), "yuan"),
    Column("residual_fen", N_("剩余盈余（元）"), "yuan"), Column("refund_fen", N_("返还合计（元）"), "yuan"),
)  # fmt: skip
ENTRIES = (
    Column("day", N_("日期"), width=12), Column("number", N_("凭证或账号"), width=14), Column("account", N_("科目"), width=26),
    Column("kind", N_("类别"), width=12), Column("memo", N_("摘要"), width=40), Column("member", N_("成员"), width=14),
    Column("debit", N_("借方（元）"), "yuan"), Column("credit", N_("贷方（元）"), "yuan"),
    Column("balance", N_("余额（元）"), "yuan"),
)  # fmt: skip


def sheet_of(
    statement: str, name: str, cooperative_id: int, part: ledger_entries.Slice, shown: Shown
) -> Sheet:
    """The worksheet of one statement for the days of `part`. Raises NotFound for an unknown statement."""
    if statement == "balance":
        return balance(name, cooperative_id, part.first, part.last)
    if statement == "income":
        return income(name, cooperative_id, part.first, part.last)
    if statement == "surplus":
        return surplus(name, cooperative_id, part.last.year)
    if statement == "members":
        return members(name, cooperative_id, part.first, part.last, shown)
    if statement == "entries":
        return entries(name, cooperative_id, part, shown)
    raise NotFound


def balance(name: str, cooperative_id: int, first: date, last: date) -> Sheet:
    """科目余额表."""
    found = statements.trial_balance(cooperative_id, first, last)
    rows = [
        {
            "code": row.code, "name": row.name, "opening_debit": max(row.opening, 0), "opening_credit": max(-row.opening, 0),
            "debit": row.debit, "credit": row.credit, "closing_debit": max(row.closing, 0),
            "closing_credit": max(-row.closing, 0),
        }
        for row in found.rows
    ]  # fmt: skip
    total: dict[str, int | str] = {"code": "合计", **found.sums}
    return Sheet(
        "科目余额表",
        f"{name} 科目余额表 {first} 至 {last}（单位：元）",
        BALANCE,
        rows,
        total,
        _notes(cooperative_id),
    )


def income(name: str, cooperative_id: int, first: date, last: date) -> Sheet:
    """收益表."""
    lines = statements.income_statement(cooperative_id, first, last)
    return Sheet(
        "收益表",
        f"{name} 收益表 {first} 至 {last}（单位：元）",
        STATEMENT,
        lines,
        None,
        _notes(cooperative_id),
    )


def surplus(name: str, cooperative_id: int, year: int) -> Sheet:
    """盈余及盈余分配表 (会农社02)."""
    lines = statements.surplus_statement(cooperative_id, year)
    note = "第 21 行可分配盈余在提取盈余公积之前；《农民专业合作社法》所说的可分配盈余在提取之后"
    return Sheet(
        "盈余及盈余分配表", f"{name} {year} 年度盈余及盈余分配表 会农社02（单位：元）", STATEMENT, lines, None,
        [note, *_notes(cooperative_id)],
    )  # fmt: skip


def members(name: str, cooperative_id: int, first: date, last: date, shown: Shown) -> Sheet:
    """成员账户, one line a member; `shown` masks the names for whoever may not read them."""
    found = member_accounts.accounts(cooperative_id, first, last)
    rows = [
        {column.key: getattr(row, column.key) for column in MEMBERS} | {"name": shown(row.name)}
        for row in found.rows
    ]
    note = "财政补助和捐赠平均量化到成员，只作剩余盈余分配的依据，不支付给成员"
    total: dict[str, int | str] = {"name": "合计", **found.sums}
    return Sheet(
        "成员账户", f"{name} 成员账户 {first} 至 {last}（单位：元）", MEMBERS, rows, total,
        [note, *_notes(cooperative_id)],
    )  # fmt: skip


def entries(name: str, cooperative_id: int, part: ledger_entries.Slice, shown: Shown) -> Sheet:
    """明细账: the entries behind a figure, at most MOST_ENTRIES."""
    found = ledger_entries.entries(cooperative_id, part, limit=MOST_ENTRIES, offset=0)
    opening = ledger_entries.balance_before(cooperative_id, part)
    rows = [
        {
            "day": row.on_date.isoformat(), "number": row.voucher or str(row.transaction_id), "account": title(row.account),
            "kind": ledger_entries.KIND_NAMES.get(row.kind, row.kind), "memo": row.memo,
            "member": f"{row.member_number}号 {shown(row.head_name)}" if row.member_number else "",
            "debit": row.fen if row.fen > 0 else None, "credit": -row.fen if row.fen < 0 else None,
            "balance": opening + int(row.running),
        }
        for row in found
    ]  # fmt: skip
    notes = [f"期初余额 {format_plain(opening)} 元；正数为借方，负数为贷方", *_notes(cooperative_id)]
    if found and found[0].total > len(found):
        notes = [f"共 {found[0].total} 行，这里只有前 {MOST_ENTRIES} 行，请缩小月份", *notes]
    total: dict[str, int | str] = {
        "memo": "合计",
        "debit": sum(row["debit"] or 0 for row in rows),
        "credit": sum(row["credit"] or 0 for row in rows),
    }
    return Sheet(
        "明细账", f"{name} 明细账 {part.first} 至 {part.last}（单位：元）", ENTRIES, rows, total, notes
    )


def _notes(cooperative_id: int) -> list[str]:
    last = sealing.newest(cooperative_id)
    return [f"账本封存链末环 sha256 {last.sha256}（第 {last.last_id} 笔）"] if last else []
