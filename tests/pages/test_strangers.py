"""What belongs to one person is nobody else's: a guest who has no basket yet sees none and changes none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from shop.core.db import session
from tests.pages.test_weight import clients

BASKETS = text("select l.basket_id, l.sku_id, l.count from basket_line l order by 1, 2")


@pytest.fixture
def without_csrf(lived_in: tuple[Flask, str]) -> Iterator[None]:
    app, _ = lived_in
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def test_a_guest_without_a_basket(lived_in: tuple[Flask, str], without_csrf: None) -> None:
    app, address = lived_in
    with app.app_context():
        guest = clients(app)["guest"]
        before = session().execute(BASKETS).all()
    assert before
    page = guest.get("/basket", base_url=address)
    assert "购物车还是空的" in page.text
    for action in ("set", "remove"):
        guest.post(f"/basket/{action}", base_url=address, data={"sku": before[0].sku_id, "count": "7"})
    with app.app_context():
        assert session().execute(BASKETS).all() == before
