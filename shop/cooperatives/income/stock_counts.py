"""Stock-taking: every closed lot with goods counted against the books; shortages are lost, surpluses are earlier losses found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert

from shop.cooperatives.income import pools as state
from shop.cooperatives.income import stock_losses
from shop.cooperatives.income.mirroring import mirrored
from shop.cooperatives.income.stock_losses import Lost
from shop.cooperatives.income.taking import give_back
from shop.cooperatives.produce import stock
from shop.cooperatives.produce.loss_models import StockCount, StockCountLine, StockLoss
from shop.cooperatives.produce.models import Lot, Produce
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Counted:
    """A lot as it was counted, and what the books said then: grams or pieces."""

    lot_id: int
    book: int
    counted: int

    @property
    def difference(self) -> int:
        return self.counted - self.book


@dataclass(frozen=True, slots=True)
class Terms:
    """How a count is posted: why goods are missing, and who bears what is missing of goods at an agreed price."""

    counted_on: date
    reason: str = "shrinkage"
    borne_by: str = "cooperative"
    note: str = ""


class Moved(Conflict):
    """The books changed since these lots were counted; `lot_ids` says which."""

    def __init__(self, lot_ids: Sequence[int]) -> None:
        super().__init__(N_("盘点以后有货进出，下面标出的批次请再数一遍"))
        self.lot_ids = tuple(lot_ids)


def sheet(cooperative_id: int) -> Sequence[AnyRow]:
    """Every closed lot with goods, or with goods written off in the store that may be found: the nearest day first.

    id, code, mode, best_before, recalled_at, reserved, on_hand, available, findable, produce, unit_kind, count_word. One
    statement.
    """
    again = StockLoss.__table__.alias("again")
    found = select(func.coalesce(func.sum(again.c.quantity), 0)).where(
        again.c.lot_id == Lot.id, again.c.reverses_id.is_not(None)
    )
    lost = select(func.coalesce(func.sum(StockLoss.quantity), 0)).where(
        StockLoss.lot_id == Lot.id, StockLoss.reverses_id.is_(None)
    )
    findable = lost.correlate(Lot).scalar_subquery() - found.correlate(Lot).scalar_subquery()
    return session().execute(
        select(
            Lot.id, Lot.code, Lot.mode, Lot.best_before, Lot.recalled_at, Lot.reserved, stock.on_hand().label("on_hand"),
            stock.available().label("available"), findable.label("findable"), Produce.name.label("produce"),
            Produce.unit_kind, Produce.count_word,
        )
        .join(Produce, Produce.id == Lot.produce_id)
        .where(Lot.cooperative_id == cooperative_id, Lot.closed_at.is_not(None), (stock.on_hand() > 0) | (findable > 0))
        .order_by(Produce.pinyin, Produce.id, Lot.best_before.nulls_last(), Lot.id)
    ).all()  # fmt: skip


def off_sheet(cooperative_id: int, lot_ids: Sequence[int]) -> Sequence[AnyRow]:
    """Of these lots the cooperative's own that have left the sheet since it was printed or shown: id, code, produce, unit_kind,
    count_word. One statement, none for no lots."""
    if not lot_ids:
        return []
    return session().execute(
        select(Lot.id, Lot.code, Produce.name.label("produce"), Produce.unit_kind, Produce.count_word)
        .join(Produce, Produce.id == Lot.produce_id)
        .where(Lot.id.in_(list(lot_ids)), Lot.cooperative_id == cooperative_id)
        .order_by(Produce.pinyin, Lot.id)
    ).all()  # fmt: skip


def value(cooperative_id: int, counted: Sequence[Counted]) -> dict[int, int]:
    """Lot → fen that its difference is worth in the books, negative for a shortage. Nothing is stored.

    Four statements, and one more for each loss that would be found again. A surplus beyond what was
    written off counts as nothing: posting refuses it.
    """
    wanted = [one for one in counted if one.difference]
    lots = session().execute(
        select(Lot.id, Lot.mode).where(
            Lot.id.in_([one.lot_id for one in wanted]), Lot.cooperative_id == cooperative_id
        )
    ).all()  # fmt: skip
    pools = state.load(lots)
    losses: dict[int, list[AnyRow]] = {}
    for loss in stock_losses.open_losses([one.lot_id for one in wanted if one.difference > 0]):
        losses.setdefault(loss.lot_id, []).append(loss)
    worth: dict[int, int] = {}
    for one in wanted:
        pool = pools.get(one.lot_id)
        if pool is None:
            raise NotFound("没有找到这个批次")
        left = sum(part.quantity - part.out for part in pool.parts)
        if one.difference < 0:
            worth[one.lot_id] = -stock_losses.value_of(pool, min(-one.difference, left))
        else:
            worth[one.lot_id] = _found_value(pool, losses.get(one.lot_id, ()), one.difference)
    return worth


def post(
    cooperative_id: int, counted: Sequence[Counted], terms: Terms, request_key: str, by: int | None = None
) -> int:
    """Keep the count and book its differences, all or nothing; returns its id, that of the first one for a repeated key.

    Raises Moved where a lot's book quantity is no longer what it was when counted, HeldByOrders and Refused as
    stock_losses do, with the lot as `field` (lot-<id>); NotFound for another cooperative's lot.
    """
    head = insert(StockCount).values(
        cooperative_id=cooperative_id, counted_on=terms.counted_on, note=terms.note, by=by, at=clock.now(),
        request_key=request_key,
    )  # fmt: skip
    count_id = session().scalar(head.on_conflict_do_nothing().returning(StockCount.id))
    if count_id is None:
        return _first(request_key, cooperative_id)
    _same_book(cooperative_id, counted)
    faults.point("stock_counts:locked")
    values = {one.lot_id: _settle(cooperative_id, one, terms, f"count:{count_id}", by) for one in counted}
    insert_rows(
        StockCountLine,
        [
            {
                "cooperative_id": cooperative_id, "count_id": count_id, "lot_id": one.lot_id, "book": one.book,
                "counted": one.counted, "value_fen": values[one.lot_id],
            }
            for one in counted
        ],
    )  # fmt: skip
    activity.record(
        "stock.counted", "stock_count", count_id, cooperative_id=cooperative_id, actor_id=by,
        after={"lots": len(counted), "value_fen": sum(values.values())},
    )  # fmt: skip
    return int(count_id)


def _first(request_key: str, cooperative_id: int) -> int:
    found = session().scalar(
        select(StockCount.id).where(
            StockCount.request_key == request_key, StockCount.cooperative_id == cooperative_id
        )
    )
    if found is None:
        raise Conflict("这次盘点正在登记，请稍后再看")
    return int(found)


def _same_book(cooperative_id: int, counted: Sequence[Counted]) -> None:
    """Lock the lots in id order and compare what the books say now with what they said at the count."""
    now = _books(cooperative_id, [one.lot_id for one in counted])
    if len(now) < len({one.lot_id for one in counted}) or len(now) < len(counted):
        raise NotFound("没有找到这个批次")
    moved = [one.lot_id for one in counted if now[one.lot_id] != one.book]
    if moved:
        raise Moved(moved)


def _books(cooperative_id: int, lot_ids: Sequence[int]) -> Mapping[int, int]:
    rows = session().execute(
        select(Lot.id, stock.on_hand().label("on_hand"))
        .where(Lot.id.in_(list(lot_ids)), Lot.cooperative_id == cooperative_id, Lot.closed_at.is_not(None))
        .order_by(Lot.id)
        .with_for_update(key_share=True)
    )
    return {row.id: int(row.on_hand) for row in rows}


def _settle(cooperative_id: int, one: Counted, terms: Terms, key: str, by: int | None) -> int:
    """Book one lot's difference; returns what it was worth, negative for a shortage."""
    key = f"{key}:{one.lot_id}"
    try:
        if one.difference < 0:
            lost = Lost(
                cooperative_id, one.lot_id, -one.difference, terms.reason, key, terms.borne_by, terms.note, by
            )
            return -_fen([stock_losses.write_off(lost)])
        if one.difference > 0:
            return _fen(stock_losses.find_again(cooperative_id, one.lot_id, one.difference, key, by))
    except Refused as refusal:
        if refusal.field == "quantity":
            refusal.field = f"lot-{one.lot_id}"
        raise
    return 0


