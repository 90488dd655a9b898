"""What a household earns and spends beside what the books already know: entered by the township, reversed, never edited."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base
from shop.core.privacy import Encrypted


class IncomeSource(Base):
    """Where money of a household comes from or goes to, and its class in the register's form.

    `system` says who tells us: the township by hand (`by_hand`), the cooperatives' books, or a system that is still to
    come; its places are kept so that nobody enters by hand what will flow in by itself.
    """

    __tablename__ = "income_source"
    __table_args__ = (
        UniqueConstraint("code", "income_class"),
        CheckConstraint(
            "income_class in ('wage','operating','property','transfer','expense')", name="income_class"
        ),
        CheckConstraint(
            "system in ('township','books','pv','microloan','industry','guarantee')", name="system"
        ),
        CheckConstraint("by_hand = (system = 'township')", name="by_hand"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    income_class: Mapped[str]
    system: Mapped[str]
    by_hand: Mapped[bool] = mapped_column(server_default=text("false"))
    position: Mapped[int]  # in lists, within its class


class HouseholdIncomeEntry(Base):
    """One amount of a household on a day, in fen > 0 of its class: an expense is a positive amount in `expense`.

    A reversal names the entry that it takes back and repeats it: household, source, class, day and amount are its own by
    foreign key, so that it counts against the year in which the entry stood. `evidence` is the paper that proves it, of a
    reversal the reason.
    """

    __tablename__ = "household_income_entry"
    __table_args__ = (
        UniqueConstraint("request_key"),
        UniqueConstraint("reverses_id"),
        Index(None, "content_key", "turn", unique=True),
        UniqueConstraint(
            "id", "household_id", "source_code", "income_class", "on_date", "fen", name="uq_household_income_entry_mirrored"
        ),
        ForeignKeyConstraint(
            ["source_code", "income_class"], ["income_source.code", "income_source.income_class"]
        ),
        ForeignKeyConstraint(
            ["reverses_id", "household_id", "source_code", "income_class", "on_date", "fen"],
            [
                "household_income_entry.id", "household_income_entry.household_id", "household_income_entry.source_code",
                "household_income_entry.income_class", "household_income_entry.on_date", "household_income_entry.fen",
            ],
            name="fk_household_income_entry_mirrors",
        ),
        CheckConstraint("fen > 0", name="fen"),
        CheckConstraint("reverses_id <> id", name="reverses"),
        CheckConstraint("content_key is null or reverses_id is null", name="content"),
        Index(None, "household_id", "on_date"),
        Index(None, "on_date"),
        Index(None, "person_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # whose, where it is one's own
    on_date: Mapped[date]  # Shanghai day
    income_class: Mapped[str]
    source_code: Mapped[str]
    fen: Mapped[int]
    evidence: Mapped[str] = mapped_column(Encrypted)
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    request_key: Mapped[str]
    reverses_id: Mapped[int | None]
    # fingerprint of household, source, day, amount and evidence: the same paper counts once. `turn` rises when what stood
    # was taken back and is entered again. Rows of before have none.
    content_key: Mapped[str | None]
    turn: Mapped[int] = mapped_column(server_default=text("0"))
