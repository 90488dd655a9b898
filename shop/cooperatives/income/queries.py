"""Reads over attribution for the cooperative's own people: figure (a), attributed sales value, never money paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select

from shop.cooperatives.income.models import Attribution
from shop.cooperatives.people.models import Household, Member, Village
from shop.cooperatives.produce.models import Lot, Produce, Supplier
from shop.core.db import session


@dataclass(frozen=True, slots=True)
class PartySales:
    """One party's attributed sales of a period: fen net of reversals, lines sold, the last day; names are decrypted."""

    household_id: int | None
    household_code: str | None
    supplier_id: int | None
    member_number: int | None
    name: str
    village_name: str
    fen: int
    lines: int
    last_on: date


@dataclass(frozen=True, slots=True)
class ProduceSales:
    """What was sold of one party's goods: quantity in grams or pieces with its unit, and its value."""

    produce: str
    unit_kind: str
    count_word: str
    quantity: int
    fen: int


def sales_by_party(cooperative_id: int, first: date, last: date) -> list[PartySales]:
    """Every party with sales in [first, last]: members by number, then other households, then suppliers. One statement."""
    sold = (
        select(
            Attribution.household_id, Attribution.member_id, Attribution.supplier_id, func.sum(Attribution.fen).label("fen"),
            func.count(Attribution.line_id.distinct()).label("lines"), func.max(Attribution.on_date).label("last_on"),
        )
        .where(Attribution.cooperative_id == cooperative_id, Attribution.on_date.between(first, last))
        .group_by(Attribution.household_id, Attribution.member_id, Attribution.supplier_id)
        .subquery()
    )  # fmt: skip
    rows = session().execute(
        select(
            sold.c.household_id, Household.code, sold.c.supplier_id, Member.number, Household.head_name,
            Supplier.name.label("supplier"), Village.name.label("village"), sold.c.fen, sold.c.lines, sold.c.last_on,
        )
        .outerjoin(Household, Household.id == sold.c.household_id)
        .outerjoin(Village, Village.id == Household.village_id)
        .outerjoin(Member, Member.id == sold.c.member_id)
        .outerjoin(Supplier, Supplier.id == sold.c.supplier_id)
        .order_by(Member.number.nulls_last(), Household.code.nulls_last(), Supplier.id)
    )  # fmt: skip
    return [
        PartySales(
            row.household_id, row.code, row.supplier_id, row.number, row.head_name or row.supplier, row.village or "",
            int(row.fen), row.lines, row.last_on,
        )
        for row in rows
    ]  # fmt: skip


def sales_of_household(cooperative_id: int, household_id: int, first: date, last: date) -> list[ProduceSales]:
    """One household's goods sold by this cooperative in [first, last], by produce. One statement."""
    rows = session().execute(
        select(
            Produce.name, Produce.unit_kind, Produce.count_word, func.sum(Attribution.quantity), func.sum(Attribution.fen)
        )
        .join(Lot, Lot.id == Attribution.lot_id)
        .join(Produce, Produce.id == Lot.produce_id)
        .where(
            Attribution.cooperative_id == cooperative_id,
            Attribution.household_id == household_id,
            Attribution.on_date.between(first, last),
        )
        .group_by(Produce.id)
        .order_by(Produce.pinyin, Produce.id)
    )  # fmt: skip
    return [
        ProduceSales(name, unit, word, int(quantity), int(fen)) for name, unit, word, quantity, fen in rows
    ]


def rows_of_household(
    cooperative_id: int, household_id: int, before_id: int | None = None, limit: int = 50
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Its attribution rows, newest first: id, on_date, kind, line_id, lot_code, produce, unit, quantity, fen. Keyset by id."""
    statement = (
        select(
            Attribution.id, Attribution.on_date, Attribution.kind, Attribution.line_id, Lot.code.label("lot_code"),
            Produce.name.label("produce"), Produce.unit_kind, Produce.count_word, Attribution.quantity, Attribution.fen,
        )
        .join(Lot, Lot.id == Attribution.lot_id)
        .join(Produce, Produce.id == Lot.produce_id)
        .where(Attribution.cooperative_id == cooperative_id, Attribution.household_id == household_id)
        .order_by(Attribution.id.desc())
        .limit(limit)
    )  # fmt: skip
    if before_id is not None:
        statement = statement.where(Attribution.id < before_id)
    return session().execute(statement).all()


def month_total(cooperative_id: int, first: date, last: date) -> tuple[int, int]:
    """(fen, households) attributed by a cooperative in [first, last]. One statement."""
    row = session().execute(
        select(func.coalesce(func.sum(Attribution.fen), 0), func.count(Attribution.household_id.distinct())).where(
            Attribution.cooperative_id == cooperative_id, Attribution.on_date.between(first, last)
        )
    ).one()  # fmt: skip
    fen, households = row
    return int(fen), int(households)
