"""What search engines see: which pages they may keep and under which address, the map of them, and a product's card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for
from markupsafe import escape

from shop.accounts import guards
from shop.catalog import queries
from shop.cooperatives.people import queries as people
from shop.core.http import settings
from shop.core.money import format_plain
from shop.storefront.blueprint import bp

# pages that say the same to everybody; every other one is for its reader alone
KEPT = {
    f"storefront.{name}"
    for name in (
        "home", "categories", "category", "product", "product_reviews", "cooperative", "village", "help", "rules",
        "licence", "privacy", "notices", "notice", "impact",
    )
}  # fmt: skip
HIDDEN = (
    "/basket", "/checkout", "/orders", "/reviews", "/addresses", "/invoices", "/me", "/m/", "/g/", "/pay/", "/signin", "/search",
    "/coop/", "/town/", "/webhooks/",
    "/t/", "/favourites", "/seen",
)  # fmt: skip
MOST = 50_000  # of one map, by its format


def public(path: str) -> str:
    """An address as the world sees it, whatever host the request named."""
    return settings().public_url.rstrip("/") + path


def canonical() -> str:
    """The one address of the page being made, without what only sorts or filters it; empty where it is not to be kept."""
    if request.endpoint not in KEPT:
        return ""
    return public(request.path)


@bp.context_processor
def _canonical() -> dict[str, Any]:
    return {"canonical": canonical, "public_address": public}


@bp.get("/robots.txt")
@guards.public
def robots() -> Response:
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in HIDDEN),
        "",
        f"Sitemap: {public('/sitemap.xml')}",
        "",
    ]
    return _kept("\n".join(lines), "text/plain")


@bp.get("/sitemap.xml")
@guards.public
def sitemap() -> Response:
    """Home, categories, products on sale, cooperatives and their villages. Three statements."""
    cooperatives = people.cooperatives_under("")
    paths = [url_for("storefront.home"), url_for("storefront.categories")]
    paths += [url_for("storefront.category", slug=row.slug) for row in queries.categories()]
    paths += [
        url_for("storefront.product", product_id=product_id) for product_id in queries.published_ids(MOST)
    ]
    paths += [url_for("storefront.cooperative", code=row.code) for row in cooperatives]
    paths += [
        url_for("storefront.village", code=code)
        for code in dict.fromkeys(row.village_code for row in cooperatives)
    ]
    rows = "".join(f"<url><loc>{escape(public(path))}</loc></url>\n" for path in paths[:MOST])
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
    )
    return _kept(body, "application/xml")


def _kept(body: str, kind: str) -> Response:
    answer = Response(body, content_type=f"{kind}; charset=utf-8")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def product_data(row: Any, specs: Any, pictures: Sequence[str], rating: Any = None) -> dict[str, Any]:
    """A product as schema.org names it: an offer for each spec, prices as plain yuan; `rating` where there are reviews."""
    address = public(url_for("storefront.product", product_id=row.id))
    seller = {"@type": "Organization", "name": row.cooperative}
    offers = [
        {
            "@type": "Offer", "url": f"{address}?sku={spec.id}", "sku": str(spec.id), "name": spec.spec,
            "price": format_plain(spec.price_fen).replace(",", ""), "priceCurrency": "CNY", "seller": seller,
            "itemCondition": "https://schema.org/NewCondition",
            "availability": f"https://schema.org/{'InStock' if spec.left else 'OutOfStock'}",
        }
        for spec in specs
    ]  # fmt: skip
    rated = {
        "@type": "AggregateRating", "ratingValue": rating.average, "reviewCount": rating.number, "bestRating": 5,
        "worstRating": 1,
    } if rating else None  # fmt: skip
    return {
        "@context": "https://schema.org", "@type": "Product", "name": row.name, "sku": str(row.id), "url": address,
        "description": row.subtitle or f"{row.region}{row.village} {row.name}", "image": [public(one) for one in pictures],
        "category": row.category, "countryOfOrigin": "CN", "brand": seller, "offers": offers,
        **({"aggregateRating": rated} if rated else {}),
    }  # fmt: skip
