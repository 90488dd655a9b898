"""The product page."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import beside, product_page
from shop.catalog.product_page import Page, Spec
from shop.catalog.shelf import CERTIFICATES
from shop.core import clock
from shop.core.errors import Refused
from shop.core.pages import say
from shop.orders import freight_book
from shop.orders.basket import MAX_COUNT
from shop.orders.reviews import reading as review_reading
from shop.storefront import favourites, seen
from shop.storefront.blueprint import bp
from shop.storefront.indexing import product_data

SEEN_SHOWN = 4


@bp.get("/p/<int:product_id>")
@guards.public
def product(product_id: int) -> str:
    g.private = False
    return product_html(product_id, wanted=request.args.get("sku", ""))


def product_html(product_id: int, wanted: str = "", count: str = "1", problem: str = "") -> str:
    """The page, perhaps again with what was chosen and why that cannot be put into the basket. Raises NotFound."""
    return _html(product_page.page(product_id, clock.today(), favourites.viewer()), wanted, count, problem)


@bp.get("/coop/<coop>/products/<int:product_id>/preview")
@guards.manager
def product_preview(coop: str, product_id: int) -> str | Response:
    """What buyers would see, for the managers of the cooperative; kept out of search engines as all of /coop/ is."""
    try:
        page = product_page.preview(product_id, g.cooperative_id, clock.today())
    except Refused as refusal:
        say(refusal.message, "error")
        return redirect(url_for("office.product", coop=coop, product_id=product_id), 303)
    return _html(page, request.args.get("sku", ""), preview=True)


def _html(page: Page, wanted: str, count: str = "1", problem: str = "", *, preview: bool = False) -> str:
    """The page; a preview leaves no trace in what was seen."""
    today, product_id = clock.today(), page.row.id
    seen_before = seen.ids()
    if not preview:
        seen.note(product_id)
    others = beside.beside(
        page.row, [known for known in seen_before if known != product_id], today, favourites.viewer()
    )
    chosen = _chosen(page.specs, wanted)
    rating = review_reading.rating_of(product_id)
    return render_template(
        "storefront/product.html",
        p=page.row,
        product_data=product_data,
        today=today,
        specs=page.specs,
        pictures=page.pictures,
        preview=preview,
        chosen=chosen,
        count=count,
        problem=problem,
        most=min(MAX_COUNT, max(1, *(spec.left for spec in page.specs))),
        in_stock=any(spec.left for spec in page.specs),
        lots=product_page.lots_on_sale(page.row.produce_id, today),
        origin=product_page.origin(page.row.produce_id, today),
        rule=freight_book.in_force(page.row.cooperative_id),
        rating=rating,
        newest=review_reading.newest(product_id) if rating else (),
        related=others.related,
        seen=others.seen[:SEEN_SHOWN],
        certificate_label=CERTIFICATES[page.row.regulatory_class],
    )


def _chosen(specs: tuple[Spec, ...], wanted: str) -> Spec:
    """The spec that ?sku= names, else the cheapest one in stock, else the cheapest."""
    named = next((spec for spec in specs if str(spec.id) == wanted), None)
    return named or next((spec for spec in specs if spec.left), specs[0])
