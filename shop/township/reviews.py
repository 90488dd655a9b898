"""评价: all of the region's, and hiding one with a reason that stands in public."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core.db import transaction
from shop.core.errors import Refused, said
from shop.core.pages import page_number, say
from shop.core.text import BadInput
from shop.orders.reviews import hiding
from shop.orders.reviews import reading as review_reading
from shop.township.blueprint import bp
from shop.township.overview import region_name

TABS = ("", "low", "pictures", "hidden")


@bp.get("/<region>/reviews")
@guards.staff
def reviews(region: str) -> str:
    return _page(region)


@bp.post("/<region>/reviews/<int:review_id>/hide")
@guards.staff
def review_hide(region: str, review_id: int) -> Response | tuple[str, int]:
    note, me = request.form.get("note", "")[:1000], guards.me().id
    try:
        with transaction():
            fresh = hiding.hide(review_id, g.region_code, request.form.get("why", ""), note, me)
    except (Refused, BadInput) as refusal:
        at = getattr(refusal, "field", None) or "note"
        return _page(region, review_id, said(refusal), at), 422
    say(_("已隐藏，公开页会写明原因") if fresh else _("这条刚才已经隐藏了"))
    return _back()


@bp.post("/<region>/reviews/<int:review_id>/show")
@guards.staff
def review_show(region: str, review_id: int) -> Response | tuple[str, int]:
    try:
        with transaction():
            fresh = hiding.show(review_id, g.region_code, request.form.get("note", "")[:1000], guards.me().id)
    except BadInput as refusal:
        return _page(region, review_id, said(refusal)), 422
    say(_("已恢复显示") if fresh else _("这条没有隐藏"))
    return _back()


def _back() -> Response:
    return redirect(
        url_for("township.reviews", only=request.args.get("only"), page=request.args.get("page")), 303
    )


def _page(region: str, wrong: int = 0, problem: str = "", at: str = "note") -> str:
    only, tabs = review_reading.chosen(TABS)
    return render_template(
        "township/reviews.html",
        place=region_name(region),
        page=review_reading.reviews("region", g.region_code, only, page_number()),
        tabs=tabs,
        only=only,
        why_choices=[(code, _(word)) for code, word in hiding.WHY.items()],
        wrong=wrong,
        problem=problem,
        at=at,
        typed=request.form,
    )
