"""The statement of the town's account, where the provider pays in for all: read whole or not at all, every bad row named."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert

from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, Refused
from shop.core.money import format_yuan
from shop.core.table_file import read_table
from shop.core.text import N_, BadInput, clean_line
from shop.payments import meeting, reconciling
from shop.payments.models import BankStatementLine
from shop.payments.provider_models import ProviderPayout, StatementImport
from shop.payments.reconciling import COLUMNS, Line

REQUIRED = ("reference", "day")
NAMES = {
    "reference": N_("流水号"),
    "day": N_("日期"),
    "amount": N_("金额（一列，支出为负）"),
    "credit": N_("收入"),
    "debit": N_("支出"),
    "payer": N_("对方户名"),
    "note": N_("摘要"),
}
FIELD = "statement"


class BadRows(Refused):
    """Rows of the file that cannot be read; `rows` are sentences that name each one."""

    def __init__(self, rows: Sequence[Refused]) -> None:
        super().__init__(N_("有 %(number)s 行读不懂，整个文件都没有导入"), FIELD, number=len(rows))
        self.rows = rows


@dataclass(frozen=True, slots=True)
class Imported:
    """Lines that were new and known; payouts that met their line by themselves; `repeated`: this very file came before."""

    new: int
    known: int
    met: int
    repeated: bool = False


def headings(given: Mapping[str, str]) -> dict[str, str]:
    """The file's own headings by our names, as typed; empty ones are left out. Raises Refused naming heading_<name>."""
    found: dict[str, str] = {}
    for name in COLUMNS:
        try:
            words = clean_line(given.get(name, ""), label=NAMES[name], max_length=40, required=False)
        except BadInput as bad:
            raise Refused(bad.template, f"heading_{name}", **bad.values) from bad
        if words in found.values():
            raise Refused("“%(words)s”写了两次，一列只能有一个意思", f"heading_{name}", words=words)
        if words:
            found[name] = words
    return found


def read(data: bytes, own: Mapping[str, str]) -> list[Line]:
    """Lines of a CSV or .xlsx; `own` headings stand for our usual ones. Call it outside a transaction.

    Raises Refused naming 'statement', BadRows with every row that is wrong.
    """
    columns = {name: (own[name],) if name in own else words for name, words in COLUMNS.items()}
    lines, wrong, seen = [], [], set()
    for row in read_table(data, columns, REQUIRED, FIELD):
        try:
            line = reconciling.line_of(row)
        except Refused as refusal:
            wrong.append(refusal)
            continue
        if line.reference in seen:
            wrong.append(row.refuse("流水号在文件里出现了两次", FIELD))
        seen.add(line.reference)
        lines.append(line)
    if wrong:
        raise BadRows(wrong)
    return lines


def import_lines(data: bytes, lines: Sequence[Line], own: Mapping[str, str], by: int | None) -> Imported:
    """Keep the new lines and let payouts meet them. The same file twice is once, the same line in two files too.

    Raises Conflict where a known line now says another amount or day.
    """
    digest = hashlib.sha256(data).hexdigest()
    session().execute(select(func.pg_advisory_xact_lock(func.hashtext("town statement"))))
    if session().scalar(select(StatementImport.id).where(StatementImport.file_sha256 == digest)) is not None:
        return Imported(0, len(lines), 0, repeated=True)
    known = _known([line.reference for line in lines])
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
            "cooperative_id": None, "reference": line.reference, "booked_on": line.booked_on,
            "amount_fen": line.amount_fen, "payer": line.payer, "note": line.note,
        }
        for line in lines
        if line.reference not in known
    ]  # fmt: skip
    new = 0
    if fresh:
        # one that a clerk enters with a payment at this moment is known as well
        made = (
            insert(BankStatementLine).values(fresh).on_conflict_do_nothing().returning(BankStatementLine.id)
        )
        new = len(session().execute(made).all())
    counts = {"new": new, "known": len(lines) - new}
    insert_rows(
        StatementImport, [{"file_sha256": digest, "headings": dict(own), "imported_by": by, **counts}]
    )
    met = meeting.meet_all()
    activity.record("bank.town_statement_imported", "bank_statement", digest[:12], actor_id=by, after=counts)
    return Imported(new, len(lines) - new, met)


def last_headings() -> dict[str, str]:
    """The headings that the newest import named, to be proposed again."""
    found = session().scalar(select(StatementImport.headings).order_by(StatementImport.id.desc()).limit(1))
    return {name: str(words) for name, words in (found or {}).items() if name in COLUMNS}


def lines_of(which: str, *, limit: int, offset: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Lines of the town's account, newest first, with what each is: a payout, an order's payment; rows carry the count.

    `which`: 'open' for money in that is neither, '' for all.
    """
    statement = (
        select(
            BankStatementLine.id, BankStatementLine.reference, BankStatementLine.booked_on, BankStatementLine.amount_fen,
            BankStatementLine.payer, BankStatementLine.note, BankStatementLine.payment_id,
            ProviderPayout.id.label("payout_id"), ProviderPayout.provider_ref, func.count().over().label("total"),
        )
        .outerjoin(ProviderPayout, ProviderPayout.statement_line_id == BankStatementLine.id)
        .where(BankStatementLine.cooperative_id.is_(None))
        .order_by(BankStatementLine.booked_on.desc(), BankStatementLine.id.desc())
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    if which == "open":
        statement = statement.where(meeting.free(), BankStatementLine.amount_fen > 0)
    return session().execute(statement).all()


def _known(references: Sequence[str]) -> dict[str, Row[*tuple[Any, ...]]]:
    rows = session().execute(
        select(BankStatementLine.reference, BankStatementLine.amount_fen, BankStatementLine.booked_on).where(
            BankStatementLine.cooperative_id.is_(None), BankStatementLine.reference.in_(references)
        )
    )
    return {row.reference: row for row in rows}
