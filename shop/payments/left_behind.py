"""Who has left a household and is still the name that its cooperative knows: its member's head, or the holder of its account.

Member rights are the household's, so nothing changes by itself; this is what people must look at, until they have decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from shop.cooperatives.people.models import Household, Person
from shop.core import clock
from shop.core.db import session
from shop.payments.payout_models import PayeeAccount


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """`head`: the cooperative's roster still names him; `last_four` of the account that is his, '' where none is."""

    name: str
    last_day: date
    cooperative_id: int
    head: bool
    last_four: str


def of_household(household_id: int, cooperative_ids: Iterable[int]) -> list[LeftBehind]:
    """For each of these cooperatives, of which the household is a member. One statement where nobody has left, else two more."""
    today = clock.today()
    rows = session().execute(
        select(Person.name, Person.joined_on, Person.left_on).where(Person.household_id == household_id)
    ).all()  # fmt: skip
    here = {row.name for row in rows if row.left_on is None or row.left_on >= today}
    gone: dict[str, date] = {}
    for row in rows:
        never = row.joined_on is not None and row.left_on is not None and row.left_on < row.joined_on
        if row.name not in here and row.left_on is not None and not never:
            gone[row.name] = max(row.left_on, gone.get(row.name, row.left_on))
    wanted = list(cooperative_ids)
    if not gone or not wanted:
        return []
    head = session().scalar(select(Household.head_name).where(Household.id == household_id))
    accounts = session().execute(
        select(PayeeAccount.cooperative_id, PayeeAccount.holder, PayeeAccount.last_four)
        .where(
            PayeeAccount.household_id == household_id,
            PayeeAccount.cooperative_id.in_(wanted),
            PayeeAccount.approved_at.is_not(None),
            PayeeAccount.ended_at.is_(None),
        )
        .order_by(PayeeAccount.effective_at, PayeeAccount.id)
    )
    used = {row.cooperative_id: row for row in accounts}  # the latest is the one that is paid to
    found = []
    for cooperative_id in wanted:
        account = used.get(cooperative_id)
        for name, last_day in gone.items():
            last_four = account.last_four if account is not None and account.holder == name else ""
            if name == head or last_four:
                found.append(LeftBehind(name, last_day, cooperative_id, name == head, last_four))
    return found
