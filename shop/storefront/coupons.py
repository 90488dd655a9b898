"""领券 and 我的优惠券."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core.db import transaction
from shop.core.errors import Refused, said
from shop.core.numbers import row_id
from shop.core.pages import here, say
from shop.core.text import N_
from shop.orders.attempts import retried
from shop.orders.coupons import issuing as deeds
from shop.storefront import typed
from shop.storefront.blueprint import bp

TABS = {"usable": N_("可用"), "used": N_("已用"), "expired": N_("已过期")}


@bp.get("/coupons", endpoint="coupons")
@guards.public
def coupons_page() -> str:
    return _page()


def _page(problem: str = "", wrong: int = 0) -> str:
    """Everything that can be taken now, or one cooperative's."""
    user = guards.signed_in_user()
    code = typed.code(request.args["coop"]) if request.args.get("coop") else ""
    user_id = user.id if user else None
    rows = deeds.offered_by(code, user_id) if code else deeds.offered(user_id)
    return render_template(
        "storefront/coupons.html", rows=rows, promise=deeds.promise, coop=code, problem=problem, wrong=wrong
    )


@bp.post("/coupons/take")
@guards.signed_in
def coupon_take() -> Response | tuple[str, int]:
    """The form names the coupon; taking it again changes nothing."""
    coupon_id = row_id(request.form.get("coupon", "")) or 0
    buyer = guards.me().id
    try:
        fresh = retried(lambda: deeds.take(coupon_id, buyer))
    except Refused as refusal:
        return _page(said(refusal), coupon_id), refusal.status
    say(_("领到了，结算时可以用") if fresh else _("这张券已经在“我的优惠券”里"))
    code = request.args.get("coop") or None
    return redirect(url_for("storefront.coupons", coop=typed.code(code) if code else None), 303)


@bp.get("/coupons/mine")
@guards.signed_in
def coupons_mine() -> str:
    with transaction():
        rows = deeds.mine(guards.me().id)
    chosen = request.args.get("tab", "usable")
    chosen = chosen if chosen in TABS else "usable"
    tabs: list[dict[str, Any]] = [
        {
            "label": _(label),
            "url": here(tab=None if name == "usable" else name),
            "on": name == chosen,
            "count": sum(row.state == name for row in rows),
        }
        for name, label in TABS.items()
    ]
    return render_template(
        "storefront/coupons_mine.html",
        rows=[row for row in rows if row.state == chosen],
        tabs=tabs,
        chosen=chosen,
        promise=deeds.promise,
    )
