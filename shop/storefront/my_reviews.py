"""评价: what the buyer has received and not yet judged, what was written, and the form for it."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Row
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.accounts.limits import limiter
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused, said
from shop.core.pages import here, page_number, say
from shop.core.text import N_, BadInput
from shop.orders.reviews import photos as review_photos
from shop.orders.reviews import reading as review_reading
from shop.orders.reviews import writing as deeds
from shop.payments import repaid
from shop.storefront.blueprint import bp

OFTEN = "30 per hour;100 per day"
STARS = {5: N_("很满意"), 4: N_("满意"), 3: N_("一般"), 2: N_("不太好"), 1: N_("很差")}


@bp.get("/reviews")
@guards.signed_in
def reviews() -> str:
    """Two tabs: 待评价 and 我的评价."""
    done = request.args.get("tab") == "done"
    me = guards.me().id
    page: Any = (
        review_reading.reviews("buyer", me, page=page_number())
        if done
        else review_reading.to_review(me, page_number())
    )
    tabs = [
        {"label": _("待评价"), "url": here(tab=None, page=None), "on": not done},
        {"label": _("我的评价"), "url": here(tab="done", page=None), "on": done},
    ]
    return render_template("storefront/reviews.html", page=page, tabs=tabs, done=done)


@bp.get("/reviews/of/<int:bought_line_id>")
@guards.signed_in
def review_new(bought_line_id: int) -> str | Response:
    line = _line(bought_line_id)
    if line.review_id is not None:
        return redirect(url_for("storefront.review", own_review_id=line.review_id), 303)
    return _form(line, {})


@bp.post("/reviews/of/<int:bought_line_id>")
@limiter.limit(OFTEN)
@guards.signed_in
def review_write(bought_line_id: int) -> Response | tuple[str, int]:
    line = _line(bought_line_id)
    problems: dict[str, str] = {}
    given, words, photos = 0, "", []
    try:
        given = deeds.stars(request.form.get("stars", ""))
    except Refused as refusal:
        problems["stars"] = said(refusal)
    try:
        words = deeds.words(request.form.get("words", "")[:2500])
    except BadInput as refusal:
        problems["words"] = said(refusal)
    try:
        photos = review_photos.sent(request.files.getlist(review_photos.FIELD))
    except Refused as refusal:
        problems["pictures"] = said(refusal)
    if problems:
        return _form(line, problems), 422
    try:
        with transaction():
            if repaid.wholly(line.suborder_id):
                raise Refused(N_("这件商品已经退货退款，不能再评价"))
            review_id = deeds.write(line.id, guards.me().id, given, words, photos)
    except (Refused, Conflict) as refusal:
        return _form(line, {"": said(refusal)}), refusal.status
    say(_("谢谢，你的评价已经发布"))
    return redirect(url_for("storefront.review", own_review_id=review_id), 303)


@bp.get("/reviews/<int:own_review_id>")
@guards.signed_in
def review(own_review_id: int) -> str:
    return _mine(own_review_id)


@bp.post("/reviews/<int:own_review_id>/more")
@limiter.limit(OFTEN)
@guards.signed_in
def review_more(own_review_id: int) -> Response | tuple[str, int]:
    """追评."""
    try:
        with transaction():
            deeds.add(own_review_id, guards.me().id, request.form.get("words", "")[:2500])
    except (BadInput, Conflict) as refusal:
        return _mine(own_review_id, said(refusal)), getattr(refusal, "status", 422)
    say(_("追评已经发布"))
    return redirect(url_for("storefront.review", own_review_id=own_review_id), 303)


def _line(line_id: int) -> Row[*tuple[Any, ...]]:
    """Raises NotFound for anybody else's line."""
    line = deeds.bought(line_id, guards.me().id)
    if line is None:
        raise NotFound
    return line


def _form(line: Row[*tuple[Any, ...]], problems: dict[str, str]) -> str:
    labels = {"stars": _("几颗星"), "words": _("评价"), "pictures": _("图片")}
    form = {
        name: {
            "name": name, "id": name, "label": label, "data": request.form.get(name, "")[:2500],
            "errors": [problems[name]] if name in problems else [], "required": name != "pictures",
        }
        for name, label in labels.items()
    }  # fmt: skip
    return render_template(
        "storefront/review_new.html",
        line=line,
        form=form,
        problems=list(problems.items()),
        choices=[{"value": n, "title": "★" * n, "note": _(word)} for n, word in STARS.items()],
        accepted=review_photos.ACCEPTED,
        most=deeds.MOST_PICTURES,
        longest=deeds.MOST_WORDS,
    )


def _mine(review_id: int, problem: str = "") -> str:
    """The buyer's own, as others see it, with the form for one addition. Raises NotFound for anybody else's."""
    found = review_reading.reviews("review", review_id).items
    if not found or found[0].row.buyer_id != guards.me().id:
        raise NotFound
    words = {
        "name": "words", "id": "words", "label": _("追评"), "data": request.form.get("words", "")[:2500],
        "errors": [problem] if problem else [], "required": True,
    }  # fmt: skip
    return render_template(
        "storefront/review.html", r=found[0], words=words, problem=problem, longest=deeds.MOST_WORDS
    )
