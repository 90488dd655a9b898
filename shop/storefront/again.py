"""再次购买: the lines of an order into the basket."""

from __future__ import annotations

from flask import redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.pages import say
from shop.orders import again
from shop.storefront import typed
from shop.storefront.blueprint import bp


@bp.post("/orders/<number>/again")
@guards.signed_in
def order_again(number: str) -> Response:
    number = typed.code(number)
    try:
        with transaction():
            done = again.buy_again(number, guards.me().id)
    except Refused as refusal:
        say(refusal.message, "notice")
        return redirect(url_for("storefront.order", number=number), 303)
    say(_("%(n)d 种商品已放进购物车，价钱按现在的算", n=done.added))
    if done.gone:
        say(_("现在没有在卖：%(names)s", names="、".join(done.gone)), "notice")
    if done.fewer:
        say(_("没有原来那么多了，按剩下的放：%(names)s", names="、".join(done.fewer)), "notice")
    return redirect(url_for("storefront.basket"), 303)
