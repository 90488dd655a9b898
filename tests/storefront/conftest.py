"""A stocked shop and a signed-in buyer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import scoped_session

from shop.core.db import transaction
from shop.core.kept import STORE
from tests.support import shop_builder
from tests.support.shop_builder import Offer


@pytest.fixture(autouse=True)
def _no_kept_figures(request: pytest.FixtureRequest) -> None:
    """The home page keeps the year's figures for some minutes; a test starts without."""
    if "app" in request.fixturenames:
        request.getfixturevalue("app").extensions.pop(STORE, None)


@dataclass
class Buyer:
    """A browser in which somebody is signed in."""

    id: int
    client: FlaskClient
    address_id: int


@pytest.fixture
def offers(db_session: scoped_session) -> Callable[..., list[Offer]]:
    """`offers(20)`: so many products on sale, each with a lot of its own, over several cooperatives."""

    def make(number: int, cooperatives: int = 1, **options: object) -> list[Offer]:
        with transaction():
            sellers = [shop_builder.coop(village=f"第{place}村") for place in range(cooperatives)]
            return [
                shop_builder.offer(sellers[place % cooperatives], f"干香菇{place}号", **options)  # type: ignore[arg-type]
                for place in range(number)
            ]

    return make


@pytest.fixture
def new_buyer(app: Flask, db_session: scoped_session) -> Callable[[], Buyer]:
    def make() -> Buyer:
        with transaction():
            user_id = shop_builder.buyer()
            address_id = shop_builder.address(user_id)
            token = shop_builder.ticket(user_id)
        client = app.test_client()
        shop_builder.enter(client, token)
        return Buyer(user_id, client, address_id)

    return make


@pytest.fixture
def buyer(new_buyer: Callable[[], Buyer]) -> Buyer:
    return new_buyer()
