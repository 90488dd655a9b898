"""Reads over work in the store: what went in, what came out, whose it was; and how lots come of one another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, literal, select, union
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import aliased

from shop.cooperatives.people.models import Household, Member
from shop.cooperatives.produce.models import Lot, LotPart, Produce, Supplier
from shop.cooperatives.produce.stock import available, sellable
from shop.cooperatives.produce.transformation_models import (
    Transformation,
    TransformationInput,
    TransformationOutput,
    TransformationShare,
)
from shop.core.db import session
from shop.core.errors import NotFound

AnyRow = Row[*tuple[Any, ...]]
Side = type[TransformationInput] | type[TransformationOutput]


@dataclass
class Owner:
    """One party of a piece of work: what it gave, and what it has of each new lot, as lot id → (quantity, fen)."""

    head_name: str | None
    member_number: int | None
    supplier: str | None
    gave: int = 0
    gave_fen: int = 0
    got: dict[int, tuple[int, int]] = field(default_factory=dict)


def transformation(transformation_id: int, cooperative_id: int) -> AnyRow:
    """One piece of work: id, kind, note, at, reverses_id, undone_by. Raises NotFound, also for another cooperative's."""
    statement = _works(cooperative_id).where(Transformation.id == transformation_id)
    found = session().execute(statement).one_or_none()
    if found is None:
        raise NotFound("没有找到这次加工")
    return found


def recent(cooperative_id: int, *, before_id: int | None = None, limit: int = 30) -> Sequence[AnyRow]:
    """Work, newest first, with the names of what went in and came out. One statement, keyset by id."""
    statement = _works(cooperative_id).add_columns(
        _named(TransformationInput).label("went"), _named(TransformationOutput).label("came")
    )
    if before_id is not None:
        statement = statement.where(Transformation.id < before_id)
    return session().execute(statement.order_by(Transformation.id.desc()).limit(limit)).all()


def usable(cooperative_id: int, today: date, mode: str, limit: int = 200) -> Sequence[AnyRow]:
    """Closed lots of this mode that have goods no order holds, first-expiring first: id, code, produce, available …"""
    return session().execute(
        select(
            Lot.id, Lot.code, Lot.best_before, Produce.name.label("produce"), Produce.unit_kind, Produce.count_word,
            available().label("available"),
        )
        .join(Produce, Produce.id == Lot.produce_id)
        .where(Lot.cooperative_id == cooperative_id, Lot.mode == mode, sellable(today), available() > 0)
        .order_by(Lot.best_before, Lot.id)
        .limit(limit)
    ).all()  # fmt: skip


def lots_of(side: Side, transformation_id: int) -> Sequence[AnyRow]:
    """The lots of one side: lot_id, code, mode, produce, unit_kind, count_word, quantity, value_fen, factor (none going in)."""
    factor = side.grade_factor if side is TransformationOutput else literal(None)
    return session().execute(
        select(
            side.lot_id, Lot.code, Lot.mode, Lot.best_before, Produce.name.label("produce"), Produce.unit_kind,
            Produce.count_word, side.quantity, side.value_fen, factor.label("factor"),
        )
        .join(Lot, Lot.id == side.lot_id)
        .join(Produce, Produce.id == Lot.produce_id)
        .where(side.transformation_id == transformation_id)
        .order_by(side.id)
    ).all()  # fmt: skip


def owners(transformation_id: int, lot_ids: Sequence[int]) -> list[Owner]:
    """Whose goods went in and what of the new lots is theirs, in the order of the parts. Two statements."""
    found: dict[tuple[int | None, int | None], Owner] = {}
    gave = _parties(TransformationShare.quantity, TransformationShare.value_fen).join(
        TransformationShare, TransformationShare.part_id == LotPart.id
    )
    for row in session().execute(gave.where(TransformationShare.transformation_id == transformation_id)):
        one = found.setdefault(
            (row.household_id, row.supplier_id), Owner(row.head_name, row.number, row.supplier)
        )
        one.gave += row.quantity
        one.gave_fen += row.value_fen
    got = _parties(LotPart.quantity, LotPart.value_fen).where(LotPart.lot_id.in_(lot_ids))
    for row in session().execute(got):
        owner = found.get((row.household_id, row.supplier_id))
        if owner is not None:
            quantity, fen = owner.got.get(row.lot_id, (0, 0))
            owner.got[row.lot_id] = (quantity + row.quantity, fen + row.value_fen)
    return list(found.values())


def around(lot_id: int, cooperative_id: int) -> Sequence[AnyRow]:
    """The work that a lot came out of or went into, oldest first: as `recent`, with `side` and `quantity`. One statement."""
    statements = [
        _works(cooperative_id)
        .add_columns(literal(name).label("side"), side.quantity)
        .join(side, side.transformation_id == Transformation.id)
        .where(side.lot_id == lot_id)
        for name, side in (("out", TransformationOutput), ("in", TransformationInput))
    ]
    both = statements[0].union_all(statements[1]).subquery()
    return session().execute(select(both).order_by(both.c.id)).all()


