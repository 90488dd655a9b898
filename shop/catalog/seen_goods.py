"""Cards of given products, for the list of what a visitor looked at."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam

from shop.catalog.models import Product
from shop.catalog.queries import Card, card_columns, cheapest_of, stock_of
from shop.core.db import session


@functools.cache
def _statement() -> Select[*tuple[Any, ...]]:
    on_sale, cheapest = stock_of(Product.produce_id), cheapest_of(Product.id)
    return card_columns(on_sale, cheapest).where(Product.id.in_(bindparam("ids", expanding=True)))


def cards_of(ids: Sequence[int], today: date, viewer: int | None) -> list[Card]:
    """Those of them that are on sale, in the order given. One statement."""
    rows = session().execute(_statement(), {"ids": list(ids), "today": today, "viewer": viewer})
    found = {row.id: Card._make(row) for row in rows}
    return [found[one] for one in ids if one in found]
