"""Reads of batches and payments for pages. Names are decrypted; of accounts there are only the last four digits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Row, cast, func, select
from sqlalchemy.orm import aliased

from shop.accounts.models import User
from shop.cooperatives.income.models import Distribution, DistributionLine, Settlement, SettlementLine
from shop.cooperatives.people.models import Cooperative, Household, Member
from shop.cooperatives.produce.models import Supplier
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.text import N_
from shop.payments.payout_models import DEAD, BankAnswer, PayeeAccount, Payout, PayoutBatch, PayoutReturn


@dataclass(frozen=True, slots=True)
class Ready:
    """Something that can be paid: `since` is the day from which, None where that is no question."""

    source: str
    id: int
    title: str
    lines: int
    fen: int
    since: date | None


def ready(cooperative_id: int) -> list[Ready]:
    """Approved settlements and posted distributions with lines in no payment, oldest first. Two statements."""
    months = session().execute(
        select(
            Settlement.id,
            Settlement.period,
            Settlement.due_on,
            func.count(),
            func.sum(SettlementLine.due_fen),
        )
        .join(SettlementLine, SettlementLine.settlement_id == Settlement.id)
        .where(
            Settlement.cooperative_id == cooperative_id,
            Settlement.state.in_(("approved", "paying")),
            SettlementLine.state.in_(("due", "failed")),
        )
        .group_by(Settlement.id)
        .order_by(Settlement.period)
    )
    found = [Ready("settlement", row.id, row.period, int(row[3]), int(row[4]), row.due_on) for row in months]
    amount = DistributionLine.patronage_fen + DistributionLine.residual_fen - DistributionLine.converted_fen
    live = select(Payout.id).where(
        Payout.distribution_line_id == DistributionLine.id, Payout.state.not_in(DEAD)
    )
    years = session().execute(
        select(Distribution.id, Distribution.year, func.count(), func.sum(amount))
        .join(DistributionLine, DistributionLine.distribution_id == Distribution.id)
        .where(
            Distribution.cooperative_id == cooperative_id,
            Distribution.state.in_(("posted", "paying")),
            amount > 0,
            ~live.exists(),
        )
        .group_by(Distribution.id)
        .order_by(Distribution.year)
    )
    return found + [
        Ready("distribution", row.id, str(row.year), int(row[2]), int(row[3]), None) for row in years
    ]


def batches(cooperative_ids: Collection[int], *, limit: int, offset: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Newest first, with what they are for, how many payments are in which state, and the count. One statement."""
    sums = (
        select(
            func.count().label("payments"),
            func.count().filter(Payout.state == "paid").label("paid"),
            func.count().filter(Payout.state == "failed").label("failed"),
            cast(
                func.coalesce(func.sum(Payout.amount_fen).filter(Payout.state == "paid"), 0), BigInteger
            ).label("paid_fen"),
        )
        .where(Payout.batch_id == PayoutBatch.id)
        .lateral("sums")
    )
    return session().execute(
        select(
            PayoutBatch.id, PayoutBatch.number, PayoutBatch.state, PayoutBatch.source, PayoutBatch.method, PayoutBatch.total_fen,
            PayoutBatch.made_at, PayoutBatch.sent_at, Settlement.period, Distribution.year,
            Cooperative.name.label("cooperative"), sums.c.payments, sums.c.paid, sums.c.failed, sums.c.paid_fen,
            func.count().over().label("total"),
        )
        .join(Cooperative, Cooperative.id == PayoutBatch.cooperative_id)
        .join(sums, sums.c.payments >= 0)
        .outerjoin(Settlement, Settlement.id == PayoutBatch.settlement_id)
        .outerjoin(Distribution, Distribution.id == PayoutBatch.distribution_id)
        .where(PayoutBatch.cooperative_id.in_(cooperative_ids))
        .order_by(PayoutBatch.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()  # fmt: skip


def batch(batch_id: int, cooperative_ids: Collection[int]) -> Any:
    """One batch's row with who made and approved it. Raises NotFound for one of another cooperative."""
    maker, approver = aliased(User), aliased(User)
    row = session().execute(
        select(
            PayoutBatch.id, PayoutBatch.cooperative_id, PayoutBatch.number, PayoutBatch.state, PayoutBatch.source,
            PayoutBatch.method, PayoutBatch.total_fen, PayoutBatch.made_by, PayoutBatch.made_at,
            PayoutBatch.approved_at, PayoutBatch.sent_at, PayoutBatch.file_sha256,
            maker.name.label("maker"), approver.name.label("approver"), Settlement.period, Distribution.year,
            PayoutBatch.distribution_id, Cooperative.name.label("cooperative"),
        )
        .join(maker, maker.id == PayoutBatch.made_by)
        .join(Cooperative, Cooperative.id == PayoutBatch.cooperative_id)
        .outerjoin(approver, approver.id == PayoutBatch.approved_by)
        .outerjoin(Settlement, Settlement.id == PayoutBatch.settlement_id)
        .outerjoin(Distribution, Distribution.id == PayoutBatch.distribution_id)
        .where(PayoutBatch.id == batch_id, PayoutBatch.cooperative_id.in_(cooperative_ids))
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这批付款"))
    return row


def payments_of(batch_id: int, *, limit: int, offset: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Its payments, those that failed first; rows carry the count."""
    return session().execute(
        select(
            Payout.id, Payout.seq, Payout.state, Payout.amount_fen, Payout.failure, Payout.paid_at, Payout.bank_reference,
            PayoutReturn.returned_on, Member.number.label("member_number"), Household.head_name,
            Supplier.name.label("supplier"), PayeeAccount.bank, PayeeAccount.last_four, func.count().over().label("total"),
        )
        .outerjoin(Household, Household.id == Payout.household_id)
        .outerjoin(Member, Member.id == Payout.member_id)
        .outerjoin(Supplier, Supplier.id == Payout.supplier_id)
        .outerjoin(PayeeAccount, PayeeAccount.id == Payout.payee_account_id)
        .outerjoin(PayoutReturn, PayoutReturn.payout_id == Payout.id)
        .where(Payout.batch_id == batch_id)
        .order_by((Payout.state != "failed"), Payout.seq)
        .limit(limit)
        .offset(offset)
    ).all()  # fmt: skip


def payment(batch_id: int, seq: int) -> Row[*tuple[Any, ...]] | None:
    """One payment of a batch by its number, or None."""
    return session().execute(
        select(
            Payout.id, Payout.seq, Payout.state, Payout.amount_fen, Payout.paid_at, Household.head_name,
            Supplier.name.label("supplier"), PayeeAccount.bank, PayeeAccount.last_four,
        )
        .outerjoin(Household, Household.id == Payout.household_id)
        .outerjoin(Supplier, Supplier.id == Payout.supplier_id)
        .outerjoin(PayeeAccount, PayeeAccount.id == Payout.payee_account_id)
        .where(Payout.batch_id == batch_id, Payout.seq == seq)
    ).one_or_none()  # fmt: skip


def answers_of(batch_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """What the bank answered, oldest first: imported_at, paid, failed, returned, file_sha256."""
    return session().execute(
        select(
            BankAnswer.imported_at, BankAnswer.paid, BankAnswer.failed, BankAnswer.returned, BankAnswer.file_sha256
        )
        .where(BankAnswer.batch_id == batch_id)
        .order_by(BankAnswer.id)
    ).all()  # fmt: skip


def payments_to(household_id: int, *, limit: int = 50) -> Sequence[Row[*tuple[Any, ...]]]:
    """What was or will be paid to a household, newest first: for its own page and its statement."""
    return session().execute(
        select(
            Payout.id, Payout.state, Payout.amount_fen, Payout.failure, Payout.paid_at, PayeeAccount.bank,
            PayeeAccount.last_four, Settlement.period, Distribution.year, PayoutBatch.state.label("batch_state"),
            PayoutBatch.method, Payout.settlement_line_id, PayoutReturn.returned_on,
        )
        .join(PayoutBatch, PayoutBatch.id == Payout.batch_id)
        .outerjoin(PayeeAccount, PayeeAccount.id == Payout.payee_account_id)
        .outerjoin(PayoutReturn, PayoutReturn.payout_id == Payout.id)
        .outerjoin(Settlement, Settlement.id == PayoutBatch.settlement_id)
        .outerjoin(Distribution, Distribution.id == PayoutBatch.distribution_id)
        .where(Payout.household_id == household_id, Payout.state != "cancelled")
        .order_by(Payout.id.desc())
        .limit(limit)
    ).all()  # fmt: skip


def payments_for(line_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Payments made for one settlement line, the latest first."""
    return session().execute(
        select(Payout.state, Payout.amount_fen, Payout.failure, Payout.paid_at, PayeeAccount.bank, PayeeAccount.last_four)
        .outerjoin(PayeeAccount, PayeeAccount.id == Payout.payee_account_id)
        .where(Payout.settlement_line_id == line_id, Payout.state != "cancelled")
        .order_by(Payout.id.desc())
    ).all()  # fmt: skip
