"""A town with a cooperative that has goods in a closed lot, and two clerks of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text

from shop.accounts.models import User
from shop.assisted import contacts, selling
from shop.core import clock
from shop.core.db import db, insert_rows, transaction
from shop.core.pictures import Paper
from tests.orders import market

TOWN = "420302100"
PAPER = Paper("image/webp", b"a picture of a receipt")


@dataclass
class Town:
    stall: market.Stall
    clerk: int
    other: int
    contact: int


def town(packs: int = 20, mode: str = "buyout") -> Town:
    """10 kg in a closed lot of three households, unless told otherwise."""
    stall = market.stall(packs, mode=mode)
    with transaction():
        number = secrets.randbelow(10_000)
        people = [{"phone": f"+861390000{number:04d}{place}", "name": "干部"} for place in range(2)]
        clerk, other = insert_rows(User, people, "id")
        name = f"市一中食堂{secrets.token_hex(3)}"
        contact = contacts.add(TOWN, contacts.Contact("canteen", name, "赵老师", "+8613800138001"), clerk)
    return Town(stall, clerk, other, contact)


def sale(place: Town, **changes: Any) -> selling.Sale:
    values: dict[str, Any] = {
        "region_code": TOWN, "sku_id": place.stall.sku_id, "quantity": 4_300, "fen": 12_345, "sold_on": clock.today(),
        "request_key": secrets.token_hex(16), "by": place.clerk, "contact_id": place.contact, "paid": selling.CASH,
        "confirmed": True,
    } | changes  # fmt: skip
    return selling.Sale(**values)


def enter(wanted: selling.Sale, *papers: Paper) -> selling.Entered:
    with transaction():
        return selling.enter(wanted, papers)


def rows(statement: str, **values: Any) -> list[Any]:
    found = list(db.session.execute(text(statement), values).all())
    db.session.rollback()
    return found


def order(order_id: int) -> Any:
    return rows(
        "select o.*, s.state as part_state, s.id as part from customer_order o join suborder s on s.order_id = o.id"
        " where o.id = :id",
        id=order_id,
    )[0]


YEAR = (date(2019, 1, 1), date(2099, 12, 31))
