"""Closing a fiscal year: 5xx → 331 → 332, then the database refuses later postings dated in it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import date

from sqlalchemy import Text, cast, func, select, text

from shop.cooperatives.ledger.accounts import YEARLY, Account
from shop.cooperatives.ledger.models import FiscalYearClose, LedgerEntry, LedgerTransaction, PeriodClose
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.people.models import Cooperative
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused


def close_year(cooperative_id: int, year: int, by: int | None = None) -> int:
    """Close a year that is over; returns its surplus E in fen (negative is a loss).

    Waits for postings under way, so that each is either in E or refused. Sales of the year must have been attributed
    before: the caller knows the orders, the books do not. Raises NotFound; Refused when the year is not over, is closed,
    or an earlier year with entries is still open (years close in order).
    """
    last = date(year, 12, 31)
    if last >= clock.today():
        raise Refused("%(year)s 年还没有过完，不能结账", field="year", year=year)
    locked = select(Cooperative.id).where(Cooperative.id == cooperative_id).with_for_update()
    if session().scalar(locked) is None:
        raise NotFound("没有找到这个合作社")
    _refuse_out_of_order(cooperative_id, year)
    yearly = _yearly_balances(cooperative_id, year)
    surplus = -sum(yearly.values())
    new = post([*_closing_postings(cooperative_id, year, last, yearly, by)])
    faults.point("closing.after_posting")
    row = {
        "cooperative_id": cooperative_id, "year": year, "surplus_fen": surplus, "closed_by": by,
        "transaction_id": new.get(_key(cooperative_id, year, "surplus")),
    }  # fmt: skip
    close_id = insert_rows(FiscalYearClose, [row], "id")[0]
    activity.record(
        "ledger.year_closed", "fiscal_year_close", close_id, cooperative_id=cooperative_id, actor_id=by,
        after={"year": year, "surplus_fen": surplus},
    )  # fmt: skip
    return surplus


def balances(cooperative_id: int, until: date) -> dict[str, int]:
    """Account → balance at the end of a day, debit positive; accounts at 0 are left out. The sum is always 0."""
    rows = session().execute(
        select(LedgerEntry.account, func.sum(LedgerEntry.fen))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerEntry.cooperative_id == cooperative_id, LedgerTransaction.on_date <= until)
        .group_by(LedgerEntry.account)
        .having(func.sum(LedgerEntry.fen) != 0)
        .order_by(LedgerEntry.account)
    )
    return {account: int(fen) for account, fen in rows}


def open_days(wanted: Iterable[tuple[int, date]]) -> dict[tuple[int, date], date]:
    """(cooperative id, day) → the day to post on: the same, or the first day of the first open month after it.

    What becomes known after a month or a year was closed is posted in the open one (docs/money.md). One statement.
    """
    days = set(wanted)
    if not days:
        return {}
    cooperatives = {cooperative_id for cooperative_id, _ in days}
    years = select(FiscalYearClose.cooperative_id, cast(FiscalYearClose.year, Text)).where(
        FiscalYearClose.cooperative_id.in_(cooperatives)
    )
    months = select(PeriodClose.cooperative_id, PeriodClose.period).where(
        PeriodClose.cooperative_id.in_(cooperatives)
    )
    closed = {(cooperative_id, name) for cooperative_id, name in session().execute(years.union_all(months))}
    return {(cooperative_id, day): _first_open(cooperative_id, day, closed) for cooperative_id, day in days}


def _first_open(cooperative_id: int, day: date, closed: Container[tuple[int, str]]) -> date:
    while True:
        if (cooperative_id, f"{day:%Y}") in closed:
            day = date(day.year + 1, 1, 1)
        elif (cooperative_id, f"{day:%Y-%m}") in closed:
            day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        else:
            return day


def _refuse_out_of_order(cooperative_id: int, year: int) -> None:
    closed = set(
        session().scalars(
            select(FiscalYearClose.year).where(FiscalYearClose.cooperative_id == cooperative_id)
        )
    )
    if year in closed:
        raise Refused("%(year)s 年已经结账", field="year", year=year)
    used = session().scalars(
        select(text("distinct extract(year from on_date)::int"))
        .select_from(LedgerTransaction)
        .where(
            LedgerTransaction.cooperative_id == cooperative_id, LedgerTransaction.on_date < date(year, 1, 1)
        )
    )
    earlier = sorted(int(other) for other in used if int(other) not in closed)
    if earlier:
        raise Refused("请先给 %(earlier)s 年结账，年度要按顺序结", field="year", earlier=earlier[0])


def _yearly_balances(cooperative_id: int, year: int) -> dict[str, int]:
    rows = session().execute(
        select(LedgerEntry.account, func.sum(LedgerEntry.fen))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerEntry.cooperative_id == cooperative_id,
            LedgerEntry.account.in_([str(account) for account in YEARLY]),
            LedgerTransaction.on_date.between(date(year, 1, 1), date(year, 12, 31)),
        )
        .group_by(LedgerEntry.account)
        .order_by(LedgerEntry.account)
    )
    return {account: int(fen) for account, fen in rows}


def _closing_postings(
    cooperative_id: int, year: int, last: date, yearly: Mapping[str, int], by: int | None
) -> tuple[Posting, Posting]:
    """Two transactions, so that 331 shows the year's surplus coming in and going out."""
    balance = sum(yearly.values())
    emptied = [Entry(account, -fen) for account, fen in yearly.items()]

    def closing(part: str, memo: str, entries: list[Entry]) -> Posting:
        return Posting(
            cooperative_id=cooperative_id, kind="year_close", key=_key(cooperative_id, year, part), on_date=last,
            source_type="cooperative", source_id=cooperative_id, memo=memo, posted_by=by, entries=tuple(entries),
        )  # fmt: skip

    return (
        closing("surplus", f"{year} 年收支转入本年盈余", [*emptied, Entry(Account.SURPLUS_OF_YEAR, balance)]),
        closing(
            "appropriation",
            f"{year} 年本年盈余转入盈余分配",
            [Entry(Account.SURPLUS_OF_YEAR, -balance), Entry(Account.APPROPRIATION, balance)],
        ),
    )


def _key(cooperative_id: int, year: int, part: str) -> str:
    return f"year_close:{cooperative_id}:{year}:{part}"
