"""The statements a cooperative has to show: 科目余额表, 收益表, 盈余及盈余分配表 (会农社02). Every figure is a sum of entries.

Whole fen. Income and equity read as positive where they are credits. Forms and row numbers: 财会〔2007〕15号, 财会〔2021〕37号.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from shop.cooperatives.ledger.accounts import Account, base_code, name_of
from shop.core.db import session
from shop.core.text import N_


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """One account of a period; `opening` and `closing` are debit positive, turnovers never negative."""

    account: str
    opening: int
    debit: int
    credit: int

    @property
    def code(self) -> str:
        return base_code(self.account)

    @property
    def name(self) -> str:
        return name_of(self.account)

    @property
    def closing(self) -> int:
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """科目余额表: both sides of each of its three pairs of columns come to the same."""

    first: date
    last: date
    rows: tuple[BalanceRow, ...]

    @property
    def sums(self) -> dict[str, int]:
        """Totals of the six columns by their names."""
        rows = self.rows
        return {
            "opening_debit": sum(max(row.opening, 0) for row in rows),
            "opening_credit": sum(max(-row.opening, 0) for row in rows),
            "debit": sum(row.debit for row in rows),
            "credit": sum(row.credit for row in rows),
            "closing_debit": sum(max(row.closing, 0) for row in rows),
            "closing_credit": sum(max(-row.closing, 0) for row in rows),
        }

    @property
    def balanced(self) -> bool:
        sums = self.sums
        return (sums["opening_debit"], sums["debit"], sums["closing_debit"]) == (
            sums["opening_credit"],
            sums["credit"],
            sums["closing_credit"],
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a statement: its number on the form, words, this period and the one before, the accounts behind it.

    `sign` says how it enters the next sum: 1, -1, or 0 for a sum itself.
    """

    number: int
    name: str
    fen: int
    before_fen: int
    sign: int = 0
    accounts: tuple[str, ...] = ()


_BALANCE = text(
    """
    select e.account,
           coalesce(sum(e.fen) filter (where t.on_date < :first), 0)::bigint as opening,
           coalesce(sum(e.fen) filter (where t.on_date >= :first and e.fen > 0), 0)::bigint as debit,
           coalesce(-sum(e.fen) filter (where t.on_date >= :first and e.fen < 0), 0)::bigint as credit
      from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
     where e.cooperative_id = :cooperative and t.on_date <= :last
     group by e.account
    having bool_or(t.on_date >= :first) or sum(e.fen) <> 0
     order by e.account collate "C"
    """
)
# Income and expenses of a period, without what empties them when the year closes.
_YEARLY = text(
    """
    select e.account, (-sum(e.fen))::bigint from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
     where e.cooperative_id = :cooperative and e.account like '5%' and t.kind <> 'year_close'
       and t.on_date between :first and :last
     group by e.account
    """
)
# What became of the surplus: 332 by what moved it. Appropriations are dated on the last day of their year.
_SURPLUS = text(
    """
    select coalesce(-sum(e.fen) filter (where e.account = '332' and (t.on_date < :first or t.kind = 'opening')), 0)::bigint
             as opening,
           coalesce(-sum(e.fen) filter (where e.account = '332' and t.on_date >= :first
                                          and t.kind not in ('opening', 'year_close', 'distribution')), 0)::bigint as moved,
           coalesce(-sum(e.fen) filter (where e.account = '322' and t.kind = 'distribution' and t.on_date >= :first), 0)::bigint
             as reserve,
           coalesce(-sum(e.fen) filter (where e.account = '221' and t.kind = 'distribution' and t.on_date >= :first), 0)::bigint
             as patronage,
           coalesce(-sum(e.fen) filter (where e.account = '222' and t.kind = 'distribution' and t.on_date >= :first), 0)::bigint
             as residual,
           coalesce(-sum(e.fen) filter (where e.account in ('331', '332')
                                          or (e.account like '5%' and t.on_date >= :first)), 0)::bigint as left_over
      from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
     where e.cooperative_id = :cooperative and t.on_date <= :last
    """
)


def trial_balance(cooperative_id: int, first: date, last: date) -> TrialBalance:
    """Every account with a balance or a turnover in [first, last]. One statement."""
    rows = session().execute(_BALANCE, _scope(cooperative_id, first, last))
    return TrialBalance(first, last, tuple(BalanceRow(*row) for row in rows))


