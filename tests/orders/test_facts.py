"""Daily facts: whatever is sold, refunded and swept in whatever order, facts and touched days together are the rows."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text

from shop.core.db import session, transaction
from shop.orders import facts, facts_reading, facts_windows, figures
from tests.access.identities import TOWN

LAST_DAY = date(2020, 12, 31)


def test_the_demo_town_ends_with_facts_and_they_are_the_reports(shared_town: Flask) -> None:
    with shared_town.app_context():
        assert session().scalar(text("select count(*) from fact_touched")) == 0
        found = facts_reading.sales(TOWN, facts_windows.year(2020, LAST_DAY))
        rows = figures.year_sales(TOWN, 2020, LAST_DAY)
    assert found.total()["now"].fen == 18_600_000 == found.total()["so_far"].fen
    assert found.total()["before"] == facts_reading.Sum()
    assert {key: four["now"].fen for key, four in found.by["product"].items() if four["now"].lines} == {
        key: now.fen for key, (now, _) in rows.by["product"].items()
    }
    for level in ("cooperative_id", "village_id", "product", "channel", "buyer_kind", "certified"):
        for what in ("fen", "lines", "parts"):
            cells = [getattr(four["now"], what) for four in found.by[level].values()]
            assert sum(cells) == getattr(found.total()["now"], what), (level, what)
