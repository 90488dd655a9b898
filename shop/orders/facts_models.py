"""Daily facts of sales and of money to households: derived from attribution and ledger, thrown away and made again at will.

`fact_touched` says which days of a cooperative have rows newer than their facts; triggers of the database write it with the row.
`town_month` and its notes are no derived facts: what a township stated once stays as it was stated.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class FactTouched(Base):
    """A day of a cooperative got rows. Appended only, never unique: writers never wait for each other here."""

    __tablename__ = "fact_touched"
    __table_args__ = (Index(None, "cooperative_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int]
    day: Mapped[date]


class _Sales:
    """Sums of one produce through one channel to one kind of buyers, certified or not."""

    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    produce_id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    buyer_kind: Mapped[str] = mapped_column(primary_key=True)
    certified: Mapped[bool] = mapped_column(primary_key=True)
    fen: Mapped[int]
    quantity: Mapped[int]
    lines: Mapped[int]
    parts: Mapped[int]


class _Money:
    """Fen credited to the households of a cooperative."""

    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    fen: Mapped[int]


class _Since:
    """A household in a month or year: since which day something of its produce was sold, and money credited."""

    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(primary_key=True)
    sold_from: Mapped[date | None]
    money_from: Mapped[date | None]


class _Count:
    """How many households have their first day on `day` or before."""

    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    sold: Mapped[int]
    money: Mapped[int]


class SalesDay(_Sales, Base):
    """Σ attribution of a day. `lines` and `parts` count order lines and suborders whose very first row is of this day, so
    that both may be added over days, produce, channels and cooperatives. fen and quantity are negative for a day of refunds."""

    __tablename__ = "sales_day"


class SalesMonth(_Sales, Base):
    """Σ of the days of a month, named by its first day: what a county's year is read from."""

    __tablename__ = "sales_month"


class SalesYear(_Sales, Base):
    """Σ of the months of a year, named by 1 January: late in a year, what is read is this less the months and days to come."""

    __tablename__ = "sales_year"


class TakingsMonth(Base):
    """Σ of a month's sales, assisted ones apart: the year month by month, without its produce."""

    __tablename__ = "takings_month"

    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    assisted: Mapped[bool] = mapped_column(primary_key=True)
    fen: Mapped[int]
    lines: Mapped[int]
    parts: Mapped[int]


class AssistedDay(Base):
    """Σ attribution of an assisted order at a cooperative on a day: few enough to be kept order by order, so that a page can
    ask each whether it is proven now."""

    __tablename__ = "assisted_day"

    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(primary_key=True)
    fen: Mapped[int]


class MoneyDay(_Money, Base):
    """Figure (b) of a day: fen credited to households by intake and sale, less what reversals took back."""

    __tablename__ = "money_day"


class MoneyMonth(_Money, Base):
    """Σ of the days of a month, named by its first day."""

    __tablename__ = "money_month"


class HouseholdMonth(_Since, Base):
    """A household in a month: since which day something of its produce was sold (assisted sales apart), and since which day
    money was credited. Distinct households up to any day are those whose day is not later."""

    __tablename__ = "household_month"


class HouseholdYear(_Since, Base):
    """The same over a year, named by 1 January: the earliest of its months."""

    __tablename__ = "household_year"


class HouseholdMonthCount(_Count, Base):
    """How many households of a month have their first day on `day` or before; a row for each day on which they became more."""

    __tablename__ = "household_month_count"


class HouseholdYearCount(_Count, Base):
    """The same of a year, named by 1 January."""

    __tablename__ = "household_year_count"


class HouseholdHome(Base):
    """The cooperative at which a household was first found in the facts. Written once; says nothing else."""

    __tablename__ = "household_home"

    household_id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))


class HouseholdGuest(Base):
    """A household found at a cooperative that is not its `household_home`: only these can be counted twice in a region."""

    __tablename__ = "household_guest"

    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"), primary_key=True)
    household_id: Mapped[int] = mapped_column(primary_key=True)


class TownMonth(Base):
    """A month as a township closed it: its canonical facts, their sums and their digest. Appended only."""

    __tablename__ = "town_month"
    __table_args__ = (
        UniqueConstraint("region_code", "month"),
        CheckConstraint("extract(day from month) = 1", name="month"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    month: Mapped[date]
    facts: Mapped[dict[str, Any]]
    sales_fen: Mapped[int]
    assisted_fen: Mapped[int]
    money_fen: Mapped[int]
    sha256: Mapped[str]
    closed_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TownMonthNote(Base):
    """Why a closed month differs from its rows: words, and the differences as they were when it was written. Appended only."""

    __tablename__ = "town_month_note"
    __table_args__ = (
        UniqueConstraint("town_month_id", "seq"),
        CheckConstraint("length(note) between 2 and 500", name="note"),
        CheckConstraint("seq > 0", name="seq"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    town_month_id: Mapped[int] = mapped_column(ForeignKey("town_month.id"))
    seq: Mapped[int]
    note: Mapped[str]
    sales_fen: Mapped[int]
    assisted_fen: Mapped[int]
    money_fen: Mapped[int]
    by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
