"""Which waiting goods belong to one day: what is to be sent on it, or what was paid on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Date, cast, exists, func

from shop.core import clock
from shop.orders.models import Order, OrderLine, Suborder

SEND = "send"
PAID = "paid"


@dataclass(frozen=True, slots=True)
class PickDay:
    """`by` SEND: lines to be sent on that day, pre-sold ones from the day they were promised for; on `today` also everything
    that should have gone before. `by` PAID: orders paid on that day (to be paid at the door: placed on it)."""

    by: str
    day: date
    today: date

    def where(self) -> ColumnElement[bool]:
        """The suborders that have such a line; for a statement on Suborder joined with Order."""
        since = func.coalesce(Order.paid_at, Order.placed_at)
        if self.by == PAID:
            span = clock.day_range(self.day)
            return (since >= span.start) & (since < span.end)
        accepted = cast(func.timezone("Asia/Shanghai", since), Date)
        due = func.greatest(accepted, OrderLine.ships_from)  # ignores a missing promise
        return exists().where(
            OrderLine.suborder_id == Suborder.id, due <= self.day if self._late else due == self.day
        )

    def has(self, ships_from: date | None, since: datetime) -> bool:
        """Whether a line of an order accepted at `since` belongs to the day; says the same as where()."""
        accepted = clock.shanghai_day(since)
        if self.by == PAID:
            return accepted == self.day
        due = max(accepted, ships_from or accepted)
        return due <= self.day if self._late else due == self.day

    @property
    def _late(self) -> bool:
        return self.day == self.today
