"""What the books say about members, funds and years. Whole fen; credits of a party read as positive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, select

from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.models import FiscalYearClose, LedgerEntry, LedgerTransaction
from shop.core.db import session

# Kinds that make trade with a member: what came in, what was sold for him or lost in our store, and what was taken back of them.
TRADE_KINDS = ("intake", "sale", "shrinkage", "reversal", "refund")
# Figure (b), of ledger_entry e and its ledger_transaction t: money that became a household's
CREDITED = (
    "e.account in ('114.payable', '211') and e.household_id is not null and t.kind in"
    f" ({', '.join(map(repr, TRADE_KINDS))})"
)
# Kinds that pay what is owed, or take that back: no part of what is owed for goods
PAYOUT_KINDS = ("payout", "payout_return")


@dataclass(frozen=True, slots=True)
class Trade:
    """A member's trade of a year, before deductions: T_i by amount (fen) and by volume (grams or pieces)."""

    fen: int
    quantity: int


@dataclass(frozen=True, slots=True)
class SpecialFund:
    """311 by kind: S and N of the distribution."""

    subsidy_fen: int
    donation_fen: int


def trade(cooperative_id: int, year: int) -> dict[int, Trade]:
    """Member id → trade of the fiscal year, from the credits of 114 payable; outsiders never appear (art. 41).

    Buy-out counts at intake, consigned goods when sold: a kilogram counts once.
    """
    rows = session().execute(
        select(LedgerEntry.member_id, -func.sum(LedgerEntry.fen), func.sum(LedgerEntry.quantity))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerEntry.cooperative_id == cooperative_id,
            LedgerEntry.account == str(Account.MEMBER_PAYABLE),
            LedgerTransaction.kind.in_(TRADE_KINDS),
            LedgerTransaction.on_date.between(date(year, 1, 1), date(year, 12, 31)),
        )
        .group_by(LedgerEntry.member_id)
    )
    return {
        member_id: Trade(int(fen), int(quantity))
        for member_id, fen, quantity in rows
        if member_id is not None
    }


def capital(cooperative_id: int, on: date) -> dict[int, int]:
    """Member id → share capital (301) at the end of a day."""
    return _by_member(cooperative_id, Account.SHARE_CAPITAL, LedgerTransaction.on_date <= on)


def reserve_shares(cooperative_id: int, year: int) -> dict[int, int]:
    """Member id → quantified reserve share (322) at the end of a year, before that year's own appropriation."""
    return _by_member(cooperative_id, Account.SURPLUS_RESERVE, _before_appropriation(year))


def reserve_on(cooperative_id: int, on: date) -> dict[int, int]:
    """Member id → quantified reserve share (322) at the end of a day."""
    return _by_member(cooperative_id, Account.SURPLUS_RESERVE, LedgerTransaction.on_date <= on)


def special_fund(cooperative_id: int, on: date) -> SpecialFund:
    """State subsidies and donated property (311) at the end of a day."""
    rows = session().execute(
        select(LedgerEntry.account, -func.sum(LedgerEntry.fen))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerEntry.cooperative_id == cooperative_id,
            LedgerEntry.account.in_([str(Account.FUND_SUBSIDY), str(Account.FUND_DONATION)]),
            LedgerTransaction.on_date <= on,
        )
        .group_by(LedgerEntry.account)
    )
    found = {account: int(fen) for account, fen in rows}
    return SpecialFund(found.get(Account.FUND_SUBSIDY, 0), found.get(Account.FUND_DONATION, 0))


def balance(cooperative_id: int, account: Account) -> int:
    """Fen on an account now, debits positive."""
    found = session().scalar(
        select(func.coalesce(func.sum(LedgerEntry.fen), 0)).where(
            LedgerEntry.cooperative_id == cooperative_id, LedgerEntry.account == str(account)
        )
    )
    return int(found or 0)


def surplus_of_year(cooperative_id: int, year: int) -> int | None:
    """E of a closed year, signed; None while it is open."""
    return session().scalar(
        select(FiscalYearClose.surplus_fen).where(
            FiscalYearClose.cooperative_id == cooperative_id, FiscalYearClose.year == year
        )
    )


def past_loss(cooperative_id: int, year: int) -> int:
    """L: the debit balance of 332 before this year's own closing and appropriation; 0 where nothing is uncovered."""
    own_close = and_(LedgerTransaction.kind == "year_close", LedgerTransaction.on_date == date(year, 12, 31))
    balance = session().scalar(
        select(func.coalesce(func.sum(LedgerEntry.fen), 0))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerEntry.cooperative_id == cooperative_id,
            LedgerEntry.account == str(Account.APPROPRIATION),
            _before_appropriation(year),
            not_(own_close),
        )
    )
    return max(0, int(balance or 0))


def party_balances(
    cooperative_id: int, account: Account, on: date
) -> dict[tuple[int | None, int | None], int]:
    """(household id, supplier id) → what an account owes that party at the end of a day; zeros are left out."""
    rows = session().execute(
        select(LedgerEntry.household_id, LedgerEntry.supplier_id, -func.sum(LedgerEntry.fen))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerEntry.cooperative_id == cooperative_id,
            LedgerEntry.account == str(account),
            LedgerTransaction.on_date <= on,
        )
        .group_by(LedgerEntry.household_id, LedgerEntry.supplier_id)
        .having(func.sum(LedgerEntry.fen) != 0)
    )
    return {(household_id, supplier_id): int(fen) for household_id, supplier_id, fen in rows}


def _before_appropriation(year: int) -> ColumnElement[bool]:
    """Everything dated in or before a year but its own distribution, which is dated on its last day."""
    last = date(year, 12, 31)
    own = and_(LedgerTransaction.kind == "distribution", LedgerTransaction.on_date == last)
    return and_(LedgerTransaction.on_date <= last, not_(own))


def _by_member(cooperative_id: int, account: Account, when: Any) -> dict[int, int]:
    rows = session().execute(
        select(LedgerEntry.member_id, -func.sum(LedgerEntry.fen))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerEntry.cooperative_id == cooperative_id,
            LedgerEntry.account == str(account),
            LedgerEntry.member_id.is_not(None),
            when,
        )
        .group_by(LedgerEntry.member_id)
    )
    return {member_id: int(fen) for member_id, fen in rows if member_id is not None}
