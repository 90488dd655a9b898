"""Lines of a bank's statement, a cooperative's or the town's: read whole or not at all with every bad row named, kept once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from shop.core import clock
from shop.core.db import session
from shop.core.errors import Conflict, Refused
from shop.core.money import format_yuan, parse_yuan
from shop.core.numbers import fold
from shop.core.table_file import TableRow, read_day, read_table, ruined
from shop.core.text import N_, BadInput, clean_line
from shop.payments.models import BankStatementLine

FIELD = "statement"
COLUMNS: Mapping[str, Sequence[str]] = {
    "reference": ("流水号", "交易流水号", "银行流水号", "流水", "reference"),
    "day": ("日期", "交易日期", "记账日期", "入账日期", "date"),
    "amount": ("金额", "交易金额", "发生额", "amount"),
    "credit": ("收入", "贷方", "贷方金额", "贷方发生额", "收入金额", "credit"),
    "debit": ("支出", "借方", "借方金额", "借方发生额", "支出金额", "debit"),
    "payer": ("对方户名", "对方名称", "付款人", "户名", "payer"),
    "note": ("摘要", "附言", "备注", "用途", "note"),
}
REQUIRED = ("reference", "day")
_MINUS = ("-", "−", "－")
_TWICE = N_("流水号在文件里出现了两次")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the bank prints it: money in is positive, money out negative fen."""

    reference: str
    booked_on: date
    amount_fen: int
    payer: str
    note: str


class BadRows(Refused):
    """Rows of the file that cannot be read; `rows` are refusals that name each one."""

    MOST_TOLD = 20  # on a page

    def __init__(self, rows: Sequence[Refused]) -> None:
        super().__init__(N_("有 %(number)s 行读不懂，整个文件都没有导入"), FIELD, number=len(rows))
        self.rows = rows

    @property
    def told(self) -> list[str]:
        """A sentence for each row, as many as a page shows."""
        return [row.message for row in self.rows[: self.MOST_TOLD]]


def read(data: bytes, own: Mapping[str, str] | None = None) -> list[Line]:
    """Lines of a CSV or .xlsx; `own` headings stand for our usual ones. Call it outside a transaction.

    Raises Refused naming 'statement', BadRows with every row that is wrong.
    """
    columns = {name: (own[name],) if own and name in own else words for name, words in COLUMNS.items()}
    lines, wrong, seen = [], [], set()
    for row in read_table(data, columns, REQUIRED, FIELD):
        try:
            line = _line(row)
        except Refused as refusal:
            wrong.append(refusal)
            continue
        if line.reference in seen:
            wrong.append(row.refuse(_TWICE, FIELD))
        seen.add(line.reference)
        lines.append(line)
    if wrong:
        raise BadRows(wrong)
    return lines


def keep(cooperative_id: int | None, lines: Sequence[Line]) -> list[int]:
    """Keep the lines that an account (none: the town's) does not know yet, by the bank's reference; returns their ids.

    Two statements. Raises Conflict where a known line now says another amount or day.
    """
    known = {
        row.reference: row
        for row in session().execute(
            select(
                BankStatementLine.reference, BankStatementLine.amount_fen, BankStatementLine.booked_on
            ).where(
                BankStatementLine.cooperative_id.is_not_distinct_from(cooperative_id),
                BankStatementLine.reference.in_([line.reference for line in lines]),
            )
        )
    }
    for line in lines:
        before = known.get(line.reference)
        if before is not None and (before.amount_fen, before.booked_on) != (line.amount_fen, line.booked_on):
            raise Conflict(
                "流水 %(reference)s 早先导入的是 %(day)s 的 %(amount_fen)s，和这次不同",
                reference=line.reference,
                day=before.booked_on.isoformat(),
                amount_fen=format_yuan(before.amount_fen),
            )
    fresh = [
        {
            "cooperative_id": cooperative_id, "reference": line.reference, "booked_on": line.booked_on,
            "amount_fen": line.amount_fen, "payer": line.payer, "note": line.note,
        }
        for line in lines
        if line.reference not in known
    ]  # fmt: skip
    if not fresh:
        return []
    # one that somebody enters with a payment at this moment is known as well
    made = insert(BankStatementLine).values(fresh).on_conflict_do_nothing().returning(BankStatementLine.id)
    return list(session().execute(made).scalars())


def _line(row: TableRow) -> Line:
    if ruined(row["reference"]):
        raise row.refuse(N_("流水号被表格改成了科学计数，请把那一列设为文本，从银行再导出一次"), FIELD)
    try:
        reference = clean_line(row["reference"], label=N_("流水号"), max_length=100)
        payer = clean_line(row["payer"], label=N_("对方户名"), max_length=100, required=False)
        note = clean_line(row["note"], label=N_("摘要"), max_length=200, required=False)
        amount = _amount(row)
    except BadInput as bad:
        raise row.refuse(bad.template, FIELD, **bad.values) from bad
    day = read_day(row["day"])
    if day is None:
        raise row.refuse(N_("日期看不懂，请写成 2026-11-24"), FIELD)
    if day > clock.today():
        raise row.refuse(N_("日期晚于今天"), FIELD)
    return Line(reference, day, amount, payer, note)


def _amount(row: TableRow) -> int:
    """Money in positive, out negative: one signed column, or one for each direction of which just one is filled."""
    credit, debit = (_positive(row[name]) for name in ("credit", "debit"))
    if credit and debit:
        raise row.refuse(N_("收入和支出只能填一个"), FIELD)
    if credit or debit:
        return credit - debit
    written = fold(row["amount"])
    if not written:
        raise row.refuse(N_("没有写金额"), FIELD)
    out = written.startswith(_MINUS)
    fen = parse_yuan(written[1:] if out else written)
    return -fen if out else fen


def _positive(text: str) -> int:
    return parse_yuan(text, zero_allowed=True) if text and text not in ("-", "--") else 0
