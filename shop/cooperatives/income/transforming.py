"""Goods of closed lots are dried, blended, graded or packed: new closed lots whose parts say whose goods went in.

One mode from end to end: what is owed to whom does not change by work in the store. Bought goods pass through 401, consigned
ones are only told apart by their parts (docs/decisions/29-transformations.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.dialects.postgresql import insert

from shop.cooperatives.income import pools as state
from shop.cooperatives.income.carrying import Carried, Given, TooLittle, carry
from shop.cooperatives.income.taking import Pool, take_out
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.produce import stock
from shop.cooperatives.produce.models import IntakeReceipt, Lot, LotPart, Produce, StockMove
from shop.cooperatives.produce.transformation_models import (
    Transformation,
    TransformationInput,
    TransformationOutput,
    TransformationShare,
)
from shop.cooperatives.produce.work_terms import Made, Work, check_goods, check_shape
from shop.core import activity, clock, faults, trace_codes
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_

_SHORT = N_("产出太少，分不到每一户；请改用按克计量的产品，或多做一些一起登记")


def transform(work: Work) -> int:
    """Make the new lots and book them; returns the transformation's id. A repeated `request_key` returns the first one.

    Raises Refused for goods that are not there, held by orders, expired, of different modes, or for an output that cannot be;
    NotFound for another cooperative's lot or produce.
    """
    first = earlier(work.request_key, work.cooperative_id)
    if first is not None:
        return first
    today = clock.today()
    check_shape(work, today)
    work_id = write(work.cooperative_id, work.kind, work.note, work.by, work.request_key)
    if work_id is None:
        return _winner(work)
    pools = _locked(work, today)
    given = {lot_id: give(pools[lot_id], quantity) for lot_id, quantity in sorted(work.inputs)}
    faults.point("transforming:taken")
    try:
        pieces = [piece for lot_id in sorted(given) for piece in given[lot_id]]
        carried = carry(pieces, [(made.quantity, made.grade_factor) for made in work.outputs])
    except TooLittle as refusal:
        raise Refused(_SHORT, field="output-0") from refusal
    state.store_transformed(piece.part for piece in pieces)
    mode = next(iter(pools.values())).mode
    lots = [_new_lot(work, work_id, made, mode, today) for made in work.outputs]
    _write_parts(work.cooperative_id, lots, carried)
    stock.transform([(work_id, lot_id, work.cooperative_id, quantity) for lot_id, quantity in work.inputs])
    write_inputs(work_id, work.cooperative_id, given)
    _write_outputs(work_id, work, lots, carried)
    write_shares(work_id, work.cooperative_id, pieces)
    faults.point("transforming:written")
    if mode == "buyout":
        value = sum(piece.value_fen for piece in pieces)
        day = open_days([(work.cooperative_id, today)])[work.cooperative_id, today]
        post(through_work(work_id, work.cooperative_id, value, day, work.by))
    activity.record(
        "lots.transformed", "transformation", work_id, cooperative_id=work.cooperative_id, actor_id=work.by,
        after={"kind": work.kind, "inputs": dict(work.inputs), "outputs": lots},
    )  # fmt: skip
    return work_id


def earlier(request_key: str | None, cooperative_id: int) -> int | None:
    """The transformation that this request already made. Raises Conflict where it was another cooperative's."""
    if request_key is None:
        return None
    found = session().execute(
        select(Transformation.id, Transformation.cooperative_id).where(Transformation.request_key == request_key)
    ).one_or_none()  # fmt: skip
    if found is None:
        return None
    if found.cooperative_id != cooperative_id:
        raise Conflict("这个表单已经用过，请重新打开加工页面")
    return int(found.id)


def write(
    cooperative_id: int,
    kind: str,
    note: str,
    by: int | None,
    request_key: str | None,
    reverses_id: int | None = None,
) -> int | None:
    """The head row; None where a rival with the same request key, or another undoing, was first."""
    values = {
        "cooperative_id": cooperative_id, "kind": kind, "note": note, "at": clock.now(), "by": by,
        "request_key": request_key, "reverses_id": reverses_id,
    }  # fmt: skip
    statement = insert(Transformation).values(values).on_conflict_do_nothing()
    return session().scalar(statement.returning(Transformation.id))


def _winner(work: Work) -> int:
    first = earlier(work.request_key, work.cooperative_id)
    if first is None:
        raise Conflict("这次加工正在登记，请稍后再看")
    return first


def _locked(work: Work, today: date) -> dict[int, Pool]:
    """Lock the lots in id order, then look whether they can give what is asked."""
    wanted = dict(work.inputs)
    rows = stock.lock_lots(wanted)
    lots = {row.id: row for row in _goods(wanted, work.cooperative_id, today)}
    if set(lots) != set(wanted):
        raise NotFound("没有找到这个批次")
    check_goods(work, lots, _kinds(work))
    return state.load(rows)


def _goods(lot_ids: Mapping[int, int], cooperative_id: int, today: date) -> Sequence[Row[*tuple[Any, ...]]]:
    return session().execute(
        select(
            Lot.id, Lot.code, Lot.mode, Lot.closed_at, Lot.best_before, stock.available().label("available"),
            stock.sellable(today).label("sellable"), Produce.unit_kind, Produce.count_word,
        )
        .join(Produce, Produce.id == Lot.produce_id)
        .where(Lot.id.in_(list(lot_ids)), Lot.cooperative_id == cooperative_id)
    ).all()  # fmt: skip


