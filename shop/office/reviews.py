"""评价: what buyers said of the cooperative's goods, and its replies."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core.db import transaction
from shop.core.errors import said
from shop.core.pages import page_number, say
from shop.core.text import BadInput
from shop.office.blueprint import bp
from shop.orders.reviews import reading as review_reading
from shop.orders.reviews import writing as deeds

TABS = ("", "waiting", "low")


@bp.get("/<coop>/reviews")
@guards.manager
def reviews(coop: str) -> str:
    return _page()


@bp.post("/<coop>/reviews/<int:review_id>/reply")
@guards.manager
def review_reply(coop: str, review_id: int) -> Response | tuple[str, int]:
    try:
        with transaction():
            fresh = deeds.reply(
                review_id, g.cooperative_id, request.form.get("words", "")[:2500], guards.me().id
            )
    except BadInput as refusal:
        page = _page(review_id, said(refusal))
        return page, 422
    say(_("回复已发布") if fresh else _("刚才已经这样回复过"))
    return redirect(
        url_for("office.reviews", only=request.args.get("only"), page=request.args.get("page")), 303
    )


def _page(wrong: int = 0, problem: str = "") -> str:
    """The list; `wrong` is the review whose reply was refused, and its words are kept."""
    only, tabs = review_reading.chosen(TABS)
    page = review_reading.reviews("cooperative", g.cooperative_id, only, page_number())
    return render_template(
        "office/reviews.html",
        page=page,
        tabs=tabs,
        only=only,
        wrong=wrong,
        problem=problem,
        typed=request.form.get("words", "")[:2500],
        longest=deeds.MOST_WORDS,
    )
