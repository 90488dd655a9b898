"""Every movement of a household's income: what the township entered and what the books say, read side by side, stored once.

Credits for goods (b), the posted distribution (c) and what a cooperative deducted are read from the ledger's own rows, so
nothing can drift. `fen` counts in the movement's class: a reversal, refund or return is negative, an expense positive.
Money for goods is operating income, the patronage refund too; the residual share is property (docs/decisions/36).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import text

from shop.cooperatives.income.income_words import CLASSES, EXPENSE
from shop.cooperatives.income.settlement_lines import DEDUCTION_NAMES
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.queries import TRADE_KINDS
from shop.core.db import session

# kinds that lower what is owed to a household and are no trade: costs that it bears itself
COST_KINDS = tuple(kind for kind in DEDUCTION_NAMES if kind not in TRADE_KINDS)


def _listed(words: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"


_OWED = _listed((Account.MEMBER_PAYABLE, Account.OUTSIDE_PAYABLE))
_LEDGER = "from ledger_entry e join ledger_transaction t on t.id = e.transaction_id where e.household_id is not null"
_OF_LEDGER = "e.cooperative_id, t.id as transaction_id, null::bigint as entry_id, t.kind, t.source_type, t.source_id, t.memo"
# All movements there are, to be narrowed by household and day. Made of constants alone.
ROWS = f"""
    select e.household_id, t.on_date, 'goods_sold' as source_code, 'operating' as income_class, 'credited' as figure,
           -e.fen as fen, {_OF_LEDGER}
      {_LEDGER} and e.account in {_OWED} and t.kind in {_listed(TRADE_KINDS)}
    union all
    select e.household_id, t.on_date, 'deduction', '{EXPENSE}', 'cost', e.fen, {_OF_LEDGER}
      {_LEDGER} and e.account in {_OWED} and t.kind in {_listed(COST_KINDS)}
    union all
    select e.household_id, t.on_date, case e.account when '{Account.PATRONAGE_PAYABLE}' then 'patronage' else 'residual' end,
           case e.account when '{Account.PATRONAGE_PAYABLE}' then 'operating' else 'property' end, 'distributed', -e.fen,
           {_OF_LEDGER}
      {_LEDGER} and e.account in {_listed((Account.PATRONAGE_PAYABLE, Account.RESIDUAL_PAYABLE))} and t.kind = 'distribution'
    union all
    select x.household_id, x.on_date, x.source_code, x.income_class,
           case when x.income_class = '{EXPENSE}' then 'cost' else 'entered' end,
           case when x.reverses_id is null then x.fen else -x.fen end,
           null, null, x.id, case when x.reverses_id is null then 'entry' else 'entry_reversal' end,
           'household_income_entry', x.id, ''
      from household_income_entry x
"""  # noqa: S608
_SUMS = text(
    f"""
    select m.source_code, s.name, m.income_class, m.figure, s.by_hand, sum(m.fen)::bigint as fen
      from ({ROWS}) m join income_source s on s.code = m.source_code
     where m.household_id = :household and m.on_date between :first and :last
     group by 1, 2, 3, 4, 5, s.position order by m.income_class, s.position
    """  # noqa: S608
)
_YEARS = text(
    f"select distinct extract(year from m.on_date)::int from ({ROWS}) m where m.household_id = :household order by 1 desc"  # noqa: S608
)
_MOVEMENTS = text(
    f"""
    select m.*, s.name as source, c.code as cooperative_code, c.name as cooperative,
           v.region_code like :prefix as within, r.number as receipt, o.number as order_number, l.product_name,
           coalesce(d.reverses_id, d.id) as distribution_id, d.reverses_id is not null as counter_run,
           x.evidence, x.reverses_id, x.entered_by, x.at, u.id as undone_id, count(*) over () as total
      from ({ROWS}) m join income_source s on s.code = m.source_code
      left join cooperative c on c.id = m.cooperative_id left join village v on v.id = c.village_id
      left join intake_receipt r on m.source_type = 'intake_receipt' and r.id = m.source_id
      left join refund_line f on m.source_type = 'refund_line' and f.id = m.source_id
      left join order_line l on l.id = case m.source_type when 'order_line' then m.source_id else f.line_id end
      left join suborder p on p.id = l.suborder_id left join customer_order o on o.id = p.order_id
      left join distribution d on m.source_type = 'distribution' and d.id = m.source_id
      left join household_income_entry x on x.id = m.entry_id
      left join household_income_entry u on u.reverses_id = m.entry_id
     where m.household_id = :household and m.on_date between :first and :last
     order by m.on_date desc, m.transaction_id desc nulls first, m.entry_id desc, m.source_code limit :limit offset :offset
    """  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class SourceSum:
    """What one source came to; `figure` says to which of the three figures it belongs: credited (b), distributed (c), cost,
    entered."""

    code: str
    name: str
    income_class: str
    figure: str
    by_hand: bool
    fen: int


@dataclass(frozen=True)
class YearSums:
    """A household's year by source, in the order of classes. Fen; expenses positive in their class."""

    year: int
    sources: list[SourceSum] = field(default_factory=list)

    def of_class(self, income_class: str) -> int:
        return sum(row.fen for row in self.sources if row.income_class == income_class)

    def of_figure(self, figure: str) -> int:
        return sum(row.fen for row in self.sources if row.figure == figure)

    @property
    def income_fen(self) -> int:
        """The four classes of income together, gross."""
        return sum(row.fen for row in self.sources if row.income_class != EXPENSE)

    @property
    def net_fen(self) -> int:
        return self.income_fen - self.of_class(EXPENSE)

    @property
    def has_traded(self) -> bool:
        """Whether a cooperative credited or distributed anything."""
        return any(row.fen for row in self.sources if row.figure in ("credited", "distributed"))

    @property
    def gained_fen(self) -> int:
        """(b) + (c) less every cost on record: what the cooperative brought the household, where it `has_traded`."""
        return self.of_figure("credited") + self.of_figure("distributed") - self.of_class(EXPENSE)

    @property
    def is_gross(self) -> bool:
        """Whether no production cost was entered, so that what was gained is before it."""
        return not any(row.fen for row in self.sources if row.income_class == EXPENSE and row.by_hand)

    def classes(self) -> list[tuple[str, str, int, list[SourceSum]]]:
        """(class, its words, sum, its sources) in the register's order, classes without anything included."""
        return [
            (name, words, self.of_class(name), [row for row in self.sources if row.income_class == name])
            for name, words in CLASSES.items()
        ]


def year_sums(household_id: int, year: int) -> YearSums:
    """One household's year by source. One statement."""
    rows = session().execute(_SUMS, _scope(household_id, year))
    return YearSums(year, [SourceSum(*row) for row in rows])


def movements(household_id: int, year: int, region_code: str, limit: int, offset: int = 0) -> Sequence[Any]:
    """A household's movements, newest first, with what they come from; `evidence` is encrypted, `total` counts all.

    `within`: the cooperative is the region's, so its papers can be opened there. One statement.
    """
    scope = _scope(household_id, year) | {"prefix": region_code + "%", "limit": limit, "offset": offset}
    return session().execute(_MOVEMENTS, scope).all()


def years(household_id: int) -> list[int]:
    """Years with a movement of the household, newest first."""
    return list(session().execute(_YEARS, {"household": household_id}).scalars())


def _scope(household_id: int, year: int) -> dict[str, Any]:
    return {"household": household_id, "first": date(year, 1, 1), "last": date(year, 12, 31)}
