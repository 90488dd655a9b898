"""Goods lost in the store, and found again: shared over the parts of the lot, booked, moved; once by their key.

The cooperative bears what happens to its own goods. Goods at an agreed price belong to the deliverers until they are sold: where
the cooperative answers for them it owes the agreed value as if they had been sold, else the deliverers lose it. Goods on
commission have no price until they are sold: nothing is booked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select

from shop.cooperatives.income import pools as state
from shop.cooperatives.income.losing import loss_entries
from shop.cooperatives.income.mirroring import mirrored
from shop.cooperatives.income.taking import Pool, Slice, give_back, lose
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.posting import Posting, post, reversing
from shop.cooperatives.produce import lost as store
from shop.cooperatives.produce import stock
from shop.cooperatives.produce.loss_models import StockLoss, StockLossPart
from shop.cooperatives.produce.models import Lot
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_

REASONS = {
    "shrinkage": N_("自然损耗"),
    "damage": N_("损坏"),
    "spoiled": N_("变质"),
    "expired": N_("过期"),
    "sample": N_("样品、检测"),
}
BEARERS = {"cooperative": N_("合作社承担"), "producers": N_("交货户承担")}


@dataclass(frozen=True, slots=True)
class Lost:
    """Grams or pieces of a lot written off. `key` names the cause; a repeat of it changes nothing."""

    cooperative_id: int
    lot_id: int
    quantity: int
    reason: str
    key: str
    borne_by: str = "cooperative"
    note: str = ""
    by: int | None = None


class HeldByOrders(Refused):
    """Less is free than is to be written off: orders hold the rest."""

    def __init__(self, free: int, held: int) -> None:
        super().__init__(N_("订单占着的货不能报损，请先换批次或退款"), field="quantity")
        self.free, self.held = free, held


def write_off(lost: Lost, on: date | None = None) -> int:
    """Write off and book; returns the loss's id, that of the first one for a repeated key.

    Raises NotFound for another cooperative's lot; Refused for an open lot, bad terms or more than lies there; HeldByOrders.
    """
    _check(lost)
    lot, pool = _locked(lost.lot_id, lost.cooperative_id)
    first = by_key(lost.key, lost.cooperative_id)
    if first is not None:
        return first
    on_hand, free = room(lot.id)
    if lost.quantity > on_hand:
        raise Refused("库里没有这么多货，请先看清在库数量", field="quantity")
    if lost.quantity > free:
        raise HeldByOrders(free, on_hand - free)
    borne_by = bearer(pool.mode, lost.borne_by)
    slices = lose(pool, lost.quantity)
    return _write(lost, pool, slices, borne_by, on or clock.today(), None)


def find_again(cooperative_id: int, lot_id: int, quantity: int, key: str, by: int | None = None) -> list[int]:
    """Goods that were written off in the store are there after all: the latest losses are taken back first.

    Returns the ids of the rows. Raises NotFound; Refused for more than was written off in the store.
    """
    _, pool = _locked(lot_id, cooperative_id)
    parts = {part.id: part for part in pool.parts}
    done: list[int] = []
    for place, loss in enumerate(open_losses([lot_id])):
        if not quantity:
            break
        part_rows = parts_of(loss.id)
        more = min(quantity, int(loss.left))
        pieces = mirrored([row.quantity for row in part_rows], [int(row.back) for row in part_rows], more)
        slices = give_back(
            [(parts[row.lot_part_id], piece) for row, piece in zip(part_rows, pieces, strict=True) if piece]
        )
        again = Lost(cooperative_id, lot_id, more, loss.reason, f"{key}:{place}", loss.borne_by, "", by)
        done.append(_write(again, pool, slices, loss.borne_by, clock.today(), loss.id))
        quantity -= more
    if quantity:
        raise Refused("多出来的货超过了以前报损的数量：多半是漏记了收货，请先补登记收货", field="quantity")
    return done


def value_of(pool: Pool, quantity: int) -> int:
    """What the next `quantity` lost is worth in the books; 0 on commission. Changes the pool: do not store it."""
    return _worth(pool, lose(pool, quantity))


def bearer(mode: str, wanted: str) -> str:
    """Who bears a loss of a lot in this mode: its own goods the cooperative, goods on commission their deliverers."""
    return {"buyout": "cooperative", "consign_commission": "producers"}.get(mode, wanted)


def by_key(key: str, cooperative_id: int) -> int | None:
    return session().scalar(
        select(StockLoss.id).where(StockLoss.key == key, StockLoss.cooperative_id == cooperative_id)
    )


def room(lot_id: int) -> tuple[int, int]:
    """What lies in the store, and what of it no order holds; read under the lot's lock."""
    row = session().execute(select(stock.on_hand(), stock.available()).where(Lot.id == lot_id)).one()
    return int(row[0]), int(row[1])


