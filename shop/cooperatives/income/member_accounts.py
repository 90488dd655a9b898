"""成员账户 (Cooperative Law art. 43): each member's capital, reserve share, trade and refunds, read from the entries.

State subsidies and donations are quantified equally over the members of the day (art. 44): exact to the fen, ties to the
smaller number. They belong to the fund and are never paid out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import or_, select, text

from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.queries import TRADE_KINDS, special_fund
from shop.cooperatives.people.models import Household, Member, Village
from shop.cooperatives.people.queries import live_on
from shop.cooperatives.shares import largest_remainder
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.text import N_


@dataclass(slots=True)
class MemberAccount:
    """A member's year in fen; the name is decrypted, mask it for anybody but the cooperative's own people."""

    member_id: int
    number: int
    name: str
    code: str
    village: str
    joined_on: date
    left_on: date | None
    capital_fen: int = 0
    reserve_fen: int = 0
    subsidy_fen: int = 0
    donation_fen: int = 0
    trade_fen: int = 0
    patronage_fen: int = 0
    residual_fen: int = 0

    @property
    def refund_fen(self) -> int:
        """Surplus given to the member for the year: by trade and by shares."""
        return self.patronage_fen + self.residual_fen


SUMMED = (
    "capital_fen", "reserve_fen", "subsidy_fen", "donation_fen", "trade_fen", "patronage_fen", "residual_fen",
    "refund_fen",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Accounts:
    """All member accounts of a year up to `last`, by number, and what the sums tie to in the trial balance."""

    first: date
    last: date
    rows: tuple[MemberAccount, ...]
    reserve_unquantified_fen: int

    @property
    def sums(self) -> dict[str, int]:
        return {name: sum(getattr(row, name) for row in self.rows) for name in SUMMED}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a member's account: what one kind of fact changed on a day, `count` postings put together (the first
    is named). `quantity` in grams or pieces of `produce`."""

    transaction_id: int
    count: int
    on_date: date
    kind: str
    memo: str
    produce: str | None
    unit_kind: str | None
    count_word: str | None
    quantity: int
    capital_fen: int = 0
    reserve_fen: int = 0
    trade_fen: int = 0
    patronage_fen: int = 0
    residual_fen: int = 0


@dataclass(frozen=True, slots=True)
class Book:
    """One member's account of a year: opening, events, sums, trade by produce."""

    account: MemberAccount
    opening_capital_fen: int
    opening_reserve_fen: int
    events: tuple[Event, ...]
    products: list[tuple[str, str, str, int, int]] = field(default_factory=list)


_COLUMNS = {
    str(Account.SHARE_CAPITAL): "capital_fen",
    str(Account.SURPLUS_RESERVE): "reserve_fen",
    str(Account.MEMBER_PAYABLE): "trade_fen",
    str(Account.PATRONAGE_PAYABLE): "patronage_fen",
    str(Account.RESIDUAL_PAYABLE): "residual_fen",
}
# 301 and 322 are balances; trade and refunds are what the year brought. Payments do not enter.
_SUMS = text(
    """
    select e.member_id, e.account, (-sum(e.fen))::bigint as fen
      from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
     where e.cooperative_id = :cooperative and t.on_date <= :last
       and (e.account in ('301', '322')
            or (e.account = '114.payable' and t.kind = any(:trade) and t.on_date >= :first)
            or (e.account in ('221', '222') and t.kind = 'distribution' and t.on_date >= :first))
     group by e.member_id, e.account
    """
)
_EVENTS = text(
    """
    with own as (
      select t.id, t.on_date, t.kind, t.memo, t.source_type, t.source_id, e.account, e.fen, e.quantity
        from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
       where e.cooperative_id = :cooperative and e.member_id = :member and t.on_date between :first and :last
         and (e.account in ('301', '322') or (e.account = '114.payable' and t.kind = any(:trade))
              or (e.account in ('221', '222') and t.kind = 'distribution'))
    ), named as (
      select own.*, case own.source_type
               when 'intake_receipt' then (select r.produce_id from intake_receipt r where r.id = own.source_id)
               when 'order_line' then (select l.produce_id from order_line l where l.id = own.source_id)
               when 'refund_line' then (select l.produce_id from refund_line f join order_line l on l.id = f.line_id
                                         where f.id = own.source_id)
             end as produce_id
        from own
    )
    select min(n.id) as id, count(distinct n.id) as count, n.on_date, n.kind, n.memo, n.account, p.name as produce,
           p.unit_kind, p.count_word, (-sum(n.fen))::bigint as fen, sum(n.quantity)::bigint as quantity
      from named n left join produce p on p.id = n.produce_id
     group by n.on_date, n.kind, n.memo, n.account, p.id
     order by n.on_date, min(n.id), n.account
    """
)


