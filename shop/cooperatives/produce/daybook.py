"""A cooperative's day at the scales: what came in, per produce; the last receipt; a lot's moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.orm import aliased

from shop.cooperatives.produce.models import IntakeReceipt, Produce, StockMove
from shop.core.db import session

AnyRow = Row[*tuple[Any, ...]]


def totals(cooperative_id: int, on: date) -> Sequence[AnyRow]:
    """Per produce of a day, members apart from everybody else, net of reversals: name, unit_kind, count_word, member, receipts,
    quantity, value_fen; members first. One statement."""
    member = IntakeReceipt.member_id.is_not(None).label("member")
    return session().execute(
        select(
            Produce.name, Produce.unit_kind, Produce.count_word, member,
            func.sum(func.sign(IntakeReceipt.quantity)).label("receipts"),
            func.sum(IntakeReceipt.quantity).label("quantity"), func.sum(IntakeReceipt.value_fen).label("value_fen"),
        )
        .join(Produce, Produce.id == IntakeReceipt.produce_id)
        .where(IntakeReceipt.cooperative_id == cooperative_id, IntakeReceipt.received_on == on)
        .group_by(Produce.id, member)
        .order_by(member.desc(), Produce.pinyin, Produce.id)
    ).all()  # fmt: skip


def latest(cooperative_id: int) -> Sequence[AnyRow]:
    """The last receipt of each produce, the newest first: produce_id, mode, price_fen, grade. One statement."""
    last = (
        select(func.max(IntakeReceipt.id))
        .where(IntakeReceipt.cooperative_id == cooperative_id, IntakeReceipt.reverses_id.is_(None))
        .group_by(IntakeReceipt.produce_id)
    )
    return session().execute(
        select(IntakeReceipt.produce_id, IntakeReceipt.mode, IntakeReceipt.price_fen, IntakeReceipt.grade)
        .where(IntakeReceipt.id.in_(last))
        .order_by(IntakeReceipt.id.desc())
    ).all()  # fmt: skip


def by_request(cooperative_id: int, request_key: str) -> AnyRow | None:
    """The receipt that a form has already made: id, number and its terms."""
    return session().execute(
        select(
            IntakeReceipt.id, IntakeReceipt.number, IntakeReceipt.produce_id, IntakeReceipt.household_id,
            IntakeReceipt.supplier_id, IntakeReceipt.quantity, IntakeReceipt.mode, IntakeReceipt.price_fen,
            IntakeReceipt.received_on, IntakeReceipt.grade,
        ).where(IntakeReceipt.cooperative_id == cooperative_id, IntakeReceipt.request_key == request_key)
    ).one_or_none()  # fmt: skip


def requests(cooperative_id: int, prefix: str) -> dict[str, bool]:
    """Request keys that begin so → whether their receipt stands, or was taken back. One statement."""
    reversing = aliased(IntakeReceipt)
    rows = session().execute(
        select(IntakeReceipt.request_key, reversing.id.label("reversal"))
        .outerjoin(reversing, reversing.reverses_id == IntakeReceipt.id)
        .where(
            IntakeReceipt.cooperative_id == cooperative_id,
            IntakeReceipt.request_key.startswith(prefix, autoescape=True),
        )
    )
    return {str(row.request_key): row.reversal is None for row in rows}


def last_day(lot_id: int, cooperative_id: int) -> date | None:
    """The day of the last unreversed delivery into a lot."""
    return session().scalar(
        select(func.max(IntakeReceipt.received_on)).where(
            IntakeReceipt.lot_id == lot_id,
            IntakeReceipt.cooperative_id == cooperative_id,
            IntakeReceipt.reverses_id.is_(None),
        )
    )


def moves(
    lot_id: int, cooperative_id: int, *, before_id: int | None = None, limit: int = 50
) -> Sequence[AnyRow]:
    """A lot's moves, newest first: id, kind, quantity, at, and the receipt's number where one moved it. Keyset by id."""
    receipt = and_(StockMove.source_type == "intake_receipt", IntakeReceipt.id == StockMove.source_id)
    statement = (
        select(
            StockMove.id, StockMove.kind, StockMove.quantity, StockMove.at, IntakeReceipt.number,
            IntakeReceipt.id.label("receipt_id"), StockMove.source_type, StockMove.source_id,
        )
        .outerjoin(IntakeReceipt, receipt)
        .where(StockMove.lot_id == lot_id, StockMove.cooperative_id == cooperative_id)
        .order_by(StockMove.id.desc())
        .limit(limit)
    )  # fmt: skip
    if before_id is not None:
        statement = statement.where(StockMove.id < before_id)
    return session().execute(statement).all()
