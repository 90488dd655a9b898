"""Figure (b) per party: money credited in a period by the books, for the cooperative's own people; never added to sales."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.models import LedgerEntry, LedgerTransaction
from shop.cooperatives.ledger.queries import TRADE_KINDS
from shop.cooperatives.people.models import Household, Member, Village
from shop.cooperatives.produce.models import Supplier
from shop.core.db import session


@dataclass(frozen=True, slots=True)
class Credit:
    """What one party was credited, in fen net of reversals; the name is decrypted."""

    household_id: int | None
    supplier_id: int | None
    member_number: int | None
    name: str
    village_name: str
    fen: int


def credits_by_party(cooperative_id: int, first: date, last: date) -> list[Credit]:
    """Every party with credits of 114 payable or 211 in [first, last]; carriers and other creditors are none. One statement."""
    booked = (
        select(
            LedgerEntry.household_id, LedgerEntry.supplier_id, func.max(LedgerEntry.member_id).label("member_id"),
            (-func.sum(LedgerEntry.fen)).label("fen"),
        )
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerEntry.cooperative_id == cooperative_id,
            LedgerEntry.account.in_([str(Account.MEMBER_PAYABLE), str(Account.OUTSIDE_PAYABLE)]),
            LedgerTransaction.kind.in_(TRADE_KINDS),
            LedgerTransaction.on_date.between(first, last),
            func.coalesce(LedgerEntry.household_id, LedgerEntry.supplier_id).is_not(None),
        )
        .group_by(LedgerEntry.household_id, LedgerEntry.supplier_id)
        .subquery()
    )  # fmt: skip
    rows = session().execute(
        select(
            booked.c.household_id, booked.c.supplier_id, Member.number, Household.head_name, Supplier.name.label("supplier"),
            Village.name.label("village"), booked.c.fen,
        )
        .outerjoin(Household, Household.id == booked.c.household_id)
        .outerjoin(Village, Village.id == Household.village_id)
        .outerjoin(Member, Member.id == booked.c.member_id)
        .outerjoin(Supplier, Supplier.id == booked.c.supplier_id)
    )  # fmt: skip
    return [
        Credit(
            row.household_id, row.supplier_id, row.number, row.head_name or row.supplier, row.village or "", int(row.fen)
        )
        for row in rows
    ]  # fmt: skip
