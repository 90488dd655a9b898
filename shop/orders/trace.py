"""Where an order's money went: line → lot → household, to the gram and the fen, net of reversals."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from shop.cooperatives.income.models import Attribution
from shop.cooperatives.people.models import Household
from shop.cooperatives.produce import transformations
from shop.cooperatives.produce.models import Lot
from shop.core.db import session
from shop.core.errors import NotFound
from shop.orders.models import Order, OrderLine, Suborder


def trace(number: str) -> dict[str, Any]:
    """{"order", "lines": [{"line", "net_fen", "lots": [{"lot", "quantity", "fen", "parties": [
    {"household", "quantity", "fen"}]}]}]}.

    `line` is the order line's id, `lot` the lot's code, `household` its code, null for a supplier that is no household. A lot
    that was made of others also names them: "made_of", their codes.
    Quantities in grams or pieces. Parties of 0 are left out; an order not yet attributed has no lots. Raises NotFound.
    """
    lines = _lines(number)
    found: dict[int, dict[str, Any]] = {
        line_id: {"line": line_id, "net_fen": net_fen, "lots": []} for line_id, net_fen in lines
    }
    lots: dict[tuple[int, int], dict[str, Any]] = {}
    rows = _shares(list(found)).all()
    made_of = transformations.made_of({row.lot_id for row in rows})
    for row in rows:
        lot = lots.get((row.line_id, row.lot_id))
        if lot is None:
            lot = {"lot": row.lot, "quantity": 0, "fen": 0, "parties": []}
            if row.lot_id in made_of:
                lot["made_of"] = made_of[row.lot_id]
            lots[row.line_id, row.lot_id] = lot
            found[row.line_id]["lots"].append(lot)
        lot["quantity"] += int(row.quantity)
        lot["fen"] += int(row.fen)
        lot["parties"].append(
            {"household": row.household, "quantity": int(row.quantity), "fen": int(row.fen)}
        )
    return {"order": number, "lines": list(found.values())}


def _lines(number: str) -> list[tuple[int, int]]:
    rows = session().execute(
        select(OrderLine.id, OrderLine.net_fen)
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .join(Order, Order.id == Suborder.order_id)
        .where(Order.number == number)
        .order_by(OrderLine.id)
    )
    lines = [(line_id, net_fen) for line_id, net_fen in rows]
    if not lines:
        raise NotFound(_("没有找到订单“%(number)s”", number=number[:40]))
    return lines


def _shares(line_ids: list[int]) -> Any:
    """One row for each line, lot and party; an outside supplier is a party of its own without a code."""
    return session().execute(
        select(
            Attribution.line_id,
            Attribution.lot_id,
            Lot.code.label("lot"),
            Household.code.label("household"),
            func.sum(Attribution.quantity).label("quantity"),
            func.sum(Attribution.fen).label("fen"),
        )
        .join(Lot, Lot.id == Attribution.lot_id)
        .outerjoin(Household, Household.id == Attribution.household_id)
        .where(Attribution.line_id.in_(line_ids))
        .group_by(Attribution.line_id, Attribution.lot_id, Lot.code, Household.code, Attribution.supplier_id)
        .having((func.sum(Attribution.quantity) != 0) | (func.sum(Attribution.fen) != 0))
        .order_by(
            Attribution.line_id, Attribution.lot_id, Household.code.nulls_last(), Attribution.supplier_id
        )
    )
