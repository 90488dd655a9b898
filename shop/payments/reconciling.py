"""The bank's statement against the books: each line read once, and each told what it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Text, cast, func, select
from sqlalchemy.orm import aliased

from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.models import LedgerEntry, LedgerTransaction
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.ledger.queries import balance
from shop.cooperatives.people.models import Cooperative
from shop.core import activity
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import format_yuan
from shop.core.text import N_
from shop.payments import by_transfer, statement_lines, town_claims
from shop.payments.models import BankStatementLine
from shop.payments.payout_models import Payout, PayoutBatch
from shop.payments.statement_lines import Line

# where money that came in was before: the provider's payouts lie on the town's account, the rest is 113 until the bank shows it
SOURCES = {
    "provider": (Account.COLLECTED, N_("镇代收账户转来的（支付平台收的款）")),
    "connected": (Account.CONNECTED, N_("本社的平台账户转来的")),
    "transfer": (Account.CLEARING_TRANSFER, N_("买家对公转账")),
    "town": (Account.CLEARING_TOWN, N_("镇里付来的")),
}
KIND = "receipt"


@dataclass(frozen=True, slots=True)
class Imported:
    """How many lines were new, and how many were known already; `paid`: orders that the new ones paid."""

    new: int
    known: int
    paid: tuple[int, ...] = ()


def import_lines(cooperative_id: int, lines: Sequence[Line], by: int) -> Imported:
    """Keep the lines that are new; those with a buyer's code go to their orders. Raises Conflict as statement_lines.keep."""
    new = statement_lines.keep(cooperative_id, lines)
    paid = by_transfer.match(new, by)
    activity.record(
        "bank.statement_imported", "cooperative", cooperative_id, cooperative_id=cooperative_id, actor_id=by,
        after={"new": len(new), "known": len(lines) - len(new), "paid": len(paid)},
    )  # fmt: skip
    return Imported(len(new), len(lines) - len(new), tuple(paid))


def book_income(line_id: int, cooperative_id: int, source: str, by: int) -> None:
    """Say where money that came in was before: Dr 102, Cr 113 by source, on the bank's day; a line is booked once.

    Raises Refused for money out, an unknown source, or more than the books hold there; Conflict when it is booked; NotFound.
    """
    held = select(Cooperative.id).where(Cooperative.id == cooperative_id).with_for_update(key_share=True)
    session().execute(held)
    line = session().execute(
        select(BankStatementLine.id, BankStatementLine.amount_fen, BankStatementLine.booked_on, BankStatementLine.reference)
        .where(BankStatementLine.id == line_id, BankStatementLine.cooperative_id == cooperative_id)
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if line is None:
        raise NotFound(N_("没有找到这条银行流水"))
    if source not in SOURCES:
        raise Refused(N_("请选择这笔钱是哪里来的"), "source")
    account = SOURCES[source][0]
    if line.amount_fen <= 0:
        raise Refused(N_("这是付出去的钱；发给农户的由银行回单入账，其他支出请记凭证"))
    waiting = balance(cooperative_id, account)
    if line.amount_fen > waiting:
        raise Refused(
            "账上“%(name_zh)s”只有 %(waiting)s，少于到账的 %(amount_fen)s，请先核对",
            name_zh=account.name_zh,
            waiting=format_yuan(waiting),
            amount_fen=format_yuan(line.amount_fen),
        )
    day = open_days([(cooperative_id, line.booked_on)])[cooperative_id, line.booked_on]
    new = post(
        [
            Posting(
                cooperative_id, KIND, key(line_id), day, "bank_statement_line", line_id,
                (Entry(Account.BANK, line.amount_fen), Entry(account, -line.amount_fen)),
                memo=f"银行到账 {line.reference}", posted_by=by,
            )
        ]
    )  # fmt: skip
    if not new:
        raise Conflict(N_("这条流水已经入过账"))
    if source == "town":
        town_claims.settle(cooperative_id, line.amount_fen, line.reference, line.booked_on, by)
    activity.record(
        "bank.line_booked", "bank_statement_line", line_id, cooperative_id=cooperative_id, actor_id=by,
        after={"source": source, "fen": line.amount_fen},
    )  # fmt: skip


def key(line_id: int) -> str:
    """Key of a line's posting."""
    return f"statement:{line_id}"


def lines_of(cooperative_id: int, *, limit: int, offset: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Lines, newest first: what was booked of them (`source` account), the payout that one names; rows carry the count."""
    booked, entry = aliased(LedgerTransaction), aliased(LedgerEntry)
    number = func.concat(PayoutBatch.number, "-", func.lpad(cast(Payout.seq, Text), 4, "0"))
    paid = (
        select(
            Payout.id,
            Payout.state,
            Payout.amount_fen,
            PayoutBatch.id.label("batch_id"),
            number.label("reference"),
        )
        .join(PayoutBatch, PayoutBatch.id == Payout.batch_id)
        .where(
            PayoutBatch.cooperative_id == BankStatementLine.cooperative_id,
            Payout.amount_fen == -BankStatementLine.amount_fen,
            func.strpos(BankStatementLine.note, number) > 0,
        )
        .limit(1)
        .lateral("paid")
    )
    return session().execute(
        select(
            BankStatementLine.id, BankStatementLine.reference, BankStatementLine.booked_on, BankStatementLine.amount_fen,
            BankStatementLine.payer, BankStatementLine.note, BankStatementLine.payment_id,
            entry.account.label("source"), paid.c.batch_id, paid.c.state.label("payout_state"),
            func.count().over().label("total"),
        )
        .outerjoin(booked, booked.key == func.concat("statement:", BankStatementLine.id))
        .outerjoin(entry, (entry.transaction_id == booked.id) & (entry.fen < 0))
        .outerjoin(paid, BankStatementLine.amount_fen < 0)
        .where(BankStatementLine.cooperative_id == cooperative_id)
        .order_by(BankStatementLine.booked_on.desc(), BankStatementLine.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()  # fmt: skip
