"""Closing months, in order: after that the database refuses what is dated in them, and corrections go to the open month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, text

from shop.cooperatives.ledger.models import FiscalYearClose, LedgerTransaction, PeriodClose
from shop.cooperatives.people.models import Cooperative
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_

_STATES = text(
    """
    select c.id, (select max(s.last_id) from ledger_seal s where s.cooperative_id = c.id) as sealed,
           (select min(t.on_date) from ledger_transaction t
             where t.cooperative_id = c.id
               and not exists (select 1 from fiscal_year_close y
                                where y.cooperative_id = c.id and y.year >= extract(year from t.on_date))
               and not exists (select 1 from period_close p
                                where p.cooperative_id = c.id and p.period >= to_char(t.on_date, 'YYYY-MM'))) as open_since
      from cooperative c where c.id = any(:ids)
    """
)


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed month or year, newest first on the page; `surplus_fen` of years only."""

    name: str
    closed_at: datetime
    surplus_fen: int | None


def close_period(cooperative_id: int, period: str, by: int | None = None) -> list[str]:
    """Close a month ('YYYY-MM') that is over; returns the months closed: empty ones before it close along.

    Waits for postings under way. The caller knows the orders and checks first that none of the month is unattributed.
    Raises NotFound; Refused for a month that is not over, is closed, or has an earlier one with entries still open.
    """
    first = _first_day(period)
    if _next_month(first) > clock.today():
        raise Refused("%(period)s 还没有过完，不能结账", "period", period=period)
    locked = select(Cooperative.id).where(Cooperative.id == cooperative_id).with_for_update()
    if session().scalar(locked) is None:
        raise NotFound(N_("没有找到这个合作社"))
    start = open_since(cooperative_id)
    if start is not None and first < start:
        raise Refused("%(period)s 已经结账", "period", period=period)
    earliest = _first_posting(cooperative_id, start)
    if earliest is None:
        raise Refused(N_("还没有要结账的账"), "period")
    if earliest < first:
        raise Refused(
            "请先给 %(earliest)s 结账，月份要按顺序结", "period", earliest=format(earliest, "%Y-%m")
        )
    begin = min(start or first, first)
    months = _months(begin, first)
    rows = [{"cooperative_id": cooperative_id, "period": month, "closed_by": by} for month in months]
    insert_rows(PeriodClose, rows)
    faults.point("periods.after_close")
    activity.record(
        "ledger.month_closed", "cooperative", cooperative_id, cooperative_id=cooperative_id, actor_id=by,
        after={"first": months[0], "last": months[-1]},
    )  # fmt: skip
    return months


def next_period(cooperative_id: int) -> str | None:
    """The month that closes next: the first one with entries after what is closed; None where there is none. It may still run."""
    earliest = _first_posting(cooperative_id, open_since(cooperative_id))
    return None if earliest is None else f"{earliest:%Y-%m}"


def next_year(cooperative_id: int) -> int | None:
    """The year that closes next: the first one with entries after the closed ones; None where there is none."""
    closed = session().scalar(
        select(func.max(FiscalYearClose.year)).where(FiscalYearClose.cooperative_id == cooperative_id)
    )
    earliest = _first_posting(cooperative_id, date(closed + 1, 1, 1) if closed else None)
    return None if earliest is None else earliest.year


def states(cooperative_ids: Sequence[int]) -> dict[int, tuple[date | None, int | None]]:
    """Cooperative → (first day with entries in an open month, last transaction that is sealed). One statement."""
    rows = session().execute(_STATES, {"ids": list(cooperative_ids)})
    return {row.id: (row.open_since, row.sealed) for row in rows}


def closed_periods(cooperative_id: int, limit: int = 24) -> list[Closed]:
    """The months and years closed last."""
    months = session().execute(
        select(PeriodClose.period, PeriodClose.closed_at)
        .where(PeriodClose.cooperative_id == cooperative_id)
        .order_by(PeriodClose.period.desc())
        .limit(limit)
    )
    years = session().execute(
        select(FiscalYearClose.year, FiscalYearClose.closed_at, FiscalYearClose.surplus_fen)
        .where(FiscalYearClose.cooperative_id == cooperative_id)
        .order_by(FiscalYearClose.year.desc())
        .limit(limit)
    )
    found = [Closed(period, at, None) for period, at in months]
    found += [Closed(str(year), at, int(fen)) for year, at, fen in years]
    # a year stands above its own months
    return sorted(found, key=lambda row: (row.name[:4], len(row.name) == 4, row.name), reverse=True)


def _first_day(period: str) -> date:
    try:
        return clock.shanghai_day(clock.month_range(period).start)
    except clock.BadPeriod as refusal:
        raise Refused(str(refusal), "period") from refusal


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _months(begin: date, last: date) -> list[str]:
    months = []
    while begin <= last:
        months.append(f"{begin:%Y-%m}")
        begin = _next_month(begin)
    return months


def open_since(cooperative_id: int) -> date | None:
    """The first day that no closed month or year holds; None where nothing is closed yet. One statement."""
    months = select(func.max(PeriodClose.period)).where(PeriodClose.cooperative_id == cooperative_id)
    years = select(func.max(FiscalYearClose.year)).where(FiscalYearClose.cooperative_id == cooperative_id)
    period, year = session().execute(select(months.scalar_subquery(), years.scalar_subquery())).one()
    starts = [_next_month(_first_day(period))] if period else []
    starts += [date(year + 1, 1, 1)] if year else []
    return max(starts, default=None)


def _first_posting(cooperative_id: int, start: date | None) -> date | None:
    statement = select(func.min(LedgerTransaction.on_date)).where(
        LedgerTransaction.cooperative_id == cooperative_id
    )
    if start is not None:
        statement = statement.where(LedgerTransaction.on_date >= start)
    return session().scalar(statement)