def income_statement(cooperative_id: int, first: date, last: date) -> list[Line]:
    """收益表 of [first, last] beside the same days a year earlier. Its last row is the surplus. Two statements."""
    now = _yearly(cooperative_id, first, last)
    before = _yearly(cooperative_id, _year_before(first), _year_before(last))
    return _income_lines(now, before)


def earned(cooperative_id: int, first: date, last: date) -> int:
    """The surplus of [first, last], signed: the last row of the income statement. One statement."""
    return sum(_yearly(cooperative_id, first, last).values())


def surplus_statement(cooperative_id: int, year: int) -> list[Line]:
    """盈余及盈余分配表 of a year beside the year before; rows numbered as on form 会农社02. Four statements.

    Its row 21 可分配盈余 stands before the reserve is drawn; the law's distributable surplus is after it.
    """
    lines = income_statement(cooperative_id, date(year, 1, 1), date(year, 12, 31))
    now, before = (_appropriated(cooperative_id, each) for each in (year, year - 1))
    earned = lines[-1]

    def row(number: int, name: str, key: str, sign: int, accounts: tuple[str, ...]) -> Line:
        return Line(number, name, now[key], before[key], sign, accounts)

    into = [
        row(17, N_("年初未分配盈余"), "opening", 1, ("332",)),
        row(18, N_("其他转入"), "moved", 1, ("332",)),
    ]
    at_hand = _sum(21, N_("可分配盈余"), [Line(15, "", earned.fen, earned.before_fen, 1), *into])
    out = [
        row(22, N_("提取盈余公积"), "reserve", -1, ("322",)),
        row(23, N_("盈余返还"), "patronage", -1, ("221",)),
        row(24, N_("剩余盈余分配"), "residual", -1, ("222",)),
    ]
    rest = [Line(21, "", at_hand.fen, at_hand.before_fen, 1), *out]
    return [*lines, *into, at_hand, *out, _sum(28, N_("年末未分配盈余"), rest)]


def left_over(cooperative_id: int, year: int) -> int:
    """What accounts 331, 332 and the year's own income and expenses hold at a year's end: row 28, from the other side."""
    return _appropriated(cooperative_id, year)["left_over"]


def _income_lines(now: Mapping[str, int], before: Mapping[str, int]) -> list[Line]:
    def row(number: int, name: str, account: Account, sign: int) -> Line:
        return Line(
            number, name, sign * now.get(account, 0), sign * before.get(account, 0), sign, (str(account),)
        )

    operating = [
        row(1, N_("经营收入"), Account.OPERATING_INCOME, 1),
        row(2, N_("投资收益"), Account.INVESTMENT_INCOME, 1),
        row(5, N_("经营支出"), Account.OPERATING_EXPENSE, -1),
        row(6, N_("管理费用"), Account.ADMIN_EXPENSE, -1),
    ]
    profit = _sum(10, N_("经营收益"), operating)
    other = [
        row(11, N_("其他收入"), Account.OTHER_INCOME, 1),
        row(12, N_("其他支出"), Account.OTHER_EXPENSE, -1),
    ]
    rest = [Line(10, "", profit.fen, profit.before_fen, 1), *other]
    return [*operating, profit, *other, _sum(15, N_("本年盈余"), rest)]


def _sum(number: int, name: str, lines: list[Line]) -> Line:
    return Line(
        number,
        name,
        sum(line.sign * line.fen for line in lines),
        sum(line.sign * line.before_fen for line in lines),
    )


def _yearly(cooperative_id: int, first: date, last: date) -> dict[str, int]:
    rows = session().execute(_YEARLY, _scope(cooperative_id, first, last))
    return {account: int(fen) for account, fen in rows}


def _appropriated(cooperative_id: int, year: int) -> dict[str, int]:
    row = session().execute(_SURPLUS, _scope(cooperative_id, date(year, 1, 1), date(year, 12, 31))).one()
    return {key: int(value) for key, value in row._mapping.items()}


def _year_before(day: date) -> date:
    return date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)


def _scope(cooperative_id: int, first: date, last: date) -> dict[str, object]:
    return {"cooperative": cooperative_id, "first": first, "last": last}
