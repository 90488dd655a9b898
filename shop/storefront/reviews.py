"""What everybody reads of reviews: a product's page of them, and their pictures."""

from __future__ import annotations

from flask import Response, g, render_template

from shop.accounts import guards
from shop.catalog import product_page
from shop.core import clock, pictures
from shop.core.errors import NotFound
from shop.core.pages import page_number
from shop.orders.reviews import reading as review_reading
from shop.storefront.blueprint import bp

TABS = ("", "pictures", "low")


@bp.get("/p/<int:product_id>/reviews")
@guards.public
def product_reviews(product_id: int) -> str:
    """All of a product's, newest first; hidden ones say that they are and why."""
    g.private = False
    only, tabs = review_reading.chosen(TABS)
    page = product_page.page(product_id, clock.today())
    rating = review_reading.rating_of(product_id)
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
    return _picture(review_picture_id, small=False)


@bp.get("/reviews/pictures/<int:review_picture_id>/small")
@guards.public
def review_thumb(review_picture_id: int) -> Response:
    return _picture(review_picture_id, small=True)


def _picture(picture_id: int, *, small: bool) -> Response:
    """Raises NotFound for a hidden review's as well. It may be hidden later: nobody but the reader's browser keeps it."""
    found = review_reading.picture_of(picture_id, small=small)
    if found is None:
        raise NotFound
    attachment_id, cooperative_id = found
    response = pictures.answer(attachment_id, [cooperative_id])
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
