"""Photographs of goods, as files; and the address of any picture that a list or a product's page shows."""

from __future__ import annotations

import functools
from collections.abc import Callable

from flask import Response, current_app, g, url_for

from shop.accounts import guards
from shop.catalog import gallery, photos
from shop.core.pictures import Paper
from shop.storefront.blueprint import bp


@bp.app_template_global("goods_picture")
def goods_picture(name: str, large: bool = False) -> str:
    """Where the picture of this name lies: a photograph by its number (gallery.first_of), else one of our illustrations."""
    if name.isdecimal():
        view = "storefront.product_picture" if large else "storefront.product_picture_small"
        return url_for(view, product_picture_id=int(name))
    asset = current_app.jinja_env.globals["asset"]
    return str(asset(f"img/{name or 'produce'}.svg"))  # type: ignore[operator]


@bp.app_template_global("goods_thumb")
def goods_thumb(name: str) -> str:
    """The same in the size of a line's picture."""
    if name.isdecimal():
        return url_for("storefront.product_picture_thumb", product_picture_id=int(name))
    return goods_picture(name)


@bp.app_template_global("is_photo")
def is_photo(name: str) -> bool:
    """A photograph that was sent, not one of our illustrations."""
    return name.isdecimal()


@bp.get("/pictures/<int:product_picture_id>")
@guards.public
def product_picture(product_picture_id: int) -> Response:
    return _file(product_picture_id, small=False)


@bp.get("/pictures/<int:product_picture_id>/small")
@guards.public
def product_picture_small(product_picture_id: int) -> Response:
    return _file(product_picture_id, small=True)


@bp.get("/pictures/<int:product_picture_id>/thumb")
@guards.public
def product_picture_thumb(product_picture_id: int) -> Response:
    return _file(product_picture_id, small=True, drawn=_thumb)


@functools.lru_cache(maxsize=512)
def _thumb(paper: Paper) -> Paper:
    """Drawn once for a photograph: a list asks for twenty at once."""
    return photos.thumb(paper)


def _file(picture_id: int, *, small: bool, drawn: Callable[[Paper], Paper] | None = None) -> Response:
    """Of goods that are on sale to everybody, of the others to their own managers. Raises NotFound.

    It may be taken down later: nobody but the reader's browser keeps it.
    """
    g.private = False
    user = guards.signed_in_user()
    granted = [row.cooperative_id for row in user.cooperatives] if user else []
    paper = gallery.photograph(
        picture_id, small=small, cooperative_ids=[one for one in granted if one is not None]
    )
    paper = drawn(paper) if drawn is not None else paper
    response = Response(paper.body, mimetype=paper.media_type)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response
