"""Many waybills at once, a line for each order: read, looked over, then sent line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, Text, any_, bindparam, select, union
from sqlalchemy.dialects.postgresql import ARRAY

from shop.core.db import session
from shop.core.errors import Refused
from shop.core.numbers import fold
from shop.orders import express, fulfilment, pasted_waybills, states
from shop.orders.models import Order, Suborder

MOST = 200
LONGEST = 20_000
_CUTS = re.compile(r"[\s,，;；、|]+")


@dataclass(slots=True)
class Line:
    """One pasted line; `problem` says why it cannot be sent, `warning` what to look at again."""

    place: int
    text: str
    number: str = ""
    suborder_id: int | None = None
    company: str = ""
    waybill: str = ""
    problem: str = ""
    warning: str = ""

    @property
    def company_name(self) -> str:
        return express.name_of(self.company)


def read(text: str, cooperative_id: int) -> list[Line]:
    """'order number, company, waybill' in each line, empty lines left out. One statement. Raises Refused for too many lines."""
    lines = [
        Line(place, one.strip()[:200])
        for place, one in enumerate(text[:LONGEST].splitlines(), 1)
        if one.strip()
    ]
    if not lines:
        raise Refused(_("请粘贴至少一行：订单号，快递公司，单号"), field="rows")
    if len(lines) > MOST or len(text) > LONGEST:
        raise Refused(_("一次最多 %(n)d 行，请分几次粘贴", n=MOST), field="rows")
    rests: dict[int, str] = {}
    for line in lines:
        first, *rest = _CUTS.split(fold(line.text).strip(" ,，;；、|"), maxsplit=1)
        line.number, rests[line.place] = first.upper()[:40], rest[0] if rest else ""
    known = orders(cooperative_id, {line.number for line in lines})
    used: dict[int, int] = {}
    for line in lines:
        _judge(line, rests[line.place], known.get(line.number))
        if line.suborder_id is not None:
            before = used.setdefault(line.suborder_id, line.place)
            if before != line.place and not line.problem:
                line.problem = _("和第 %(n)d 行是同一张订单", n=before)
    return lines


def _judge(line: Line, rest: str, order: Row[*tuple[Any, ...]] | None) -> None:
    if order is None:
        line.problem = _("没有找到这个订单号")
        return
    line.suborder_id, line.number = order.id, order.number
    bill = pasted_waybills.read(rest)
    words = _CUTS.split(rest.strip())
    line.company = (pasted_waybills.named(words[0]) if words else "") or bill.company
    line.waybill = bill.number
    if order.delivery == "gift":
        line.problem = _("送礼的订单请按收礼人分别发货")
    elif order.state != states.TO_SHIP:
        line.problem = _("不在待发货里，可能已经发过或退掉")
    elif not line.company:
        line.problem = _("没有认出快递公司，请写上，例如“顺丰”")
    else:
        try:
            line.company, line.waybill = fulfilment.waybill(line.company, line.waybill)
        except Refused as refusal:
            line.problem = refusal.message
        else:
            if express.looks_unusual(line.company, line.waybill):
                line.warning = _("单号和这家公司平常的样子不一样，请再对一眼")


def waiting_numbers(cooperative_id: int) -> list[str]:
    """Numbers of the cooperative's parts that wait for a parcel, gifts left out, oldest first. One statement."""
    return list(
        session().scalars(
            select(Suborder.number)
            .where(
                Suborder.cooperative_id == cooperative_id,
                Suborder.state == states.TO_SHIP,
                Suborder.delivery != "gift",
            )
            .order_by(Suborder.id)
        )
    )


def orders(cooperative_id: int, numbers: Iterable[str]) -> dict[str, Row[*tuple[Any, ...]]]:
    """By the number of the order or of the cooperative's part of it, those named: id, number, state, delivery.

    One statement, which finds each number by its index, however many orders there are.
    """
    wanted = [number for number in numbers if number.isascii() and number.isprintable()]
    one_of = any_(bindparam("numbers", wanted, type_=ARRAY(Text)))
    named = union(
        select(Suborder.id).where(Suborder.number == one_of),
        select(Suborder.id).join(Order, Order.id == Suborder.order_id).where(Order.number == one_of),
    )
    statement = (
        select(Suborder.id, Suborder.number, Suborder.state, Suborder.delivery, Order.number.label("whole"))
        .join(Order, Order.id == Suborder.order_id)
        .where(Suborder.cooperative_id == cooperative_id, Suborder.id.in_(named))
    )
    found: dict[str, Row[*tuple[Any, ...]]] = {}
    for row in session().execute(statement):
        found[row.number] = found[row.whole] = row
    return found
