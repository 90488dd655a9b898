"""Many specs changed in one go: all of them or none, and none over what somebody else has changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, select

from shop.catalog import shelf, spec_prices
from shop.catalog.models import Product, Sku
from shop.core.db import session
from shop.core.errors import Conflict, NotFound
from shop.core.text import N_

MOST = 200  # specs on one page


@dataclass(frozen=True, slots=True)
class Change:
    """What a row of the table wants: `price_fen` a pack, offered or not; `version` is what the row showed."""

    sku_id: int
    version: int
    price_fen: int
    offered: bool


class ChangedMeanwhile(Conflict):
    """Somebody else was faster: `now` has the present price_fen, published and version of those specs."""

    def __init__(self, now: Mapping[int, Row[*tuple[Any, ...]]]) -> None:
        super().__init__(
            N_("有 %(n)s 个规格刚被别人改过，一个都没有保存。请看清现在的价格再保存"), n=len(now)
        )
        self.now = now


def rows(
    cooperative_id: int, offset: int = 0, limit: int | None = MOST + 1
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Specs by their product's pinyin, one more than MOST or as many as asked: id, version, spec, price_fen, published,
    product_id, name, on_sale. One statement."""
    return (
        session()
        .execute(
            select(
                Sku.id, Sku.version, Sku.spec, Sku.price_fen, Sku.published, Product.id.label("product_id"), Product.name,
                Product.published_at.is_not(None).label("on_sale"),
            )
            .join(Product, Product.id == Sku.product_id)
            .where(Sku.cooperative_id == cooperative_id)
            .order_by(Product.pinyin, Product.id, Sku.unit_quantity, Sku.id)
            .limit(limit)
            .offset(offset)
        )
        .all()
    )  # fmt: skip


def apply(changes: Sequence[Change], cooperative_id: int, *, by: int | None, today: date) -> int:
    """New prices from today on, specs offered or not; returns how many specs changed.

    Raises ChangedMeanwhile, NotFound (also for another cooperative's), Refused (field sku-<id>). The caller rolls back.
    """
    wanted = {change.sku_id: change for change in changes}
    locked = {
        row.id: row
        for row in session().execute(
            select(Sku.id, Sku.price_fen, Sku.published, Sku.version)
            .where(Sku.id.in_(wanted), Sku.cooperative_id == cooperative_id)
            .order_by(Sku.id)
            .with_for_update()
        )
    }
    if len(locked) != len(wanted):
        raise NotFound(_("没有找到这个规格"))
    moved = {
        sku_id: row
        for sku_id, row in locked.items()
        if row.version != wanted[sku_id].version
        and (row.price_fen, row.published) != (wanted[sku_id].price_fen, wanted[sku_id].offered)
    }
    if moved:
        raise ChangedMeanwhile(moved)
    touched = 0
    # what is offered again comes first: the last spec of a product may then be replaced by another
    for sku_id in sorted(wanted, key=lambda one: (not wanted[one].offered, one)):
        change, row = wanted[sku_id], locked[sku_id]
        version = row.version
        if change.price_fen != row.price_fen:
            spec_prices.set_price(
                sku_id, cooperative_id, change.price_fen, version=version, by=by, today=today
            )
            version += 1
        if change.offered != row.published:
            shelf.show_spec(sku_id, cooperative_id, change.offered, version=version, by=by)
        touched += (change.price_fen, change.offered) != (row.price_fen, row.published)
    return touched
