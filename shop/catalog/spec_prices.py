"""Deeds on the prices of specs: by date, one or as many as a table brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import text

from shop.catalog.holding import locked_skus
from shop.catalog.models import SkuPrice
from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.errors import Refused
from shop.core.money import MAX_FEN

_MOVED = text(
    """
    update sku set price_fen = w.fen, version = version + 1
      from unnest(cast(:ids as bigint[]), cast(:fens as bigint[])) w(id, fen) where sku.id = w.id
    """
)


@dataclass(frozen=True, slots=True)
class NewPrice:
    """`price_fen` a pack; `version` of the spec is the one that the form was filled with."""

    sku_id: int
    price_fen: int
    version: int


def set_price(
    sku_id: int, cooperative_id: int, price_fen: int, *, version: int, by: int | None, today: date
) -> None:
    """A new price from today on. Raises Refused, NotFound, Conflict when somebody was faster."""
    set_prices(cooperative_id, [NewPrice(sku_id, price_fen, version)], by=by, today=today)


def set_prices(cooperative_id: int, wanted: Sequence[NewPrice], *, by: int | None, today: date) -> None:
    """Prices of any number of specs from today on, each spec once; three statements. Raises as `set_price`, of any of them."""
    for one in wanted:
        check_price(one.price_fen)
    before = locked_skus({one.sku_id: one.version for one in wanted}, cooperative_id)
    moved = [one for one in wanted if before[one.sku_id].price_fen != one.price_fen]
    if not moved:
        return
    session().execute(
        _MOVED, {"ids": [one.sku_id for one in moved], "fens": [one.price_fen for one in moved]}
    )
    insert_rows(SkuPrice, [price_row(one.sku_id, one.price_fen, by, today) for one in moved])
    for one in moved:
        activity.record(
            "sku.price_changed", "sku", one.sku_id, cooperative_id=cooperative_id,
            before={"price_fen": before[one.sku_id].price_fen}, after={"price_fen": one.price_fen}, actor_id=by,
        )  # fmt: skip


def check_price(price_fen: int) -> None:
    """Raises Refused."""
    if not 0 < price_fen <= MAX_FEN:
        raise Refused(_("价格要大于 0"), "price")


def price_row(sku_id: int, price_fen: int, by: int | None, today: date) -> dict[str, Any]:
    """As the history of prices keeps it."""
    return {"sku_id": sku_id, "price_fen": price_fen, "valid_from": today, "set_by": by}