def _fen(loss_ids: Sequence[int]) -> int:
    total = session().scalar(select(func.sum(StockLoss.value_fen)).where(StockLoss.id.in_(list(loss_ids))))
    return int(total or 0)


def _found_value(pool: Any, losses: Sequence[AnyRow], quantity: int) -> int:
    """What the latest losses would give back, as find_again does it."""
    if pool.mode == "consign_commission":
        return 0
    parts = {part.id: part for part in pool.parts}
    fen = 0
    for loss in losses:
        more = min(quantity, int(loss.left))
        if not more:
            break
        rows = stock_losses.parts_of(loss.id)
        pieces = mirrored([row.quantity for row in rows], [int(row.back) for row in rows], more)
        again = [(parts[row.lot_part_id], piece) for row, piece in zip(rows, pieces, strict=True) if piece]
        fen += sum(piece.cost_fen for piece in give_back(again))
        quantity -= more
    return fen


def counts(cooperative_id: int, *, before_id: int | None = None, limit: int = 30) -> Sequence[AnyRow]:
    """Counts, newest first: id, counted_on, at, note, lots, short (lots), over (lots), value_fen. Keyset by id."""
    lines = (
        select(
            func.count().label("lots"),
            func.count().filter(StockCountLine.counted < StockCountLine.book).label("short"),
            func.count().filter(StockCountLine.counted > StockCountLine.book).label("over"),
            func.coalesce(func.sum(StockCountLine.value_fen), 0).label("value_fen"),
        )
        .where(StockCountLine.count_id == StockCount.id)
        .lateral("lines")
    )
    statement = (
        select(
            StockCount.id, StockCount.counted_on, StockCount.at, StockCount.note, lines.c.lots, lines.c.short, lines.c.over,
            lines.c.value_fen,
        )
        .join(lines, lines.c.lots >= 0)
        .where(StockCount.cooperative_id == cooperative_id)
        .order_by(StockCount.id.desc())
        .limit(limit)
    )  # fmt: skip
    if before_id is not None:
        statement = statement.where(StockCount.id < before_id)
    return session().execute(statement).all()


def count(count_id: int, cooperative_id: int) -> tuple[AnyRow, Sequence[AnyRow]]:
    """A count and its lines: code, produce, unit_kind, count_word, mode, book, counted, value_fen. Raises NotFound."""
    head = session().execute(
        select(StockCount.id, StockCount.counted_on, StockCount.at, StockCount.note).where(
            StockCount.id == count_id, StockCount.cooperative_id == cooperative_id
        )
    ).one_or_none()  # fmt: skip
    if head is None:
        raise NotFound("没有找到这次盘点")
    lines = session().execute(
        select(
            Lot.id, Lot.code, Lot.mode, Produce.name.label("produce"), Produce.unit_kind, Produce.count_word,
            StockCountLine.book, StockCountLine.counted, StockCountLine.value_fen,
        )
        .join(Lot, Lot.id == StockCountLine.lot_id)
        .join(Produce, Produce.id == Lot.produce_id)
        .where(StockCountLine.count_id == count_id)
        .order_by(Produce.pinyin, Produce.id, Lot.id)
    ).all()  # fmt: skip
    return head, lines
