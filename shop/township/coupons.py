"""镇里的优惠券: issued with a budget, and what the town owes each cooperative for them."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.numbers import row_id
from shop.core.typed import Form
from shop.orders.coupons import form as coupon_form
from shop.orders.coupons import issuing as deeds
from shop.payments import town_claims
from shop.township.blueprint import bp


@bp.get("/<region>/coupons")
@guards.staff
def coupons(region: str) -> str:
    return _page(coupon_form.form({}, of_town=True))


def _page(form: Form) -> str:
    sellers = deeds.cooperatives_of(g.region_code)
    return render_template(
        "township/coupons.html",
        rows=deeds.issued_by(region_code=g.region_code),
        promise=deeds.promise,
        form=form,
        sellers=[(str(row.id), row.name) for row in sellers],
        owed=town_claims.by_cooperative([row.id for row in sellers]),
        today=clock.today(),
        key=coupon_form.key(),
    )


@bp.post("/<region>/coupons")
@guards.staff
def coupon_issue(region: str) -> Response | tuple[str, int]:
    form = coupon_form.form(request.form, of_town=True)
    if not coupon_form.issue(form, guards.me().id, region_code=g.region_code):
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