def accounts(cooperative_id: int, first: date, last: date) -> Accounts:
    """Every member with an account in [first, last]: balances at its end, trade and refunds of its days. Three statements."""
    rows = {row.id: MemberAccount(*row) for row in _members(cooperative_id, first, last)}
    unquantified = 0
    for member_id, account, fen in session().execute(_SUMS, _scope(cooperative_id, first, last)):
        if member_id in rows:
            setattr(rows[member_id], _COLUMNS[account], int(fen))
        elif account == Account.SURPLUS_RESERVE:
            unquantified += int(fen)
    _quantify(cooperative_id, [row for row in rows.values() if _open_on(row, last)], last)
    return Accounts(first, last, tuple(rows.values()), unquantified)


def book(cooperative_id: int, member_id: int, first: date, last: date) -> Book:
    """One member's account. Raises NotFound for a member of another cooperative or of other years."""
    everybody = accounts(cooperative_id, first, last)
    account = next((row for row in everybody.rows if row.member_id == member_id), None)
    if account is None:
        raise NotFound(N_("没有找到这个成员"))
    rows = session().execute(_EVENTS, _scope(cooperative_id, first, last) | {"member": member_id})
    events = tuple(_event(row) for row in rows)
    return Book(
        account,
        account.capital_fen - sum(event.capital_fen for event in events),
        account.reserve_fen - sum(event.reserve_fen for event in events),
        events,
        _by_produce(events),
    )


def _members(cooperative_id: int, first: date, last: date) -> Sequence[Any]:
    return session().execute(
        select(
            Member.id, Member.number, Household.head_name, Household.code, Village.name, Member.joined_on, Member.left_on
        )
        .join(Household, Household.id == Member.household_id)
        .join(Village, Village.id == Household.village_id)
        .where(
            Member.cooperative_id == cooperative_id, Member.joined_on <= last, or_(live_on(last), Member.left_on >= first)
        )
        .order_by(Member.number)
    ).all()  # fmt: skip


def _open_on(row: MemberAccount, day: date) -> bool:
    return row.left_on is None or row.left_on >= day


def _quantify(cooperative_id: int, members: list[MemberAccount], on: date) -> None:
    if not members:
        return
    fund = special_fund(cooperative_id, on)
    equal = [1] * len(members)
    subsidy = largest_remainder(max(fund.subsidy_fen, 0), equal)
    donation = largest_remainder(max(fund.donation_fen, 0), equal)
    for member, own_subsidy, own_donation in zip(members, subsidy, donation, strict=True):
        member.subsidy_fen, member.donation_fen = own_subsidy, own_donation


def _event(row: Any) -> Event:
    return Event(
        row.id, row.count, row.on_date, row.kind, row.memo, row.produce, row.unit_kind, row.count_word, int(row.quantity),
        **{_COLUMNS[row.account]: int(row.fen)},
    )  # fmt: skip


def _by_produce(events: Sequence[Event]) -> list[tuple[str, str, str, int, int]]:
    """(produce, unit kind, count word, quantity, fen) of the year's trade."""
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for event in events:
        if event.produce is not None:
            key = (event.produce, event.unit_kind or "g", event.count_word or "")
            quantity, fen = found.get(key, (0, 0))
            found[key] = (quantity + event.quantity, fen + event.trade_fen)
    return [(*key, *sums) for key, sums in sorted(found.items())]


def _scope(cooperative_id: int, first: date, last: date) -> dict[str, Any]:
    return {"cooperative": cooperative_id, "first": first, "last": last, "trade": list(TRADE_KINDS)}