def _kinds(work: Work) -> dict[int, str]:
    """Produce id → how it is counted. Raises NotFound for another cooperative's."""
    wanted = {made.produce_id for made in work.outputs}
    rows = session().execute(
        select(Produce.id, Produce.unit_kind).where(
            Produce.id.in_(wanted), Produce.cooperative_id == work.cooperative_id
        )
    )
    found = {produce_id: str(kind) for produce_id, kind in rows}
    if set(found) != wanted:
        raise NotFound("没有找到这种产品")
    return found


def give(pool: Pool, quantity: int) -> list[Given]:
    """Take goods out of a locked lot: what each of its parts gives, and how that counts."""
    factors = _factors(pool.id)
    return [
        Given(piece.part, piece.quantity, piece.cost_fen, factors[piece.part.id])
        for piece in take_out(pool, quantity)
    ]


def _factors(lot_id: int) -> dict[int, int]:
    """Part id → grade factor: of its receipt, or of the lot where that was made of others."""
    made = (
        select(TransformationOutput.grade_factor)
        .join(Transformation, Transformation.id == TransformationOutput.transformation_id)
        .where(TransformationOutput.lot_id == LotPart.lot_id, Transformation.reverses_id.is_(None))
        .correlate(LotPart)
        .scalar_subquery()
    )
    rows = session().execute(
        select(LotPart.id, func.coalesce(IntakeReceipt.grade_factor, made, 100))
        .outerjoin(IntakeReceipt, IntakeReceipt.id == LotPart.receipt_id)
        .where(LotPart.lot_id == lot_id)
    )
    return {part_id: int(factor) for part_id, factor in rows}


def _new_lot(work: Work, work_id: int, made: Made, mode: str, today: date) -> int:
    """A closed lot that came out of the work, with the move that says so."""
    new_id = int(session().scalar(text("select nextval('lot_id_seq')")) or 0)
    now = clock.now()
    lot = {
        "id": new_id, "cooperative_id": work.cooperative_id, "produce_id": made.produce_id, "mode": mode,
        "code": f"L{today:%y%m}-{new_id:05d}", "trace_code": trace_codes.new(), "opened_at": now, "closed_at": now,
        "best_before": made.best_before, "received": made.quantity,
    }  # fmt: skip
    session().execute(insert(Lot).values(lot))
    move = {
        "cooperative_id": work.cooperative_id, "lot_id": new_id, "kind": "received", "quantity": made.quantity,
        "source_type": "transformation", "source_id": work_id,
    }  # fmt: skip
    insert_rows(StockMove, [move])
    return new_id


def _write_parts(cooperative_id: int, lots: Sequence[int], carried: Sequence[Sequence[Carried]]) -> None:
    insert_rows(
        LotPart,
        [
            {
                "cooperative_id": cooperative_id, "lot_id": lot_id, "seq": seq, "parent_part_id": piece.parent.id,
                "household_id": piece.parent.household_id, "member_id": piece.parent.member_id,
                "supplier_id": piece.parent.supplier_id, "quantity": piece.quantity, "value_fen": piece.value_fen,
                "commission_rate": piece.parent.commission_rate,
            }
            for lot_id, pieces in zip(lots, carried, strict=True)
            for seq, piece in enumerate(pieces, start=1)
        ],
    )  # fmt: skip


def write_inputs(work_id: int, cooperative_id: int, given_by: Mapping[int, Sequence[Given]]) -> None:
    """Lot id → what its parts gave, as rows."""
    rows = [
        {
            "cooperative_id": cooperative_id, "transformation_id": work_id, "lot_id": lot_id,
            "quantity": sum(piece.quantity for piece in pieces), "graded": sum(piece.weight for piece in pieces),
            "value_fen": sum(piece.value_fen for piece in pieces),
        }
        for lot_id, pieces in given_by.items()
    ]  # fmt: skip
    insert_rows(TransformationInput, rows)


def _write_outputs(
    work_id: int, work: Work, lots: Sequence[int], carried: Sequence[Sequence[Carried]]
) -> None:
    rows = [
        {
            "cooperative_id": work.cooperative_id, "transformation_id": work_id, "lot_id": lot_id,
            "quantity": made.quantity, "grade_factor": made.grade_factor,
            "value_fen": sum(piece.value_fen for piece in pieces),
        }
        for lot_id, made, pieces in zip(lots, work.outputs, carried, strict=True)
    ]  # fmt: skip
    insert_rows(TransformationOutput, rows)


def write_shares(work_id: int, cooperative_id: int, pieces: Sequence[Given]) -> None:
    """What every part gave, as rows: undoing gives each exactly this back."""
    rows = [
        {
            "cooperative_id": cooperative_id, "transformation_id": work_id, "part_id": piece.part.id,
            "quantity": piece.quantity, "value_fen": piece.value_fen,
        }
        for piece in pieces
    ]  # fmt: skip
    insert_rows(TransformationShare, rows)


def through_work(work_id: int, cooperative_id: int, fen: int, day: date, by: int | None) -> list[Posting]:
    """Bought goods pass through production cost: Dr 401 Cr 121 going in, Dr 121 Cr 401 coming out."""
    stages = (
        ("in", "加工投入", Account.PRODUCTION_COST, Account.INVENTORY),
        ("out", "加工产出", Account.INVENTORY, Account.PRODUCTION_COST),
    )
    return [
        Posting(
            cooperative_id, "processing", f"transformation:{work_id}:{name}", day, "transformation", work_id,
            (Entry(debit, fen), Entry(credit, -fen)), memo=memo, posted_by=by,
        )
        for name, memo, debit, credit in stages
    ]  # fmt: skip
