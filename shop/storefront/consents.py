"""What I agreed to, and since when; messages about offers are off until somebody asks for them."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import consents as kept
from shop.accounts import guards
from shop.core import pages
from shop.core.db import transaction
from shop.storefront import proofs
from shop.storefront.blueprint import bp


@bp.get("/me/consents")
@guards.signed_in
def consents() -> str | Response:
    if away := proofs.away():
        return away
    rows = kept.history(guards.me().id)
    newest = {row.purpose: row for row in reversed(rows)}
    return render_template(
        "storefront/account/consents.html",
        rows=rows,
        privacy=newest.get(kept.PRIVACY),
        marketing=newest.get(kept.MARKETING),
        version=kept.NOTICE,
    )


@bp.post("/me/consents")
@guards.signed_in
def change_consents() -> Response:
    """`purpose` and `given`: 1 or 0. The notice itself is agreed to again, never taken back here: that is closing the account."""
    if away := proofs.away():
        return away
    purpose, given = request.form.get("purpose", ""), request.form.get("given") == "1"
    if purpose == kept.MARKETING or (purpose == kept.PRIVACY and given):
        with transaction():
            kept.say(guards.me().id, purpose, given)
        pages.say(_("已记下"))
    return redirect(url_for("storefront.consents"), 303)
