"""商品: what stands on the shelf with price and stock; on and off sale with one tap, and back."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import shelf, stocktaking
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.office.blueprint import bp

SIZE = 20
WHICH = ("", "on", "off", "low")


@bp.get("/<coop>/products")
@guards.manager
def products(coop: str) -> str:
    which = request.args.get("which", "")
    which = which if which in WHICH else ""
    number = pages.page_number()
    rows = stocktaking.products(
        g.cooperative_id, clock.today(), which=which, limit=SIZE, offset=(number - 1) * SIZE
    )
    return render_template(
        "office/products.html",
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
        which=which,
        low_packs=stocktaking.LOW_PACKS,
    )


@bp.get("/<coop>/products/<int:product_id>")
@guards.manager
def product(coop: str, product_id: int) -> str:
    return product_page(product_id)


def spec_labels() -> dict[str, str]:
    return {"content": _("每份净含量"), "content_unit": _("单位"), "pack": _("包装"), "price": _("价格")}


def product_page(
    product_id: int, *, problem: str = "", missing: str = "", spec: typed.Form | None = None,
    price: typed.Form | None = None, wrong_sku: int | None = None,
) -> str:  # fmt: skip
    """One product with its specs; `price` and `spec` are forms that were refused. Raises NotFound."""
    row = stocktaking.product(product_id, g.cooperative_id, clock.today())
    return render_template(
        "office/product.html",
        p=row,
        problem=problem,
        missing=missing,
        spec=spec or typed.Form(spec_labels(), {}, frozenset({"content", "price"})),
        price=price,
        wrong_sku=wrong_sku,
        low_packs=stocktaking.LOW_PACKS,
    )


@bp.post("/<coop>/products/<int:product_id>/on")
@guards.manager
def product_on(coop: str, product_id: int) -> Response | tuple[str, int]:
    row = stocktaking.product(product_id, g.cooperative_id, clock.today())
    try:
        with transaction():
            shelf.publish(product_id, g.cooperative_id, by=guards.me().id)
    except Refused as refusal:
        return product_page(product_id, problem=refusal.message, missing=refusal.field or "name"), 422
    pages.say(
        _("“%(name)s”已上架", name=row.name), undo_url=url_for("office.product_off", product_id=product_id)
    )
    return _back(product_id)


@bp.post("/<coop>/products/<int:product_id>/off")
@guards.manager
def product_off(coop: str, product_id: int) -> Response:
    row = stocktaking.product(product_id, g.cooperative_id, clock.today())
    with transaction():
        shelf.unpublish(product_id, g.cooperative_id, by=guards.me().id)
    pages.say(
        _("“%(name)s”已下架", name=row.name), undo_url=url_for("office.product_on", product_id=product_id)
    )
    return _back(product_id)


def _back(product_id: int) -> Response:
    """To where the button stood: the product's page, or the list."""
    if request.form.get("back") == "product":
        return redirect(url_for("office.product", product_id=product_id), 303)
    return redirect(url_for("office.products"), 303)
