"""What everybody reads of reviews: a product's page of them, and their pictures."""

from __future__ import annotations

from typing import Any

from flask import Response, g, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from shop.accounts import guards
from shop.catalog import product_page
from shop.core import clock, pictures
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.pages import here, page_number
from shop.orders.reviews import reading as review_reading
from shop.orders.reviews.models import Review, ReviewHiding, ReviewPicture
from shop.storefront.blueprint import bp

TABS = ("", "pictures", "low")


@bp.get("/p/<int:product_id>/reviews")
@guards.public
def product_reviews(product_id: int) -> str:
    """All of a product's, newest first; hidden ones say that they are and why."""
    g.private = False
    only = request.args.get("only", "")
    only = only if only in TABS else ""
    page = product_page.page(product_id, clock.today())
    rating = review_reading.rating_of(product_id)
    tabs = [
        {"label": _(review_reading.FILTERS[name]), "url": here(only=name, page=None), "on": name == only}
        for name in TABS
    ]
    return render_template(
        "storefront/product_reviews.html",
        p=page.row,
        rating=rating,
        page=review_reading.reviews("product", product_id, only, page_number()),
        tabs=tabs,
        only=only,
    )


@bp.get("/reviews/pictures/<int:review_picture_id>")
@guards.public
def review_picture(review_picture_id: int) -> Response:
    return _picture(review_picture_id, ReviewPicture.attachment_id)


@bp.get("/reviews/pictures/<int:review_picture_id>/small")
@guards.public
def review_thumb(review_picture_id: int) -> Response:
    return _picture(review_picture_id, ReviewPicture.thumb_id)


def _picture(picture_id: int, which: Any) -> Response:
    """Raises NotFound for a hidden review's as well. It may be hidden later: nobody but the reader's browser keeps it."""
    last = (
        select(ReviewHiding.hidden)
        .where(ReviewHiding.review_id == Review.id)
        .order_by(ReviewHiding.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = (
        session()
        .execute(
            select(which, Review.cooperative_id)
            .join(Review, Review.id == ReviewPicture.review_id)
            .where(ReviewPicture.id == picture_id, last.is_not(True))
        )
        .one_or_none()
    )
    if found is None:
        raise NotFound
    response = pictures.answer(found[0], [found.cooperative_id])
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
