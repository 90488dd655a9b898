"""The course of planned orders: payments with their bank lines, attribution, parcels that left, and the history of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, bindparam, func, update
from sqlalchemy.dialects.postgresql import ARRAY

from shop.commands.demo.write_orders import holdings
from shop.commands.demo.write_parcels import write_parcels
from shop.commands.demo.written import Written, WrittenOrder, WrittenPart
from shop.cooperatives.income.attribution import SaleShare, attribute, book_freight
from shop.core.activity import Activity
from shop.core.clock import shanghai_day
from shop.core.db import insert_rows, session
from shop.orders.express import name_of
from shop.orders.models import LotAllocation, OrderEvent
from shop.payments.models import BankStatementLine, Payment

Event = tuple[datetime, WrittenOrder, WrittenPart | None, str, int | None, str]


def write_course(written: Written, orders: Sequence[WrittenOrder]) -> None:
    """Everything that happened to these orders after they were placed."""
    paid = sorted(
        (order for order in orders if order.sale.paid_at), key=lambda order: (order.sale.paid_at, order.id)
    )
    payments = _payments(written, paid)
    _attribute(paid)
    write_parcels(written, orders)
    events = sorted(
        (event for order in orders for event in _events(written, order)), key=lambda event: event[0]
    )
    insert_rows(OrderEvent, [_event_row(*event) for event in events])
    insert_rows(Activity, _log(written, orders, payments))


def _payments(written: Written, paid: Sequence[WrittenOrder]) -> dict[int, int]:
    """Transfers matched with their lines of the bank statement; returns order id → payment id."""
    rows = [
        {
            "order_id": order.id, "method": "transfer", "key": f"transfer:{_account(order) or 'town'}:{_reference(order)}",
            "amount_fen": order.priced.total_fen, "state": "succeeded", "created_at": order.sale.paid_at,
            "succeeded_at": order.sale.paid_at,
        }
        for order in paid
    ]  # fmt: skip
    ids = insert_rows(Payment, rows, "id")
    lines = []
    for order, payment_id in zip(paid, ids, strict=True):
        buyer = written.buyers[order.sale.buyer]
        lines.append({
            "cooperative_id": _account(order), "reference": _reference(order), "booked_on": _day(order),
            "amount_fen": order.priced.total_fen, "payer": buyer.unit_name or buyer.name, "note": f"订单 {order.number}",
            "payment_id": payment_id,
        })  # fmt: skip
    insert_rows(BankStatementLine, lines)
    return dict(zip([order.id for order in paid], ids, strict=True))


def _account(order: WrittenOrder) -> int | None:
    """Whose bank account: the cooperative's, or the town's where several sell together."""
    return order.parts[0].cooperative_id if len(order.parts) == 1 else None


def _reference(order: WrittenOrder) -> str:
    return f"{_day(order):%Y%m%d}-{order.number[6:]}"


def _day(order: WrittenOrder) -> Any:
    """The day of sale."""
    if order.sale.paid_at is None:
        raise ValueError("not paid")
    return shanghai_day(order.sale.paid_at)


def _attribute(paid: Sequence[WrittenOrder]) -> None:
    """The cooperatives' own deed for all lines at once, in the order in which they were paid; then what each lot got."""
    shares = attribute(
        [
            SaleShare(
                line_id=line.id, cooperative_id=part.cooperative_id, net_fen=line.selling.net_fen, on_date=_day(order),
                channel="transfer",
                allocations=tuple((held.id, held.lot_id, held.quantity) for held in line.holdings),
            )
            for order in paid
            for part in order.parts
            for line in part.lines
        ]
    )  # fmt: skip
    book_freight(
        [
            (part.id, part.cooperative_id, part.freight_fen, _day(order), "transfer")
            for order in paid
            for part in order.parts
            if part.freight_fen
        ]
    )
    held = [(holding.id, shares[holding.id], order.attributed_at) for order, _, _, holding in holdings(paid)]
    if held:
        _note_shares(held)


def _note_shares(held: Sequence[tuple[int, int, datetime | None]]) -> None:
    ids, shares, moments = zip(*held, strict=True)
    source = (
        func.unnest(
            bindparam("ids", list(ids), type_=ARRAY(BigInteger)),
            bindparam("shares", list(shares), type_=ARRAY(BigInteger)),
            bindparam("moments", list(moments), type_=ARRAY(DateTime(timezone=True))),
        )
        .table_valued("id", "fen", "at")
        .render_derived("source")
    )
    session().execute(
        update(LotAllocation)
        .where(LotAllocation.id == source.c.id)
        .values(fen=source.c.fen, attributed_at=source.c.at)
        .execution_options(synchronize_session=False)
    )


def _events(written: Written, order: WrittenOrder) -> Iterator[Event]:
    """An order's history as the deeds tell it."""
    sale = order.sale
    buyer = written.users[sale.buyer]
    yield sale.placed_at, order, None, "placed", buyer, ""
    if sale.closed_at is not None and sale.close_reason is not None:
        yield (
            sale.closed_at,
            order,
            None,
            sale.close_reason,
            buyer if sale.close_reason == "cancelled" else None,
            "",
        )
    if sale.paid_at is None or order.attributed_at is None:
        return
    yield sale.paid_at, order, None, "paid", written.clerk, ""
    yield order.attributed_at, order, None, "attributed", None, ""
    for part in order.parts:
        yield order.attributed_at, order, part, "to_ship", None, ""
        if sale.shipped_at is not None:
            company, waybill = sale.parcels[part.village]
            note = f"{name_of(company)} {waybill}".strip()
            yield sale.shipped_at, order, part, "shipped", written.managers[part.village], note
        if sale.received_at is not None:
            yield sale.received_at, order, part, "received", buyer, ""


def _event_row(
    at: datetime, order: WrittenOrder, part: WrittenPart | None, event: str, actor_id: int | None, note: str
) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "suborder_id": part.id if part else None,
        "event": event,
        "actor_id": actor_id,
        "note": note,
        "at": at,
    }


def _log(written: Written, orders: Sequence[WrittenOrder], payments: dict[int, int]) -> list[dict[str, Any]]:
    """What people did: transfers matched by the township's clerk, parcels sent by managers."""
    found: list[dict[str, Any]] = []
    for order in orders:
        if order.id in payments:
            after: dict[str, Any] = {
                "payment": payments[order.id], "reference": _reference(order), "amount_fen": order.priced.total_fen,
            }  # fmt: skip
            found.append(
                {
                    "at": order.sale.paid_at, "actor_id": written.clerk, "act": "payment.transfer", "subject_type": "order",
                    "subject_id": str(order.id), "cooperative_id": None, "before": None, "after": after,
                }
            )  # fmt: skip
        for part in order.parts if order.sale.shipped_at else ():
            company, waybill = order.sale.parcels[part.village]
            found.append(
                {
                    "at": order.sale.shipped_at, "actor_id": written.managers[part.village], "act": "suborder.ship",
                    "subject_type": "suborder", "subject_id": str(part.id), "cooperative_id": part.cooperative_id,
                    "before": {"state": "to_ship"}, "after": {"state": "shipped", "company": company, "number": waybill},
                }
            )  # fmt: skip
    return sorted(found, key=lambda act: act["at"])
