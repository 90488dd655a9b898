"""称重计价: a spec whose packs are weighed when they are packed; what is missing is refunded, never more is charged."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import update

from shop.catalog.holding import locked_product, locked_sku
from shop.catalog.models import Sku
from shop.cooperatives.produce.models import Produce
from shop.core import activity
from shop.core.db import session
from shop.core.errors import Refused


def set_by_weight(sku_id: int, cooperative_id: int, by_weight: bool, *, version: int, by: int | None) -> None:
    """Twice changes nothing. Raises NotFound, Conflict (changed by somebody else), Refused for goods that are counted."""
    sku = locked_sku(sku_id, cooperative_id, version)
    if sku.by_weight == by_weight:
        return
    product = locked_product(sku.product_id, cooperative_id)
    produce = session().get_one(Produce, product.produce_id)
    if produce.unit_kind != "g":
        raise Refused(_("按%(word)s数的货不能称重计价", word=produce.count_word))
    session().execute(
        update(Sku).where(Sku.id == sku_id).values(by_weight=by_weight, version=Sku.version + 1)
    )
    activity.record(
        "sku.by_weight",
        "sku",
        sku_id,
        cooperative_id=cooperative_id,
        actor_id=by,
        after={"by_weight": by_weight},
    )
