"""What a payment that arrived does to the books, and to what it was made for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select, update

from shop.cooperatives.income import lifecycle
from shop.cooperatives.income import settlement_approval as settlements
from shop.cooperatives.ledger.accounts import Account, payable
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.models import LedgerEntry, LedgerTransaction
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.core import clock
from shop.core.db import session
from shop.core.errors import Conflict
from shop.core.text import N_
from shop.payments import payouts
from shop.payments.payout_models import Payout, PayoutBatch

KIND = "payout"
_DUES = (str(Account.PATRONAGE_PAYABLE), str(Account.RESIDUAL_PAYABLE))


def key(payout_id: int) -> str:
    """Key of its posting: a payment is booked once."""
    return f"payout:{payout_id}"


def book(
    batch: Row[*tuple[Any, ...]],
    paid: Sequence[Row[*tuple[Any, ...]]],
    by: int | None,
    on: date | None = None,
) -> None:
    """Dr 114 payable, 211, or 221, 222; Cr 102 or 101. One posting each, dated `on` (default today) or the first open day."""
    arrived = on or clock.today()
    day = open_days([(batch.cooperative_id, arrived)])[batch.cooperative_id, arrived]
    source = Account.CASH if batch.method == payouts.CASH else Account.BANK
    dues = _dues(batch.distribution_id) if batch.distribution_id is not None else {}
    postings = []
    for row in paid:
        owed = (
            _settled(row)
            if row.settlement_line_id is not None
            else _distributed(row, dues.get(row.member_id, {}))
        )
        postings.append(
            Posting(
                batch.cooperative_id, KIND, key(row.id), day, "payout", row.id,
                (*owed, Entry(source, -row.amount_fen)),
                memo=payouts.reference(batch.number, row.seq), posted_by=by,
            )
        )  # fmt: skip
    if len(post(postings)) != len(postings):
        raise Conflict(N_("有的付款已经入过账，请刷新"))


def close(batch: Row[*tuple[Any, ...]], by: int | None) -> None:
    """A batch without open payments is closed; what all of is paid, is paid."""
    waiting = select(Payout.id).where(Payout.batch_id == batch.id, Payout.state.in_(("waiting", "sent")))
    session().execute(
        update(PayoutBatch)
        .where(PayoutBatch.id == batch.id, ~waiting.exists())
        .values(state=payouts.CLOSED)
        .execution_options(synchronize_session=False)
    )
    if batch.settlement_id is not None:
        settlements.close_if_paid(batch.settlement_id)
    elif not _unpaid(batch.distribution_id):
        head = lifecycle.lock(batch.distribution_id, {batch.cooperative_id})
        if head.state == "paying":
            lifecycle.move(head, "settle", by, batch.number)


def _settled(row: Row[*tuple[Any, ...]]) -> list[Entry]:
    account = payable(row.member_id)
    return [Entry(account, row.amount_fen, row.member_id, row.household_id, row.supplier_id)]


def _distributed(row: Row[*tuple[Any, ...]], owed: dict[str, int]) -> list[Entry]:
    if sum(owed.values()) != row.amount_fen:
        raise Conflict(N_("账上欠这位成员的盈余与这笔付款不同，不能入账"))
    return [Entry(account, fen, row.member_id, row.household_id) for account, fen in owed.items()]


def _dues(distribution_id: int) -> dict[int, dict[str, int]]:
    """Member → what the distribution's own postings owe on 221 and 222, less what became capital."""
    keys = (f"distribution:{distribution_id}", f"conversion:{distribution_id}")
    rows = session().execute(
        select(LedgerEntry.member_id, LedgerEntry.account, func.sum(LedgerEntry.fen))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.key.in_(keys), LedgerEntry.account.in_(_DUES))
        .group_by(LedgerEntry.member_id, LedgerEntry.account)
        .having(func.sum(LedgerEntry.fen) != 0)
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for member_id, account, fen in rows:
        if member_id is not None:
            found[member_id][account] = -int(fen)
    return found


def _unpaid(distribution_id: int) -> bool:
    """Whether a member still waits: in no live payment, or in one that has not arrived."""
    if payouts.unpaid_members(distribution_id):
        return True
    under_way = (
        select(Payout.id)
        .join(PayoutBatch, PayoutBatch.id == Payout.batch_id)
        .where(PayoutBatch.distribution_id == distribution_id, Payout.state.in_(("waiting", "sent")))
        .limit(1)
    )
    return session().scalar(under_way) is not None
