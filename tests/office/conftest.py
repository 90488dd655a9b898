"""A manager's browser on a small cooperative, and another cooperative whose rows must never show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from shop.core.db import db, session, transaction
from tests.access.identities import make_user, signed_in
from tests.orders import market
from tests.support import town_builder as town

TABLES = (
    "intake_receipt", "supplier", "lot", "lot_part", "stock_move", "ledger_transaction", "product", "sku", "sku_price",
    "settlement", "activity", "order_event",
)  # fmt: skip


@dataclass
class Office:
    """Addresses are below the own cooperative's."""

    app: Flask
    client: FlaskClient
    stall: market.Stall
    other: market.Stall

    @property
    def coop(self) -> town.Coop:
        return self.stall.coop

    def get(self, path: str, status: int = 200, **more: Any) -> str:
        answer = self.client.get(f"/coop/{self.coop.code}{path}", **more)
        assert answer.status_code == status, answer.text[-1500:]
        return str(answer.text)

    def post(self, path: str, status: int, **fields: Any) -> str:
        """The page's text, or the address that a redirect leads to."""
        answer = self.client.post(f"/coop/{self.coop.code}{path}", data=fields)
        assert answer.status_code == status, answer.text[-1500:]
        return str(answer.headers.get("Location") if status == 303 else answer.text)

    def rows(self, statement: str, **values: Any) -> list[Any]:
        found = list(session().execute(text(statement), values).all())
        session().rollback()
        return found

    def fingerprint(self) -> dict[str, Any]:
        """How many rows every table that the office writes to has, and the counters of the lots."""
        numbers = ", ".join(f"(select count(*) from {name})" for name in TABLES)
        counts = dict(zip(TABLES, self.rows(f"select {numbers}")[0], strict=True))
        lots = self.rows("select id, received, reserved, shipped, closed_at is null from lot order by id")
        states = self.rows("select id, state from suborder order by id")
        return counts | {"lots": [tuple(row) for row in lots], "states": [tuple(row) for row in states]}


@pytest.fixture
def office(app: Flask, db_session: Any) -> Iterator[Office]:
    own, other = market.stall(packs=100), market.stall(packs=100)
    user_id = make_user(app, "+8613700000002", role="manager", duty="manager", cooperative_id=own.coop.id)
    yield Office(app, signed_in(app, user_id), own, other)
    db.session.rollback()


@pytest.fixture
def chair(office: Office) -> Office:
    """The chair's browser on the same cooperative."""
    user_id = make_user(
        office.app, "+8613700000003", role="manager", duty="chair", cooperative_id=office.coop.id
    )
    return Office(office.app, signed_in(office.app, user_id), office.stall, office.other)


@pytest.fixture
def open_produce(office: Office) -> int:
    """A produce with an open lot of one receipt; returns its id."""
    with transaction():
        produce_id = town.produce(office.coop, "木耳")
        town.deliver(office.coop, produce_id, "buyout", town.Goods(office.stall.parties[0], 2_000, 5_000))
    return produce_id
