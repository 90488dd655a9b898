"""镇里的优惠券: issued with a budget, and what the town owes each cooperative for them."""

from __future__ import annotations

import secrets

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.errors import NotFound, Refused
from shop.core.numbers import row_id
from shop.orders import coupons as deeds
from shop.orders.coupon_form import CouponForm
from shop.payments import town_claims
from shop.township.blueprint import bp


@bp.get("/<region>/coupons")
@guards.staff
def coupons(region: str) -> str:
    return _page(CouponForm({}, True))


def _page(form: CouponForm) -> str:
    sellers = deeds.cooperatives_of(g.region_code)
    return render_template(
        "township/coupons.html",
        rows=deeds.issued_by(region_code=g.region_code),
        promise=deeds.promise,
        form=form,
        sellers=[(str(row.id), row.name) for row in sellers],
        owed=town_claims.by_cooperative([row.id for row in sellers]),
        today=clock.today(),
        key=request.form.get("idempotency_key") or secrets.token_urlsafe(18),
    )


@bp.post("/<region>/coupons")
@guards.staff
def coupon_issue(region: str) -> Response | tuple[str, int]:
    form = CouponForm(request.form, True)
    wanted = form.read()
    if wanted is not None:
        try:
            with transaction():
                key = request.form.get("idempotency_key", "")[:80]
                deeds.issue(wanted, key, guards.me().id, region_code=g.region_code)
        except (Refused, NotFound) as refusal:
            form.blame(refusal)
    if form.problems:
        return _page(form), 422
    pages.say(_("券已发出，买家可以领了"))
    return redirect(url_for("township.coupons"), 303)


@bp.post("/<region>/coupons/stop")
@guards.staff
def coupon_stop(region: str) -> Response:
    """The form names the coupon."""
    with transaction():
        deeds.stop(row_id(request.form.get("coupon", "")) or 0, guards.me().id, region_code=g.region_code)
    pages.say(_("已停发，领走的还能用"))
    return redirect(url_for("township.coupons"), 303)