def steps_behind(lot_id: int) -> Sequence[AnyRow]:
    """The work that led to a lot, oldest first: kind, at, went, came (names of produce). One statement."""
    line = line_of([lot_id]).subquery()
    made = (
        select(TransformationOutput.transformation_id)
        .join(line, line.c.lot_id == TransformationOutput.lot_id)
        .where(TransformationOutput.transformation_id == Transformation.id)
    )
    return session().execute(
        select(
            Transformation.kind, Transformation.at, _named(TransformationInput).label("went"),
            _named(TransformationOutput).label("came"),
        )
        .where(Transformation.reverses_id.is_(None), made.exists())
        .order_by(Transformation.id)
    ).all()  # fmt: skip


def line_of(lot_ids: Iterable[int] | Select[int]) -> Select[int, int]:
    """(of, lot_id): for each of these lots itself and every lot it was made of, however far back."""
    parent = aliased(LotPart)
    start = select(Lot.id.label("of"), Lot.id.label("lot_id")).where(
        Lot.id.in_(lot_ids if isinstance(lot_ids, Select) else list(lot_ids))
    )
    line = start.cte("line", recursive=True)
    line = line.union(
        select(line.c.of, parent.lot_id)
        .join(LotPart, LotPart.lot_id == line.c.lot_id)
        .join(parent, parent.id == LotPart.parent_part_id)
    )
    return select(line.c.of, line.c.lot_id)


def made_of(lot_ids: Iterable[int]) -> dict[int, list[str]]:
    """Lot id → codes of the lots that it was made of, if any. One statement."""
    line = line_of(lot_ids).subquery()
    rows = session().execute(
        select(line.c.of, Lot.code)
        .join(Lot, Lot.id == line.c.lot_id)
        .where(line.c.of != line.c.lot_id)
        .order_by(line.c.of, Lot.id)
    )
    found: dict[int, list[str]] = {}
    for lot_id, code in rows:
        found.setdefault(lot_id, []).append(code)
    return found


def become_of(lot_id: int) -> list[int]:
    """The lot and every lot that has anything of it, however far on, smallest id first: what a recall must reach."""
    child = aliased(LotPart)
    line = select(Lot.id.label("lot_id")).where(Lot.id == lot_id).cte("line", recursive=True)
    line = line.union(
        select(child.lot_id)
        .join(LotPart, LotPart.id == child.parent_part_id)
        .join(line, line.c.lot_id == LotPart.lot_id)
    )
    return list(session().scalars(select(line.c.lot_id).order_by(line.c.lot_id)))


def around_lot(lot_id: int, cooperative_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Work that the lot went into or came out of and that stands: id, at, `went` and `came` as lists of
    [trace code, quantity, unit kind]. One statement."""
    undoing = aliased(Transformation)
    touched = union(
        select(TransformationInput.transformation_id).where(TransformationInput.lot_id == lot_id),
        select(TransformationOutput.transformation_id).where(TransformationOutput.lot_id == lot_id),
    )
    return session().execute(
        select(
            Transformation.id, Transformation.at, _goods(TransformationInput).label("went"),
            _goods(TransformationOutput).label("came"),
        )
        .where(
            Transformation.id.in_(touched), Transformation.cooperative_id == cooperative_id,
            Transformation.reverses_id.is_(None),
            ~select(undoing.id).where(undoing.reverses_id == Transformation.id).exists(),
        )
        .order_by(Transformation.id)
    ).all()  # fmt: skip


def _goods(side: Side) -> Any:
    """Goods of one side, lot by lot."""
    one = func.jsonb_build_array(Lot.trace_code, side.quantity, Produce.unit_kind)
    return (
        select(func.jsonb_agg(aggregate_order_by(one, Lot.id), type_=JSONB))
        .select_from(side)
        .join(Lot, Lot.id == side.lot_id)
        .join(Produce, Produce.id == Lot.produce_id)
        .where(side.transformation_id == Transformation.id)
        .correlate(Transformation)
        .scalar_subquery()
    )


def _works(cooperative_id: int) -> Select[*tuple[Any, ...]]:
    undoing = aliased(Transformation)
    return (
        select(
            Transformation.id, Transformation.kind, Transformation.note, Transformation.at, Transformation.reverses_id,
            undoing.id.label("undone_by"),
        )
        .outerjoin(undoing, undoing.reverses_id == Transformation.id)
        .where(Transformation.cooperative_id == cooperative_id)
    )  # fmt: skip


def _named(side: Side) -> Any:
    """The produce of one side, each name once."""
    return (
        select(func.string_agg(Produce.name.distinct(), "、"))
        .join(Lot, Lot.produce_id == Produce.id)
        .join(side, side.lot_id == Lot.id)
        .where(side.transformation_id == Transformation.id)
        .correlate(Transformation)
        .scalar_subquery()
    )


def _parties(*columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            LotPart.lot_id, LotPart.household_id, LotPart.supplier_id, Household.head_name, Member.number,
            Supplier.name.label("supplier"), *columns,
        )
        .outerjoin(Household, Household.id == LotPart.household_id)
        .outerjoin(Member, Member.id == LotPart.member_id)
        .outerjoin(Supplier, Supplier.id == LotPart.supplier_id)
        .order_by(LotPart.lot_id, LotPart.seq)
    )  # fmt: skip
