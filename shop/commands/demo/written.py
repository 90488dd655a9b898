"""The ids of what has been written of a town, for whoever writes next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text

from shop.commands.demo.buyers import Buyer
from shop.commands.demo.offers import Offer, Spec
from shop.commands.demo.people import People
from shop.commands.demo.places import Town
from shop.commands.demo.plan import Sale, Selling
from shop.core.db import session
from shop.orders.pricing import Quote

ATTRIBUTED_AFTER = timedelta(seconds=20)  # the task runs right after the payment


@dataclass(slots=True)
class Holding:
    """What one line holds of one lot."""

    lot_id: int
    quantity: int
    id: int = 0


@dataclass(slots=True)
class WrittenLine:
    """A line with its allocations, as attribution asks for them."""

    selling: Selling
    holdings: list[Holding]
    id: int = 0


@dataclass(slots=True)
class WrittenPart:
    """A suborder: one cooperative's part of an order."""

    village: str
    cooperative_id: int
    goods_fen: int
    freight_fen: int
    lines: list[WrittenLine] = field(default_factory=list)
    id: int = 0


@dataclass(slots=True)
class WrittenOrder:
    """An order with the ids of its rows."""

    sale: Sale
    number: str
    priced: Quote
    parts: list[WrittenPart]
    id: int = 0

    @property
    def attributed_at(self) -> datetime | None:
        return None if self.sale.paid_at is None else self.sale.paid_at + ATTRIBUTED_AFTER

    @property
    def part_state(self) -> str:
        """The state of every suborder."""
        sale = self.sale
        if sale.closed_at is not None:
            return "closed"
        if sale.paid_at is None:
            return "pending"
        if sale.shipped_at is None:
            return "to_ship"
        return "shipped" if sale.received_at is None else "received"


@dataclass(slots=True)
class Written:
    """Dictionaries by a village's key or an offer's key; lists run beside People.homes and the buyers."""

    town: Town
    people: People
    buyers: list[Buyer]
    cooperatives: dict[str, int] = field(default_factory=dict)
    villages: dict[str, int] = field(default_factory=dict)
    managers: dict[str, int] = field(default_factory=dict)
    chairs: dict[str, int] = field(default_factory=dict)
    clerk: int = 0
    users: list[int | None] = field(default_factory=list)
    households: list[int] = field(default_factory=list)
    members: list[int | None] = field(default_factory=list)
    produce: dict[str, int] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    skus: dict[tuple[str, str], int] = field(default_factory=dict)
    suppliers: dict[tuple[str, str], int] = field(default_factory=dict)
    orders: list[WrittenOrder] = field(default_factory=list)

    def sku(self, offer: Offer, spec: Spec) -> int:
        return self.skus[offer.key, spec.name]


def next_ids(sequence: str, count: int) -> list[int]:
    """Take `count` numbers of a sequence, in order, for rows whose code holds their id."""
    if not count:
        return []
    statement = text("select nextval(cast(:name as regclass)) from generate_series(1, :count)")
    return [int(number) for number in session().scalars(statement, {"name": sequence, "count": count})]
