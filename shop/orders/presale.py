"""预售: what is sold before it can be sent. The day promised is the product's on the day of the order, and stays on the line."""

from __future__ import annotations

from datetime import date

from shop.core import clock


def promised(ships_from: date | None) -> str | None:
    """The day that an order placed now promises, ISO; None for what is sent at once or whose day has come."""
    return ships_from.isoformat() if ships_from is not None and ships_from > clock.today() else None
