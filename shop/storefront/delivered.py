"""On the household's own page: what it brought and has not confirmed yet, and the button that confirms one."""

from __future__ import annotations

from flask import abort, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.accounts.limits import limiter
from shop.cooperatives.produce import confirming
from shop.core import pages
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.storefront.blueprint import bp
from shop.storefront.household import is_open, slip_of


@bp.post("/m/<token>/deliveries/<int:receipt_id>/confirm")
@limiter.limit("60 per hour")
@guards.public
def household_confirm(token: str, receipt_id: int) -> Response:
    """The household says that a receipt is right; another household's is not found."""
    slip = slip_of(token)
    if not is_open(slip):
        abort(404)
    try:
        with transaction():
            made = confirming.agree(receipt_id, slip.household_id)
    except Refused as refusal:
        pages.say(refusal.message, "error")
    else:
        pages.say(_("已确认，谢谢") if made else _("这张单已经确认过了"))
    return redirect(url_for("storefront.household", token=token), 303)
