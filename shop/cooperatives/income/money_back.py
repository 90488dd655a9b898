"""Money back that no household's goods go with: freight, an amount alone, a refund paid out of another account. Once each."""

from __future__ import annotations

from datetime import date

from shop.cooperatives.ledger.accounts import CLEARING, Account
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.posting import Entry, Posting, post


def book_freight_back(
    refund_id: int, cooperative_id: int, fen: int, on_date: date, channel: str, by: int | None
) -> None:
    """Freight that the buyer gets back: Dr 502, Cr 113 or 101."""
    entries = (Entry(Account.OTHER_INCOME, fen), Entry(CLEARING[channel], -fen))
    _book_refund(refund_id, "freight", "退运费", cooperative_id, on_date, entries, by)


def book_amount_back(
    refund_id: int, cooperative_id: int, fen: int, on_date: date, channel: str, bearer: str, by: int | None
) -> None:
    """Money back without goods: the bearer's cost, Dr 521 (cooperative) or what the town owes, Dr 113; Cr 113 or 101."""
    account = Account.CLEARING_TOWN if bearer == "town" else Account.OPERATING_EXPENSE
    entries = (Entry(account, fen), Entry(CLEARING[channel], -fen))
    _book_refund(refund_id, "amount", "仅退款", cooperative_id, on_date, entries, by)


def book_paid_elsewhere(
    refund_id: int,
    cooperative_id: int,
    fen: int,
    on_date: date,
    instead_of: str,
    channel: str,
    by: int | None,
) -> None:
    """A refund that could not go out of one channel was paid out of another: Dr 113 the one, Cr 113 the other."""
    entries = (Entry(CLEARING[instead_of], fen), Entry(CLEARING[channel], -fen))
    _book_refund(refund_id, "elsewhere", "退款改由转账退回", cooperative_id, on_date, entries, by)


def book_sent(line_id: int, cooperative_id: int, fen: int, on_date: date, by: int | None) -> None:
    """The bank sent a refund that was booked as owed: Dr 113 transfer, Cr 102; keyed by the statement's line."""
    day = open_days([(cooperative_id, on_date)])[cooperative_id, on_date]
    entries = (Entry(Account.CLEARING_TRANSFER, fen), Entry(Account.BANK, -fen))
    post(
        [Posting(
            cooperative_id, "refund", f"statement:{line_id}", day, "bank_statement_line", line_id, entries,
            memo="退款转出", posted_by=by,
        )]
    )  # fmt: skip


def _book_refund(
    refund_id: int,
    part: str,
    memo: str,
    cooperative_id: int,
    on_date: date,
    entries: tuple[Entry, ...],
    by: int | None,
) -> None:
    day = open_days([(cooperative_id, on_date)])[cooperative_id, on_date]
    post(
        [Posting(
            cooperative_id, "refund", f"refund:{part}:{refund_id}", day, "refund", refund_id, entries, memo=memo, posted_by=by
        )]
    )  # fmt: skip
