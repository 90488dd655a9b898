"""The statement of the town's account, where the provider pays in for all: its headings, its files, what its lines are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.errors import Refused
from shop.core.text import N_, BadInput, clean_line
from shop.payments import meeting, statement_lines
from shop.payments.models import BankStatementLine
from shop.payments.provider.models import ProviderPayout, StatementImport
from shop.payments.statement_lines import COLUMNS, Line

NAMES = {
    "reference": N_("流水号"),
    "day": N_("日期"),
    "amount": N_("金额（一列，支出为负）"),
    "credit": N_("收入"),
    "debit": N_("支出"),
    "payer": N_("对方户名"),
    "note": N_("摘要"),
}


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


def import_lines(data: bytes, lines: Sequence[Line], own: Mapping[str, str], by: int | None) -> Imported:
    """Keep the new lines and let payouts meet them. The same file twice is once, the same line in two files too.

    Raises Conflict as statement_lines.keep.
    """
    digest = hashlib.sha256(data).hexdigest()
    session().execute(select(func.pg_advisory_xact_lock(func.hashtext("town statement"))))
    if session().scalar(select(StatementImport.id).where(StatementImport.file_sha256 == digest)) is not None:
        return Imported(0, len(lines), 0, repeated=True)
    new = len(statement_lines.keep(None, lines))
    counts = {"new": new, "known": len(lines) - new}
    insert_rows(
        StatementImport, [{"file_sha256": digest, "headings": dict(own), "imported_by": by, **counts}]
    )
    met = meeting.meet_all()
    activity.record("bank.town_statement_imported", "bank_statement", digest[:12], actor_id=by, after=counts)
    return Imported(new, counts["known"], met)


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
