"""What goes into a parcel: chosen line by line from what is still held, taken from the lots, written down once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, case, func, select, update

from shop.cooperatives.produce import recalls, stock
from shop.cooperatives.produce.models import Lot
from shop.core.db import insert_rows, session
from shop.core.errors import Refused
from shop.orders.models import LotAllocation, OrderLine
from shop.orders.shipment_models import Shipment, ShipmentLine, Waybill

Held = Row[*tuple[Any, ...]]
Goods = Mapping[int, int]  # order line → grams or pieces
Taken = list[tuple[Held, int]]


def held_of(suborder_id: int) -> list[Held]:
    """What is reserved and not sent, locked, first-expiring first: id, line_id, lot_id, cooperative_id, quantity, sent, left,
    product_name. One statement."""
    return list(
        session().execute(
            select(
                LotAllocation.id, LotAllocation.line_id, LotAllocation.lot_id, LotAllocation.cooperative_id,
                LotAllocation.quantity, LotAllocation.sent, (LotAllocation.quantity - LotAllocation.sent).label("left"),
                OrderLine.product_name,
            )
            .join(OrderLine, OrderLine.id == LotAllocation.line_id)
            .join(Lot, Lot.id == LotAllocation.lot_id)
            .where(OrderLine.suborder_id == suborder_id, LotAllocation.state == "reserved")
            .order_by(OrderLine.seq, Lot.best_before.nulls_last(), Lot.id)
            .with_for_update(of=LotAllocation)
        )
    )  # fmt: skip


def choose(held: Sequence[Held], goods: Goods | None) -> Taken:
    """What of each allocation goes now; no `goods`: everything. Raises Refused on line-<id> for more than is left, for
    nothing at all, and for a line that is not there."""
    if goods is None:
        return [(row, row.left) for row in held]
    names = {row.line_id: row.product_name for row in held}
    wanted = {line_id: quantity for line_id, quantity in goods.items() if quantity}
    taken: Taken = []
    for row in held:
        part = min(row.left, wanted.get(row.line_id, 0))
        if part > 0:
            taken.append((row, part))
            wanted[row.line_id] -= part
    for line_id, quantity in wanted.items():
        if quantity:
            name = names.get(line_id)
            raise Refused(
                _("“%(name)s”没有这么多可发了，请看清还剩多少", name=name) if name else _("这一行已经发完了"),
                field=f"line-{line_id}",
            )
    if not taken:
        raise Refused(_("这个包裹里还没有货，请至少填一样"), field="goods")
    return taken


def write(
    suborder_id: int,
    cooperative_id: int,
    seq: int,
    taken: Taken,
    company: str,
    number: str,
    by: int | None,
    at: datetime,
) -> int:
    """The parcel with its first waybill; exactly these goods leave the store, none of a recalled lot. Returns its id. Seven
    statements. Raises Refused."""
    head = {"suborder_id": suborder_id, "cooperative_id": cooperative_id, "seq": seq, "by": by, "at": at}
    shipment_id = int(insert_rows(Shipment, [head], "id")[0])
    bill = {"shipment_id": shipment_id, "seq": 1, "company": company, "number": number, "by": by, "at": at}
    insert_rows(Waybill, [bill])
    ids = insert_rows(
        ShipmentLine,
        [
            {
                "shipment_id": shipment_id, "cooperative_id": row.cooperative_id, "line_id": row.line_id,
                "allocation_id": row.id, "quantity": quantity,
            }
            for row, quantity in taken
        ],
        "id",
    )  # fmt: skip
    sent = {row.id: row.sent + quantity for row, quantity in taken}
    now = case(sent, value=LotAllocation.id)
    session().execute(
        update(LotAllocation)
        .where(LotAllocation.id.in_(sent), LotAllocation.state == "reserved")
        .values(sent=now, state=case((LotAllocation.quantity == now, "shipped"), else_="reserved"))
        .execution_options(synchronize_session=False)
    )
    leaving = zip(ids, taken, strict=True)
    stock.ship(sorted((line_id, row.lot_id, row.cooperative_id, part) for line_id, (row, part) in leaving))
    recalls.refuse_recalled(row.lot_id for row, _ in taken)
    return shipment_id


def bills_of(suborder_id: int) -> list[Row[*tuple[Any, ...]]]:
    """Parcels of a suborder with every waybill they had, oldest first: shipment_id, seq, bill (its seq), company, number."""
    return list(
        session().execute(
            select(
                Shipment.id.label("shipment_id"),
                Shipment.seq,
                Waybill.seq.label("bill"),
                Waybill.company,
                Waybill.number,
            )
            .join(Waybill, Waybill.shipment_id == Shipment.id)
            .where(Shipment.suborder_id == suborder_id)
            .order_by(Shipment.seq, Waybill.seq)
        )
    )


def unsent_left(suborder_id: int) -> bool:
    """Whether anything of it is still to be sent. One statement."""
    held = (
        select(func.count())
        .select_from(LotAllocation)
        .join(OrderLine, OrderLine.id == LotAllocation.line_id)
        .where(OrderLine.suborder_id == suborder_id, LotAllocation.state == "reserved")
    )
    return session().execute(held).scalar_one() > 0
