"""What a distribution does to the books: reserve and dues out of 332, and the counter-run that undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from shop.cooperatives.income.models import Distribution, DistributionLine
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.models import FiscalYearClose, LedgerTransaction
from shop.cooperatives.ledger.posting import Entry, Posting, entries_of, post, reversing
from shop.cooperatives.people.models import Member
from shop.core import faults
from shop.core.db import session
from shop.core.errors import Refused

POSTED = ("posted", "paying", "paid")


def key(distribution_id: int) -> str:
    """Key of the posting: a second posting of the same distribution is a no-op."""
    return f"distribution:{distribution_id}"


def post_distribution(distribution_id: int, cooperative_id: int, year: int, by: int | None) -> None:
    """Dr 332 (R + P + Q), Cr 322 R, Cr 221 each member's patronage refund, Cr 222 each residual share; on 31 December."""
    reserve = (
        session().scalar(select(Distribution.reserve_fen).where(Distribution.id == distribution_id)) or 0
    )
    lines = member_lines(distribution_id)
    entries = [Entry(Account.SURPLUS_RESERVE, -reserve)]
    for line in lines:
        entries.append(
            Entry(Account.PATRONAGE_PAYABLE, -line.patronage_fen, line.member_id, line.household_id)
        )
        entries.append(Entry(Account.RESIDUAL_PAYABLE, -line.residual_fen, line.member_id, line.household_id))
    total = -sum(entry.fen for entry in entries)
    post(
        [
            Posting(
                cooperative_id=cooperative_id,
                kind="distribution",
                key=key(distribution_id),
                on_date=date(year, 12, 31),
                source_type="distribution",
                source_id=distribution_id,
                entries=(Entry(Account.APPROPRIATION, total), *entries),
                memo=f"{year} 年度盈余分配",
                posted_by=by,
            )
        ]
    )
    faults.point("distribution.posted")


def post_reversal(distribution_id: int, cooperative_id: int, counter_id: int, by: int | None) -> None:
    """The counter-run's posting: every entry of the reversed distribution with its sign turned, on the same day."""
    transaction = (
        session()
        .execute(
            select(LedgerTransaction.id, LedgerTransaction.on_date).where(
                LedgerTransaction.key == key(distribution_id)
            )
        )
        .one()
    )
    if converted(distribution_id):
        raise Refused("已有一部分转为出资，不能整笔冲回")
    post(
        [
            Posting(
                cooperative_id=cooperative_id,
                kind="distribution",
                key=f"distribution:reversal:{distribution_id}",
                on_date=transaction.on_date,
                source_type="distribution",
                source_id=counter_id,
                entries=reversing(entries_of([transaction.id])[transaction.id]),
                memo="盈余分配冲回",
                posted_by=by,
                reverses_id=transaction.id,
            )
        ]
    )


def refuse_out_of_order(cooperative_id: int, year: int) -> None:
    """Years post in order: an earlier closed year with a surplus must be posted first. Raises Refused."""
    done = select(Distribution.year).where(
        Distribution.cooperative_id == cooperative_id, Distribution.state.in_(POSTED)
    )
    waiting = session().scalar(
        select(func.min(FiscalYearClose.year)).where(
            FiscalYearClose.cooperative_id == cooperative_id,
            FiscalYearClose.year < year,
            FiscalYearClose.surplus_fen > 0,
            FiscalYearClose.year.not_in(done),
        )
    )
    if waiting is not None:
        raise Refused("%(waiting)s 年度有盈余还没分配入账，年度要按顺序", waiting=waiting)
    refuse_if_later_posted(cooperative_id, year)


def refuse_if_later_posted(cooperative_id: int, year: int) -> None:
    """Raises Refused when a later year stands on this one."""
    later = session().scalar(
        select(func.min(Distribution.year)).where(
            Distribution.cooperative_id == cooperative_id,
            Distribution.year > year,
            Distribution.state.in_(POSTED),
        )
    )
    if later is not None:
        raise Refused("%(later)s 年度已经入账，不能再动 %(year)s 年度", later=later, year=year)


def member_lines(distribution_id: int) -> Sequence[Any]:
    """Its lines with each member's household, by member number."""
    return (
        session()
        .execute(
            select(
                DistributionLine.id,
                DistributionLine.member_id,
                Member.household_id,
                DistributionLine.trade_fen,
                DistributionLine.capital_fen,
                DistributionLine.patronage_fen,
                DistributionLine.residual_fen,
            )
            .join(Member, Member.id == DistributionLine.member_id)
            .where(DistributionLine.distribution_id == distribution_id)
            .order_by(DistributionLine.number)
        )
        .all()
    )


def converted(distribution_id: int) -> bool:
    """Whether part of it became share capital."""
    return bool(
        session().scalar(
            select(LedgerTransaction.id).where(LedgerTransaction.key == f"conversion:{distribution_id}")
        )
    )
