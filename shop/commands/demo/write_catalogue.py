"""Categories, produce, products with their specs, and prices by date."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from shop.catalog.models import Category, Product, Sku, SkuPrice
from shop.catalog.search import search_text, sort_key
from shop.commands.demo.figures import FIRST_DAY
from shop.commands.demo.kinds import CATEGORIES, CORE
from shop.commands.demo.offers import OFFERS, Offer, Spec
from shop.commands.demo.places import Place
from shop.commands.demo.plan import moment
from shop.commands.demo.written import Written
from shop.cooperatives.produce.models import Produce
from shop.core.db import insert_rows

FRESH = ("vegetables", "fruit")  # the meat of the demo is sold frozen


def write_categories() -> dict[str, int]:
    """Category ids by slug: once for all towns."""
    rows = [
        {"slug": slug, "name": name, "name_en": name_en, "sort": place * 10}
        for place, (slug, name, name_en) in enumerate(CATEGORIES, start=1)
    ]
    ids = insert_rows(Category, rows, "id")
    return dict(zip([slug for slug, _, _ in CATEGORIES], ids, strict=True))


def write_catalogue(written: Written, categories: dict[str, int], today: date) -> None:
    """Every offer of the town's cooperatives, all on sale; the prices of 2020 stay in the history."""
    places = {place.key: place for place in written.town.places}
    keys = [offer.key for offer in OFFERS]
    produce = insert_rows(Produce, [_produce(offer, written) for offer in OFFERS], "id")
    written.produce = dict(zip(keys, produce, strict=True))
    this_year = moment(date(today.year, 1, 1), 0)
    rows = [_product(offer, places[offer.village], written, categories, this_year) for offer in OFFERS]
    written.products = dict(zip(keys, insert_rows(Product, rows, "id"), strict=True))
    specs = [(offer, spec) for offer in OFFERS for spec in offer.specs]
    ids = insert_rows(Sku, [_sku(offer, spec, written) for offer, spec in specs], "id")
    written.skus = {(offer.key, spec.name): sku_id for (offer, spec), sku_id in zip(specs, ids, strict=True)}
    insert_rows(SkuPrice, [row for offer, spec in specs for row in _prices(offer, spec, written, this_year)])


def _produce(offer: Offer, written: Written) -> dict[str, Any]:
    kind = offer.kind
    return {
        "cooperative_id": written.cooperatives[offer.village],
        "name": kind.name,
        "pinyin": sort_key(kind.name),
        "unit_kind": kind.unit_kind,
        "count_word": kind.count_word,
        "shelf_life_days": kind.shelf_life_days,
    }


def _product(
    offer: Offer, place: Place, written: Written, categories: dict[str, int], this_year: datetime
) -> dict[str, Any]:
    kind = offer.kind
    name = f"{place.short}{kind.product_name}"
    category = next(name for slug, name, _ in CATEGORIES if slug == kind.category)
    listed = moment(FIRST_DAY, 8) if kind.key in CORE else this_year
    return {
        "cooperative_id": written.cooperatives[offer.village],
        "produce_id": written.produce[offer.key],
        "category_id": categories[kind.category],
        "name": name,
        "name_en": kind.name_en,
        "subtitle": kind.subtitle,
        "pinyin": sort_key(name),
        "search_text": search_text(
            name, kind.name, place.village_name, place.cooperative_name, category, kind.name_en
        ),
        "origin": place.origin,
        "grade": offer.grade,
        "storage": kind.storage,
        "shelf_life": kind.shelf_life,
        "story": kind.full_story,
        "certificate_no": f"演示-{place.cooperative_code}-{OFFERS.index(offer) + 1:03d}",
        "certified": offer.certified,
        "fresh": kind.category in FRESH,
        "picture": kind.picture,
        "published_at": listed,
        "created_at": listed,
    }


def _sku(offer: Offer, spec: Spec, written: Written) -> dict[str, Any]:
    changes = (spec.price_2020 > 0) + (spec.price_now > 0) - 1 + (not spec.shown)
    return {
        "cooperative_id": written.cooperatives[offer.village],
        "product_id": written.products[offer.key],
        "spec": spec.name,
        "unit_quantity": spec.unit_quantity,
        "price_fen": spec.price_now or spec.price_2020,
        "published": spec.shown,
        "version": 1 + changes,
    }


def _prices(offer: Offer, spec: Spec, written: Written, this_year: datetime) -> list[dict[str, Any]]:
    dated = ((spec.price_2020, moment(FIRST_DAY, 8)), (spec.price_now, this_year))
    return [
        {
            "sku_id": written.sku(offer, spec), "price_fen": price, "valid_from": at.date(),
            "set_by": written.managers[offer.village], "set_at": at,
        }
        for price, at in dated
        if price
    ]  # fmt: skip
