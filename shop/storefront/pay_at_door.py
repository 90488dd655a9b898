"""Paying in cash when the goods are brought: chosen on the pay page, told on the order's page."""

from __future__ import annotations

from flask import redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core.errors import Conflict, Refused, said
from shop.core.pages import say
from shop.payments import on_delivery
from shop.storefront import typed
from shop.storefront.blueprint import bp


@bp.post("/orders/<number>/at-the-door")
@guards.signed_in
def pay_at_door(number: str) -> Response:
    """Asking again changes nothing."""
    number = typed.code(number)
    try:
        on_delivery.choose(number, guards.me().id)
    except (Conflict, Refused) as refusal:
        say(said(refusal), "notice")
        return redirect(url_for("storefront.pay", number=number), 303)
    say(_("选好了：送到时付现金"))
    return redirect(url_for("storefront.order", number=number), 303)
