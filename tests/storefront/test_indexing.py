"""What search engines may keep: one address a page, a map of them, a product's card; nothing of a person's."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest
from flask import Flask

from shop.storefront.indexing import HIDDEN, KEPT
from tests.access.identities import make_user, signed_in

SITE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def test_the_map_names_pages_that_exist_and_are_kept(shared_town: Flask) -> None:
    client = shared_town.test_client()
    answer = client.get("/sitemap.xml")
    assert answer.content_type.startswith("application/xml")
    found = [loc.text or "" for loc in ET.fromstring(answer.text).iter(f"{SITE}loc")]  # noqa: S314 (our own)
    assert len(found) == len(set(found)) > 20
    for address in (found[0], found[-1], *found[::7]):
        assert address.startswith("http://localhost/")
        page = client.get(address.removeprefix("http://localhost"))
        assert page.status_code == 200, address
        assert f'<link rel="canonical" href="{address}">' in page.text


def test_every_kept_page_exists_and_no_hidden_path_is_kept(shared_town: Flask) -> None:
    rules = {rule.endpoint: rule.rule for rule in shared_town.url_map.iter_rules()}
    assert set(rules) >= KEPT
    assert [rules[name] for name in KEPT if rules[name].startswith(HIDDEN)] == []
    robots = shared_town.test_client().get("/robots.txt").text
    assert "Sitemap: http://localhost/sitemap.xml" in robots
    for path in HIDDEN:
        assert f"Disallow: {path}\n" in robots
        assert any(rule.startswith(path) for rule in rules.values()), path


def test_sorting_and_filtering_is_the_same_page_and_a_search_is_none(shared_town: Flask) -> None:
    client = shared_town.test_client()
    assert '<link rel="canonical" href="http://localhost/c">' in client.get("/c?sort=price&stock=1").text
    for address in ("/search?q=gxg", "/no/such/page"):
        page = client.get(address).text
        assert "canonical" not in page
        assert 'name="robots" content="noindex"' in page


def test_a_persons_pages_are_not_kept(shared_town: Flask) -> None:
    client = signed_in(shared_town, make_user(shared_town, "+8613900000093"))
    for address in ("/orders", "/me", "/basket"):
        assert 'content="noindex"' in client.get(address).text, address


@pytest.mark.parametrize("product", [1, 3])
def test_a_product_says_what_it_costs_to_machines_too(shared_town: Flask, product: int) -> None:
    page = shared_town.test_client().get(f"/p/{product}").text
    data = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[0])
    assert (data["@type"], data["url"]) == ("Product", f"http://localhost/p/{product}")
    assert data["image"][0].startswith("http://localhost/static/dist/")
    assert data["offers"]
    for offer in data["offers"]:
        assert re.fullmatch(r"[0-9]+\.[0-9]{2}", offer["price"])
        assert f"¥{offer['price']}" in page.replace(",", "")
        assert offer["availability"].endswith(("InStock", "OutOfStock"))
