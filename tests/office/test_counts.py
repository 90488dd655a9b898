"""Every page asks the database the same number of times, whether it shows 1, 20 or 100 rows; and stays small."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask

from shop.core.db import transaction
from tests.office.conftest import Office
from tests.orders import market
from tests.support import town_builder as town
from tests.support.sql import SqlCount

Counter = Callable[[Flask], AbstractContextManager[SqlCount]]
# page → statements, the session's own included
PAGES = {
    "": 7, "/shipping": 5, "/shipping/shipped": 4, "/shipping/pick-list": 5, "/intake": 4, "/intake/new": 8, "/lots": 2,
    "/intake/prices": 3,
    "/products": 2, "/ledger": 4, "/ledger/suppliers": 2, "/settlement?month=2020-08": 4, "/members": 5, "/more": 1,
}  # fmt: skip
HTML_BUDGET = 15_000  # bytes compressed


def _grow(office: Office, rows: int) -> None:
    """Members, receipts, lots, products and orders, `rows` more of each."""
    coop = office.coop
    with transaction():
        for party in town.members(coop, rows):
            produce_id = town.produce(coop)
            town.deliver(coop, produce_id, "buyout", town.Goods(party, 5_000, 100))
            town.sku(coop, produce_id)
    buyers = [market.buyer() for _ in range(min(rows, 40))]
    for who in buyers:
        market.paid(who, {office.stall.sku_id: 1})


@pytest.mark.timeout(120)
def test_statements_do_not_grow_with_rows(office: Office, app: Flask, sql_counter: Counter) -> None:
    with transaction():
        more = [town.Goods(party, 100_000, 10) for party in office.stall.parties]
        town.closed_lot(office.coop, office.stall.produce_id, "consign_fixed", more)
    for _ in range(2):
        market.paid(market.buyer(), {office.stall.sku_id: 1})
    first = office.rows("select min(id) as id from suborder")[0].id
    office.post(f"/shipping/{first}", 303, company="own", number="")
    office.get("/more")  # takes the message away
    office.post("/settlement", 303, month="2020-08")
    office.get("/more")
    pages = PAGES | {
        f"/lots/{office.stall.lot_id}": 4,
        f"/lots/{office.stall.lot_id}/moves": 3,
        f"/products/{office.stall.product_id}": 2,
        f"/ledger/households/{office.stall.parties[0].household_id}": 3,
        f"/settlement/households/{office.stall.parties[0].household_id}?month=2020-08": 6,
    }
    for rows in (0, 20, 100):
        _grow(office, rows)
        for path, expected in pages.items():
            with sql_counter(app) as count:
                page = office.get(path or "/")
            assert count.total == expected, (rows, path, count.statements)
            assert len(gzip.compress(page.encode())) < HTML_BUDGET, path
