"""The same year's distribution as an ORM habit would write it: objects row by row. Only used as a yardstick."""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import date

from sqlalchemy import Select, or_, select

from shop.cooperatives.income.models import Distribution, DistributionLine
from shop.cooperatives.ledger.models import LedgerEntry, LedgerTransaction
from shop.cooperatives.ledger.queries import TRADE_KINDS
from shop.cooperatives.people.models import Member
from shop.cooperatives.shares import largest_remainder
from shop.core.db import session


def naive(cooperative_id: int, year: int, most_seconds: float) -> int:
    """Transaction by transaction, entry by entry: get or create the member's line, add, flush. Stops after `most_seconds`.

    Returns how many ledger entries it saw; what it wrote is for the caller to roll back. The same for the next one.
    """
    run = Distribution(cooperative_id=cooperative_id, year=year, state="void")
    session().add(run)
    session().flush()
    began, seen = time.perf_counter(), 0
    for transaction in session().scalars(_year(cooperative_id, year)):
        for entry in session().scalars(
            select(LedgerEntry).where(LedgerEntry.transaction_id == transaction.id)
        ):
            seen += 1
            if (
                entry.member_id is not None
                and entry.account == "114.payable"
                and transaction.kind in TRADE_KINDS
            ):
                line = session().scalar(
                    select(DistributionLine).where(
                        DistributionLine.distribution_id == run.id,
                        DistributionLine.member_id == entry.member_id,
                    )
                )
                if line is None:
                    member = session().get_one(Member, entry.member_id)
                    line = _line(run, member)
                    session().add(line)
                line.trade_fen -= entry.fen
                session().flush()
        if time.perf_counter() - began > most_seconds:
            break
    return seen


def kinder(cooperative_id: int, year: int) -> int:
    """All objects at once, sums in a dictionary, one flush."""
    run = Distribution(cooperative_id=cooperative_id, year=year, state="void")
    session().add(run)
    session().flush()
    transactions = {row.id: row for row in session().scalars(_year(cooperative_id, year))}
    entries = session().scalars(select(LedgerEntry).where(LedgerEntry.cooperative_id == cooperative_id)).all()
    trade: dict[int, int] = defaultdict(int)
    for entry in entries:
        transaction = transactions.get(entry.transaction_id)
        if (
            transaction is not None
            and entry.member_id
            and entry.account == "114.payable"
            and transaction.kind in TRADE_KINDS
        ):
            trade[entry.member_id] -= entry.fen
    last = date(year, 12, 31)
    members = session().scalars(
        select(Member).where(
            Member.cooperative_id == cooperative_id,
            Member.joined_on <= last,
            or_(Member.left_on.is_(None), Member.left_on >= last),
        )
    ).all()  # fmt: skip
    members = sorted(members, key=lambda member: member.number)
    parts = largest_remainder(sum(trade.values()), [max(0, trade[member.id]) for member in members])
    for member, part in zip(members, parts, strict=True):
        line = _line(run, member)
        line.trade_fen, line.patronage_fen = trade[member.id], part
        session().add(line)
    session().flush()
    return len(entries)


def _year(cooperative_id: int, year: int) -> Select[LedgerTransaction]:
    return select(LedgerTransaction).where(
        LedgerTransaction.cooperative_id == cooperative_id,
        LedgerTransaction.on_date.between(date(year, 1, 1), date(year, 12, 31)),
    )


def _line(run: Distribution, member: Member) -> DistributionLine:
    return DistributionLine(
        distribution_id=run.id, cooperative_id=run.cooperative_id, member_id=member.id, number=member.number, trade_fen=0,
        capital_fen=0, reserve_share_fen=0, patronage_fen=0, residual_fen=0,
    )  # fmt: skip
