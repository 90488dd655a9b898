"""Work in the store is undone: its lots are emptied, and every part gets back exactly what it gave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select

from shop.cooperatives.income import pools as state
from shop.cooperatives.income.booking import sale_entries
from shop.cooperatives.income.taking import Part, Pool, Slice, put_back
from shop.cooperatives.income.transforming import (
    earlier,
    give,
    through_work,
    write,
    write_inputs,
    write_shares,
)
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.posting import Posting, post
from shop.cooperatives.produce import stock
from shop.cooperatives.produce.models import Lot
from shop.cooperatives.produce.transformation_models import (
    Transformation,
    TransformationInput,
    TransformationOutput,
    TransformationShare,
)
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused, beside
from shop.core.text import clean_line


def undo(
    work_id: int, cooperative_id: int, reason: str, by: int | None = None, request_key: str | None = None
) -> int:
    """Undo a transformation whole; returns the id of the one that does. A repeated `request_key` returns the first one.

    Raises NotFound for another cooperative's; Refused without a reason, for one that undoes another, a second time, or when
    anything that came out of it is ordered, sold, lost or worked on.
    """
    first = earlier(request_key, cooperative_id)
    if first is not None:
        return first
    done = _done(work_id, cooperative_id)
    with beside("reason"):
        reason = clean_line(reason, label="撤回原因", max_length=200)
    new_id = write(cooperative_id, done.kind, reason, by, request_key, reverses_id=work_id)
    if new_id is None:
        first = earlier(request_key, cooperative_id)
        if first is None:
            raise Refused("这次加工已经撤回过")
        return first
    made, used = _lots_of(TransformationOutput, work_id), _lots_of(TransformationInput, work_id)
    pools = state.load(stock.lock_lots([*made, *used]))
    _check_whole(made)
    given = {lot_id: give(pools[lot_id], quantity) for lot_id, quantity in sorted(made.items())}
    back = _give_back(work_id, [pools[lot_id] for lot_id in used])
    pieces = [piece for lot_id in sorted(given) for piece in given[lot_id]]
    slices = [piece for _pool, taken, _off in back for piece in taken]
    state.store_transformed([*(piece.part for piece in pieces), *(piece.part for piece in slices)])
    stock.transform([(new_id, lot_id, cooperative_id, quantity) for lot_id, quantity in made.items()])
    stock.transform(
        [(new_id, lot_id, cooperative_id, quantity) for lot_id, quantity in used.items()], undone=True
    )
    write_inputs(new_id, cooperative_id, given)
    write_shares(new_id, cooperative_id, pieces)
    _write_outputs(new_id, cooperative_id, back)
    _book(new_id, cooperative_id, sum(piece.value_fen for piece in pieces), back, by)
    activity.record(
        "transformation.undone", "transformation", work_id, cooperative_id=cooperative_id, actor_id=by,
        after={"by": new_id, "reason": reason},
    )  # fmt: skip
    return new_id


# A lot that gets goods back: what goes back into its parts, and by how much their value then differs from what had left.
Back = tuple[Pool, list[Slice], list[Slice]]


def _done(work_id: int, cooperative_id: int) -> Row[*tuple[Any, ...]]:
    row = session().execute(
        select(Transformation.kind, Transformation.reverses_id).where(
            Transformation.id == work_id, Transformation.cooperative_id == cooperative_id
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("没有找到这次加工")
    if row.reverses_id is not None:
        raise Refused("这一条本身就是撤回，不能再撤回；需要时请重新登记加工")
    return row


def _lots_of(model: type[TransformationInput] | type[TransformationOutput], work_id: int) -> dict[int, int]:
    rows = session().execute(
        select(model.lot_id, model.quantity).where(model.transformation_id == work_id).order_by(model.lot_id)
    )
    return {lot_id: int(quantity) for lot_id, quantity in rows}


def _check_whole(made: Mapping[int, int]) -> None:
    rows = session().execute(
        select(Lot.id, Lot.code, stock.available().label("available")).where(Lot.id.in_(list(made)))
    )
    for row in rows:
        if row.available != made[row.id]:
            raise Refused("批次 %(code)s 已经有人订、卖过、报损或再加工过，不能撤回这次加工", code=row.code)


def _give_back(work_id: int, used: Sequence[Pool]) -> list[Back]:
    shares: dict[int, list[tuple[Part, int, int]]] = defaultdict(list)
    parts = {part.id: (pool.id, part) for pool in used for part in pool.parts}
    rows = session().execute(
        select(TransformationShare.part_id, TransformationShare.quantity, TransformationShare.value_fen)
        .where(TransformationShare.transformation_id == work_id)
        .order_by(TransformationShare.part_id)
    )
    for part_id, quantity, value in rows:
        lot_id, part = parts[part_id]
        shares[lot_id].append((part, int(quantity), int(value)))
    return [_into(pool, shares[pool.id]) for pool in used]


def _into(pool: Pool, shares: Sequence[tuple[Part, int, int]]) -> Back:
    slices = put_back([(part, quantity) for part, quantity, _value in shares])
    off = [
        Slice(piece.part, 0, 0, value - piece.cost_fen, 0)
        for piece, (_part, _quantity, value) in zip(slices, shares, strict=True)
        if value != piece.cost_fen
    ]
    return pool, slices, off


def _write_outputs(work_id: int, cooperative_id: int, back: Sequence[Back]) -> None:
    rows = [
        {
            "cooperative_id": cooperative_id, "transformation_id": work_id, "lot_id": pool.id,
            "quantity": sum(piece.quantity for piece in slices), "grade_factor": 100,
            "value_fen": sum(piece.cost_fen for piece in slices),
        }
        for pool, slices, _off in back
    ]  # fmt: skip
    insert_rows(TransformationOutput, rows)


def _book(work_id: int, cooperative_id: int, fen: int, back: Sequence[Back], by: int | None) -> None:
    """Bought goods go back through 401. Where goods of a part were sold meanwhile, its running cost rounds otherwise than
    without the work between: that fen is cost of what was sold, or, of consigned goods, owed for it (docs/decisions/29)."""
    today = clock.today()
    day = open_days([(cooperative_id, today)])[cooperative_id, today]
    postings = []
    if any(pool.mode == "buyout" for pool, _slices, _off in back):
        postings += through_work(work_id, cooperative_id, fen, day, by)
    entries = sale_entries([(pool, off) for pool, _slices, off in back if off], "provider")
    postings.append(
        Posting(
            cooperative_id, "reversal", f"transformation:{work_id}:cost", day, "transformation", work_id, entries,
            memo="撤回加工后的成本尾差", posted_by=by,
        )
    )  # fmt: skip
    post(postings)
