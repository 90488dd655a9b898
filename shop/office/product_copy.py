"""A copy of a product, to be changed and then put on sale."""

from __future__ import annotations

from flask import g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import copying
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.office.blueprint import bp
from shop.office.shelf import product_page


@bp.post("/<coop>/products/<int:product_id>/copy")
@guards.manager
def product_copy(coop: str, product_id: int) -> Response | tuple[str, int]:
    try:
        with transaction():
            copied, new = copying.copy(product_id, g.cooperative_id, by=guards.me().id, today=clock.today())
    except Refused as refusal:
        return product_page(product_id, problem=refusal.message), 422
    if new:
        pages.say(_("副本建好了，还没有上架：改好品名、证号和价格再上架"))
    else:
        pages.say(_("这个商品已经有一个副本，先把它改好"), "notice")
    return redirect(url_for("office.product_edit" if new else "office.product", product_id=copied), 303)
