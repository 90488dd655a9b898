"""成员名册 (Cooperative Law art. 19): who is and was a member, with capital, reserve share and subsidy share, in fen.

Capital and reserve share stand in the ledger (301, 322 by member); state subsidies are quantified equally over the
members of the day (art. 44) and never paid out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select, text

from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.models import LedgerEntry, LedgerTransaction
from shop.cooperatives.ledger.queries import TRADE_KINDS, special_fund
from shop.cooperatives.people.eligibility import there_on
from shop.cooperatives.people.models import Household, Member, Person, Village
from shop.cooperatives.people.queries import spell
from shop.cooperatives.shares import largest_remainder
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.text import N_

FILTERS = ("current", "left", "all")
# what an account is made of, and what is owed to a member: 301 and 322 are paid back on leaving (art. 28)
MOVED = tuple(
    str(account)
    for account in (
        Account.SHARE_CAPITAL, Account.SURPLUS_RESERVE, Account.PATRONAGE_PAYABLE, Account.RESIDUAL_PAYABLE,
        Account.MEMBER_PAYABLE, Account.MEMBER_CONSIGNED,
    )
)  # fmt: skip

_TRADE = text(
    """
    select extract(year from t.on_date)::int as year, p.name as produce, p.unit_kind, p.count_word,
           sum(e.quantity)::bigint as quantity, (-sum(e.fen))::bigint as fen
      from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
      left join intake_receipt r on t.source_type = 'intake_receipt' and r.id = t.source_id
      left join refund_line f on t.source_type = 'refund_line' and f.id = t.source_id
      left join order_line l on l.id = case t.source_type when 'order_line' then t.source_id else f.line_id end
      left join produce p on p.id = coalesce(r.produce_id, l.produce_id)
     where e.cooperative_id = :cooperative and e.member_id = :member and e.account = :payable and t.kind = any(:trade)
     group by 1, 2, 3, 4 order by 1 desc, 2
    """
)


@dataclass(slots=True)
class RosterRow:
    """A line of the roster; the name is decrypted, for the cooperative's own people only. Fen."""

    member_id: int
    number: int
    household_id: int
    household_code: str
    name: str
    village_name: str
    joined_on: date
    left_on: date | None
    persons: int
    pinyin: str = ""
    initials: str = ""
    capital_fen: int = 0
    reserve_fen: int = 0
    subsidy_fen: int = 0


@dataclass(frozen=True, slots=True)
class MemberHead:
    """A member's page: whose it is. The phone is decrypted: mask it."""

    member_id: int
    number: int
    household_id: int
    household_code: str
    name: str
    phone: str | None
    agricultural: bool
    village_name: str
    joined_on: date
    left_on: date | None


def roster(cooperative_id: int, on: date, which: str = "current", wanted: str = "") -> list[RosterRow]:
    """The roster by number: members of that day, those who left before it, or all. Three statements."""
    persons = (
        select(func.count(Person.id))
        .where(Person.household_id == Household.id, there_on(on))
        .scalar_subquery()
    )
    rows: Any = session().execute(
        select(
            Member.id, Member.number, Member.household_id, Household.code, Household.head_name, Village.name,
            Member.joined_on, Member.left_on, persons,
        )
        .join(Household, Household.id == Member.household_id)
        .join(Village, Village.id == Household.village_id)
        .where(Member.cooperative_id == cooperative_id, Member.joined_on <= on)
        .order_by(Member.number)
    )  # fmt: skip
    found = [RosterRow(*row) for row in rows]
    for row in found:
        row.pinyin, row.initials = spell(row.name)
    _shares(cooperative_id, found, on)
    typed = wanted.strip().lower().replace(" ", "")
    return [row for row in found if counts(row, which, on) and (not typed or _matches(row, typed))]


def head(member_id: int, cooperative_id: int) -> MemberHead:
    """Raises NotFound for another cooperative's member."""
    row: Any = session().execute(
        select(
            Member.id, Member.number, Member.household_id, Household.code, Household.head_name, Household.phone,
            Household.agricultural, Village.name, Member.joined_on, Member.left_on,
        )
        .join(Household, Household.id == Member.household_id)
        .join(Village, Village.id == Household.village_id)
        .where(Member.id == member_id, Member.cooperative_id == cooperative_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这个成员"))
    return MemberHead(*row)


def balances(member_id: int, cooperative_id: int) -> dict[str, int]:
    """Account → fen that stand for this member now, credits positive; accounts at 0 are left out."""
    rows = session().execute(
        select(LedgerEntry.account, -func.sum(LedgerEntry.fen))
        .where(
            LedgerEntry.cooperative_id == cooperative_id,
            LedgerEntry.member_id == member_id,
            LedgerEntry.account.in_(MOVED),
        )
        .group_by(LedgerEntry.account)
        .having(func.sum(LedgerEntry.fen) != 0)
    )
    found = {account: int(fen) for account, fen in rows}
    return {account: found[account] for account in MOVED if account in found}


def trade_by_year(member_id: int, cooperative_id: int) -> Sequence[Any]:
    """year, produce, unit kind, count word, grams or pieces, fen: newest year first; buy-out at intake, the rest when sold."""
    scope = {
        "cooperative": cooperative_id, "member": member_id, "payable": str(Account.MEMBER_PAYABLE),
        "trade": list(TRADE_KINDS),
    }  # fmt: skip
    return session().execute(_TRADE, scope).all()


def _shares(cooperative_id: int, rows: list[RosterRow], on: date) -> None:
    columns = {str(Account.SHARE_CAPITAL): "capital_fen", str(Account.SURPLUS_RESERVE): "reserve_fen"}
    sums = session().execute(
        select(LedgerEntry.member_id, LedgerEntry.account, -func.sum(LedgerEntry.fen))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerEntry.cooperative_id == cooperative_id,
            LedgerEntry.account.in_(columns),
            LedgerEntry.member_id.is_not(None),
            LedgerTransaction.on_date <= on,
        )
        .group_by(LedgerEntry.member_id, LedgerEntry.account)
    )
    by_id = {row.member_id: row for row in rows}
    for member_id, account, fen in sums:
        if member_id in by_id:
            setattr(by_id[member_id], columns[account], int(fen))
    current = [row for row in rows if counts(row, "current", on)]
    if current:
        fund = special_fund(cooperative_id, on)
        for row, fen in zip(
            current, largest_remainder(max(fund.subsidy_fen, 0), [1] * len(current)), strict=True
        ):
            row.subsidy_fen = fen


def counts(row: RosterRow, which: str, on: date) -> bool:
    """`live_on` in Python: a member leaves at the end of the day `left_on`."""
    current = row.left_on is None or row.left_on >= on
    return which == "all" or current == (which != "left")


def _matches(row: RosterRow, wanted: str) -> bool:
    if wanted in (str(row.number), row.household_code.lower()):
        return True
    return wanted in row.name.lower() or row.pinyin.startswith(wanted) or row.initials.startswith(wanted)
