"""The basket: put in, change counts, take out; the same for guests and for signed-in buyers."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock
from shop.core.db import transaction
from shop.core.errors import NotFound, Refused, said
from shop.core.pages import say
from shop.core.text import BadInput
from shop.orders import basket as baskets
from shop.orders import basket_view
from shop.storefront import typed, visitor
from shop.storefront.blueprint import bp
from shop.storefront.product import product_html


@bp.get("/basket")
@guards.public
def basket() -> str:
    return _page()


def _page(problems: dict[int, str] | None = None, counts: dict[int, str] | None = None) -> str:
    """The basket; `problems` and what was typed by sku id, where a change was refused."""
    view = basket_view.read(visitor.owner(), clock.today())
    visitor.note_basket_size(len(view.items))
    return render_template("storefront/basket.html", view=view, problems=problems or {}, counts=counts or {})


@bp.post("/basket/add")
@guards.public
def basket_add() -> Response | tuple[str, int]:
    """From the product page, or again after 撤销. `to=buy` goes straight on to the checkout."""
    sku_id = typed.row_id("sku")
    try:
        number = typed.count()
        with transaction():
            owner = visitor.owner_to_fill()
            baskets.add(owner, sku_id, number)
            size = baskets.size(owner)
    except (Refused, BadInput) as refusal:
        return _refused(refusal)
    visitor.note_basket_size(size)
    if request.form.get("to") == "buy":
        return redirect(url_for("storefront.checkout"), 303)
    say(_("已加入购物车"))
    return redirect(url_for("storefront.basket"), 303)


def _refused(refusal: Refused | BadInput) -> tuple[str, int]:
    """The product page again with the sentence beside its button; without a product, the basket's page."""
    shown, status = said(refusal), 422
    try:
        product_id = typed.row_id("product")
    except NotFound:
        say(shown, "error")
        return _page(), status
    return product_html(
        product_id, request.form.get("sku", ""), request.form.get("count", "")[:20], shown
    ), status


@bp.post("/basket/set")
@guards.public
def basket_set() -> Response | tuple[str, int]:
    """A line's new count; 0 takes it out."""
    sku_id = typed.row_id("sku")
    try:
        number = typed.count()
        if number == 0:
            return _remove(sku_id)
        with transaction():
            baskets.set_count(visitor.owner(), sku_id, number)
    except (Refused, BadInput) as refusal:
        return _page({sku_id: said(refusal)}, {sku_id: request.form.get("count", "")[:20]}), 422
    return redirect(url_for("storefront.basket"), 303)


@bp.post("/basket/remove")
@guards.public
def basket_remove() -> Response:
    return _remove(typed.row_id("sku"))


def _remove(sku_id: int) -> Response:
    with transaction():
        owner = visitor.owner()
        had = baskets.remove(owner, sku_id)
        size = baskets.size(owner)
    visitor.note_basket_size(size)
    if had is not None:
        say(
            _("已从购物车移除"), undo_url=url_for("storefront.basket_add"), undo={"sku": sku_id, "count": had}
        )
    return redirect(url_for("storefront.basket"), 303)
