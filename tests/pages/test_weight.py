"""Weights as sent, compressed: HTML of every page, style, script and icons (experience.md: budget)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.access.identities import signed_in
from tests.pages.listing import user_ids, visits

KB = 1024
HOST = "127.0.0.1"
HTML = {"storefront": 15 * KB, "office": 20 * KB, "township": 30 * KB}
FILES = {"app.css": 15 * KB, "app.js": 25 * KB, "icons.svg": 8 * KB}


def clients(app: Flask) -> dict[str, FlaskClient]:
    """A browser without JavaScript for each role, at the site's own address; call it inside an application context."""
    made = {"guest": app.test_client()}
    for role, user_id in user_ids().items():
        made[role] = signed_in(app, user_id)
        ticket = made[role].get_cookie("sid")
        assert ticket is not None
        made[role].set_cookie("sid", ticket.value, domain=HOST)
    return made


def test_html_of_every_page(lived_in: tuple[Flask, str]) -> None:
    app, address = lived_in
    with app.app_context():
        seen = visits(app)
        browsers = clients(app)
    heavy = []
    for visit in seen:
        answer = browsers[visit.role].get(visit.address, base_url=address)
        assert answer.status_code == visit.status, f"{visit.name} {visit.address}: {answer.status_code}"
        weight = len(gzip.compress(answer.data))
        if weight > HTML[visit.door]:
            heavy.append(f"{visit.name}: {weight / KB:.1f} KB")
    assert not heavy, heavy


@pytest.mark.parametrize("name,most", FILES.items())
def test_style_script_and_icons(name: str, most: int) -> None:
    static = Path("shop/static")
    built = json.loads((static / "dist" / "manifest.json").read_text("utf-8"))[name]
    assert len(gzip.compress((static / "dist" / built).read_bytes())) <= most
