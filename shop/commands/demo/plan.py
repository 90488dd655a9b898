"""What shall happen in a town, before anything is written: deliveries, lots and orders as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from shop.commands.demo.offers import Offer, Spec
from shop.core.clock import SHANGHAI, shanghai_day


@dataclass(slots=True)
class Incoming:
    """A delivery by a household (its place in People.homes) or an outside supplier."""

    at: datetime
    quantity: int
    price_fen: int
    grade: str
    grade_factor: int
    home: int | None = None
    supplier: str | None = None

    @property
    def day(self) -> date:
        return shanghai_day(self.at)


@dataclass(slots=True, eq=False)
class Pool:
    """A lot to be: deliveries of one offer in one mode; still open while `closed_at` is None. `rate` is the commission."""

    offer: Offer
    mode: str
    incoming: list[Incoming]
    closed_at: datetime | None
    rate: str | None = None

    @property
    def opened_at(self) -> datetime:
        return min(delivery.at for delivery in self.incoming)

    @property
    def quantity(self) -> int:
        return sum(delivery.quantity for delivery in self.incoming)

    @property
    def best_before(self) -> date:
        """As closing a lot without a typed date sets it."""
        last = max(delivery.day for delivery in self.incoming)
        return last + timedelta(days=self.offer.kind.shelf_life_days)


@dataclass(slots=True, eq=False)
class Selling:
    """An order line to be, with what it takes from which pool once the order is placed."""

    offer: Offer
    spec: Spec
    count: int
    price_fen: int
    taken: list[tuple[Pool, int]] = field(default_factory=list)

    @property
    def net_fen(self) -> int:
        return self.price_fen * self.count

    @property
    def quantity(self) -> int:
        return self.spec.unit_quantity * self.count


@dataclass(slots=True, eq=False)
class Sale:
    """An order to be. Moments that are None did not come (yet). `buyer` is a place in the town's buyers."""

    buyer: int
    channel: str
    pay_method: str
    lines: list[Selling]
    placed_at: datetime
    expires_at: datetime
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    evidence: str | None = None
    parcels: dict[str, tuple[str, str]] = field(default_factory=dict)  # village key → company and waybill

    @property
    def villages(self) -> list[str]:
        """Keys of the villages whose cooperatives sell something of it, in the order of the lines."""
        return list(dict.fromkeys(line.offer.village for line in self.lines))


def moment(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """An instant by Shanghai's wall clock."""
    return datetime.combine(day, time(hour, minute, second), tzinfo=SHANGHAI)
