"""A spec charged by the weight that is packed, or by the pack."""

from __future__ import annotations

from flask import g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import stocktaking
from shop.catalog.by_weight import set_by_weight
from shop.core import pages
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.numbers import row_id
from shop.office.blueprint import bp
from shop.office.shelf import product_page


@bp.post("/<coop>/specs/<int:sku_id>/by-<any(weight, pack):basis>")
@guards.manager
def sku_weight(coop: str, sku_id: int, basis: str) -> Response | tuple[str, int]:
    row = stocktaking.spec(sku_id, g.cooperative_id)
    version = row_id(request.form.get("version", "")) or 0
    try:
        with transaction():
            set_by_weight(sku_id, g.cooperative_id, basis == "weight", version=version, by=guards.me().id)
    except (Refused, Conflict) as refusal:
        return product_page(row.product_id, problem=refusal.message), refusal.status
    pages.say(
        _("“%(spec)s”改为称重计价", spec=row.spec)
        if basis == "weight"
        else _("“%(spec)s”改为按份计价", spec=row.spec)
    )
    return redirect(url_for("office.product", product_id=row.product_id), 303)
