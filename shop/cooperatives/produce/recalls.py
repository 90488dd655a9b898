"""Calling a lot back: off sale at once, with why and what its buyers should do; lifted only with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, select, update

from shop.cooperatives.produce.loss_models import LotRecall, LotRecallLift
from shop.cooperatives.produce.models import Lot, Produce
from shop.cooperatives.produce.stock import available, on_hand
from shop.cooperatives.produce.transformations import become_of
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused

AnyRow = Row[*tuple[Any, ...]]


def reached(lot_id: int) -> list[int]:
    """The lots that goods of this one went into, itself first."""
    return [lot_id, *(one for one in become_of(lot_id) if one != lot_id)]


def recall(lot_id: int, cooperative_id: int, reason: str, advice: str, by: int | None = None) -> list[int]:
    """Take the lot, and those made of it, off sale; returns the ids of the recalls, this lot's first.

    The lots stay locked until the caller commits, so that every order over them is either refused or seen by what follows.
    Raises NotFound; Refused for an open lot; Conflict where it is called back already.
    """
    lot_ids: list[int] = []
    lots: dict[int, AnyRow] = {}
    while set(reached(lot_id)) - set(lot_ids):  # work that was under way while we waited has made more of it
        lot_ids = reached(lot_id)
        lots = {row.id: row for row in session().execute(_held(lot_ids, cooperative_id))}
    if lot_id not in lots:
        raise NotFound("没有找到这个批次")
    if lots[lot_id].closed_at is None:
        raise Refused("这个批次还没有封批，还没有卖过：货不对就冲销交货单")
    if lots[lot_id].recalled_at is not None:
        raise Conflict("这个批次已经召回")
    now = clock.now()
    wanted = [one for one in lot_ids if one in lots and lots[one].recalled_at is None]
    seqs = session().execute(
        select(LotRecall.lot_id, func.max(LotRecall.seq))
        .where(LotRecall.lot_id.in_(wanted))
        .group_by(LotRecall.lot_id)
    )
    before = {one: int(seq) for one, seq in seqs}
    rows = [
        {
            "cooperative_id": cooperative_id, "lot_id": one, "seq": before.get(one, 0) + 1, "reason": reason, "advice": advice,
            "by": by, "at": now,
        }
        for one in wanted
    ]  # fmt: skip
    ids = [int(new) for new in insert_rows(LotRecall, rows, "id")]
    _mark(wanted, now)
    for one, recall_id in zip(wanted, ids, strict=True):
        activity.record(
            "lot.recalled", "lot", one, cooperative_id=cooperative_id, actor_id=by,
            after={"recall": recall_id, "reason": reason},
        )  # fmt: skip
    return ids


def _held(lot_ids: Sequence[int], cooperative_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(Lot.id, Lot.cooperative_id, Lot.closed_at, Lot.recalled_at)
        .where(Lot.id.in_(lot_ids), Lot.cooperative_id == cooperative_id)
        .order_by(Lot.id)
        .with_for_update(key_share=True)
    )


def lift(recall_id: int, cooperative_id: int, reason: str, by: int | None = None) -> None:
    """The lot may be sold again; the caller tells its buyers. Raises NotFound; Conflict where it was lifted already."""
    found = session().execute(
        select(LotRecall.lot_id, Lot.recalled_at)
        .join(Lot, Lot.id == LotRecall.lot_id)
        .where(LotRecall.id == recall_id, LotRecall.cooperative_id == cooperative_id)
        .with_for_update(of=Lot, key_share=True)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound("没有找到这次召回")
    if (
        session().scalar(select(LotRecallLift.recall_id).where(LotRecallLift.recall_id == recall_id))
        is not None
    ):
        raise Conflict("这次召回已经解除")
    row = {
        "recall_id": recall_id,
        "cooperative_id": cooperative_id,
        "reason": reason,
        "by": by,
        "at": clock.now(),
        "told": True,
    }
    insert_rows(LotRecallLift, [row])
    _mark([found.lot_id], None)
    activity.record(
        "lot.recall_lifted", "lot", found.lot_id, cooperative_id=cooperative_id, actor_id=by,
        after={"recall": recall_id, "reason": reason},
    )  # fmt: skip


def refuse_recalled(lot_ids: Iterable[int]) -> None:
    """Nothing of a recalled lot leaves the store. Raises Refused on `goods`; call it while the lots are locked."""
    codes = session().scalars(
        select(Lot.code).where(Lot.id.in_(set(lot_ids)), Lot.recalled_at.is_not(None)).order_by(Lot.id)
    )
    if called := list(codes):
        raise Refused(
            "批次 %(codes)s 已召回，不能发货：请先换批次，或给买家退款",
            field="goods",
            codes="、".join(called),
        )


def _mark(lot_ids: Sequence[int], at: Any) -> None:
    session().execute(
        update(Lot)
        .where(Lot.id.in_(lot_ids))
        .values(recalled_at=at)
        .execution_options(synchronize_session=False)
    )


def of_lot(lot_id: int, cooperative_id: int) -> Sequence[AnyRow]:
    """Recalls of a lot, newest first: id, seq, reason, advice, at, lifted_at, lift_reason. One statement."""
    return session().execute(
        select(
            LotRecall.id, LotRecall.seq, LotRecall.reason, LotRecall.advice, LotRecall.at, LotRecallLift.at.label("lifted_at"),
            LotRecallLift.reason.label("lift_reason"),
        )
        .outerjoin(LotRecallLift, LotRecallLift.recall_id == LotRecall.id)
        .where(LotRecall.lot_id == lot_id, LotRecall.cooperative_id == cooperative_id)
        .order_by(LotRecall.id.desc())
    ).all()  # fmt: skip


def one(recall_id: int, cooperative_id: int) -> AnyRow:
    """A recall with its lot: the columns of of_lot, lot_id, code, trace_code, produce, unit_kind, count_word. Raises NotFound."""
    found = session().execute(
        select(
            LotRecall.id, LotRecall.seq, LotRecall.reason, LotRecall.advice, LotRecall.at, LotRecallLift.at.label("lifted_at"),
            LotRecallLift.reason.label("lift_reason"), Lot.id.label("lot_id"), Lot.code, Lot.trace_code,
            Produce.name.label("produce"), Produce.unit_kind, Produce.count_word,
        )
        .join(Lot, Lot.id == LotRecall.lot_id)
        .join(Produce, Produce.id == Lot.produce_id)
        .outerjoin(LotRecallLift, LotRecallLift.recall_id == LotRecall.id)
        .where(LotRecall.id == recall_id, LotRecall.cooperative_id == cooperative_id)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound("没有找到这次召回")
    return found


def standing(lot_id: int) -> AnyRow | None:
    """Why a recalled lot is called back and what to do with it: reason, advice, at; for everybody to read."""
    return session().execute(
        select(LotRecall.reason, LotRecall.advice, LotRecall.at)
        .join(Lot, Lot.id == LotRecall.lot_id)
        .where(LotRecall.lot_id == lot_id, Lot.recalled_at.is_not(None))
        .order_by(LotRecall.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip


def near_their_day(cooperative_id: int, today: date, until: date) -> Sequence[AnyRow]:
    """Closed lots with goods whose best-before day is past or comes until then, the nearest first.

    id, code, produce, unit_kind, count_word, mode, best_before, recalled_at, on_hand, reserved, available, expired.
    """
    return session().execute(
        select(
            Lot.id, Lot.code, Produce.name.label("produce"), Produce.unit_kind, Produce.count_word, Lot.mode, Lot.best_before,
            Lot.recalled_at, on_hand().label("on_hand"), Lot.reserved, available().label("available"),
            (Lot.best_before < today).label("expired"),
        )
        .join(Produce, Produce.id == Lot.produce_id)
        .where(
            Lot.cooperative_id == cooperative_id, Lot.closed_at.is_not(None), Lot.best_before <= until, on_hand() > 0,
        )
        .order_by(Lot.best_before, Lot.id)
    ).all()  # fmt: skip