def open_losses(lot_ids: Sequence[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Losses of these lots that are not wholly found again, the latest first: id, lot_id, reason, borne_by, left."""
    again = StockLoss.__table__.alias("again")
    found = (
        select(func.coalesce(func.sum(again.c.quantity), 0))
        .where(again.c.reverses_id == StockLoss.id)
        .correlate(StockLoss)
        .scalar_subquery()
    )
    left = StockLoss.quantity - found
    return session().execute(
        select(StockLoss.id, StockLoss.lot_id, StockLoss.reason, StockLoss.borne_by, left.label("left"))
        .where(StockLoss.lot_id.in_(list(lot_ids)), StockLoss.reverses_id.is_(None), left > 0)
        .order_by(StockLoss.id.desc())
    ).all()  # fmt: skip


def _check(lost: Lost) -> None:
    if lost.reason not in REASONS:
        raise Refused("请选择报损的原因", field="reason")
    if lost.borne_by not in BEARERS:
        raise Refused("请选择损失由谁承担", field="borne_by")
    if lost.quantity <= 0:
        raise Refused("数量要大于 0", field="quantity")


def _locked(lot_id: int, cooperative_id: int) -> tuple[Row[*tuple[Any, ...]], Pool]:
    lots = stock.lock_lots([lot_id])
    if not lots or lots[0].cooperative_id != cooperative_id:
        raise NotFound("没有找到这个批次")
    if lots[0].closed_at is None:
        raise Refused("这个批次还没有封批：货不对就冲销交货单", field="quantity")
    return lots[0], state.load(lots)[lot_id]


def parts_of(loss_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The parts of a loss in stored order: lot_part_id, quantity, and what of it was found again."""
    again, of = StockLoss.__table__.alias("again"), StockLossPart.__table__.alias("of")
    back = (
        select(func.coalesce(func.sum(of.c.quantity), 0))
        .join_from(of, again, again.c.id == of.c.loss_id)
        .where(again.c.reverses_id == StockLossPart.loss_id, of.c.lot_part_id == StockLossPart.lot_part_id)
        .correlate(StockLossPart)
        .scalar_subquery()
    )
    return session().execute(
        select(StockLossPart.lot_part_id, StockLossPart.quantity, back.label("back"))
        .where(StockLossPart.loss_id == loss_id)
        .order_by(StockLossPart.id)
    ).all()  # fmt: skip


def _write(
    lost: Lost, pool: Pool, slices: Sequence[Slice], borne_by: str, on: date, reverses_id: int | None
) -> int:
    """The row with its parts, the counters, the move and the posting: on the first open day from `on` on."""
    on_date = open_days([(lost.cooperative_id, on)])[lost.cooperative_id, on]
    row = {
        "cooperative_id": lost.cooperative_id, "lot_id": lost.lot_id, "quantity": lost.quantity,
        "value_fen": _worth(pool, slices), "reason": lost.reason, "borne_by": borne_by, "note": lost.note,
        "reverses_id": reverses_id, "on_date": on_date, "by": lost.by, "at": clock.now(), "key": lost.key,
    }  # fmt: skip
    loss_id = int(insert_rows(StockLoss, [row], "id")[0])
    insert_rows(
        StockLossPart,
        [
            {
                "cooperative_id": lost.cooperative_id, "loss_id": loss_id, "lot_part_id": piece.part.id,
                "quantity": piece.quantity, "fen": piece.cost_fen,
            }
            for piece in slices
        ],
    )  # fmt: skip
    faults.point("stock_losses:rows")
    state.store_returned(piece.part for piece in sorted(slices, key=_by_part))
    store.note(loss_id, lost.lot_id, lost.cooperative_id, lost.quantity, found=reverses_id is not None)
    entries = loss_entries(pool.mode, slices, borne=borne_by == "cooperative")
    kind = "found" if reverses_id else "lost"
    post(
        [
            Posting(
                cooperative_id=lost.cooperative_id, kind="shrinkage", key=f"stock_loss:{loss_id}", on_date=on_date,
                source_type="stock_loss", source_id=loss_id, memo=_memo(lost.reason, reverses_id), posted_by=lost.by,
                entries=reversing(entries) if reverses_id else entries,
            )
        ]
    )  # fmt: skip
    activity.record(
        f"stock.{kind}", "lot", lost.lot_id, cooperative_id=lost.cooperative_id, actor_id=lost.by,
        after={"loss": loss_id, "quantity": lost.quantity, "reason": lost.reason, "value_fen": row["value_fen"]},
    )  # fmt: skip
    faults.point("stock_losses:done")
    return loss_id


def _memo(reason: str, reverses_id: int | None) -> str:
    return f"盘盈转回：{REASONS[reason]}" if reverses_id else f"库存报损：{REASONS[reason]}"


def _by_part(piece: Slice) -> int:
    return piece.part.id


def _worth(pool: Pool, slices: Sequence[Slice]) -> int:
    return 0 if pool.mode == "consign_commission" else sum(piece.cost_fen for piece in slices)
