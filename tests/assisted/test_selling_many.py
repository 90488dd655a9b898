"""A table's sales entered together leave the rows that entering them one by one leaves: same shares, same books."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from shop.assisted import selling
from shop.assisted.selling import External
from shop.audit import run as audit
from shop.core import clock
from shop.core.db import session, transaction
from shop.core.errors import Refused
from tests.assisted.scene import Town, rows, sale, town
from tests.demo.rows import Rows, everything

pytestmark = pytest.mark.usefixtures("db_session")
# given in another order: by then the later sales' orders were written before the first one's money was booked
ORDERED = {"activity", "order_event"}
# one a statement, so that a batch leaves fewer: it says which days are to be added up again
MARKS = {"fact_touched"}


class Undone(Exception):
    """What was entered has been looked at and is not kept."""


def wanted(place: Town) -> list[selling.Sale]:
    """In cash, by transfer and unpaid, of today and before, amounts that do not divide."""
    ways = (selling.CASH, selling.LATER, selling.TRANSFER)
    return [
        sale(
            place, quantity=100 + 7 * n, fen=1_003 + 11 * n, paid=ways[n % 3], reference=f"T-{n}", request_key=f"many-{n}",
            contact_id=None, buyer=f"单位{n}", sold_on=clock.today() - timedelta(days=n % 2),
            external=External("832平台", f"A-{n}", 1),
        )
        for n in range(9)
    ]  # fmt: skip


def looked_at(sales: list[selling.Sale], *, together: bool) -> Rows:
    found: Rows = {}
    marks = {
        name: tuple(session().execute(text(f'select last_value, is_called from "{name}"')).one())
        for name in session().scalars(
            text("select sequencename from pg_sequences where schemaname = 'public'")
        )
    }
    session().rollback()
    with pytest.raises(Undone), transaction():
        _enter(sales, found, together=together)
    with transaction():
        for name, (last, called) in marks.items():
            session().execute(text("select setval(:n, :v, :c)"), {"n": name, "v": last, "c": called})
    return found


def _enter(sales: list[selling.Sale], found: Rows, *, together: bool) -> None:
    if together:
        selling.enter_many(sales)
    else:
        for one in sales:
            selling.enter(one)
    session().flush()
    found |= everything()
    raise Undone


def compared(found: Rows) -> dict[str, Any]:
    return {
        table: sorted(repr({k: v for k, v in row.items() if k not in ("id", "seq")}) for row in lines)
        if table in ORDERED
        else lines
        for table, lines in found.items()
    }


@pytest.mark.parametrize("mode", ["buyout", "consign_fixed", "consign_commission"])
def test_together_is_one_by_one(mode: str) -> None:
    place = town(mode=mode)
    sales = wanted(place)
    many, one = compared(looked_at(sales, together=True)), compared(looked_at(sales, together=False))
    assert {name for name in many if many[name] != one[name]} - MARKS == set()
    assert sum(row["fen"] for row in many["attribution"]) == sum(
        s.fen for s in sales if s.paid != selling.LATER
    )


def test_all_or_none_and_again_changes_nothing() -> None:
    place = town()
    sales = wanted(place)
    with pytest.raises(Refused), transaction():
        selling.enter_many([*sales, sale(place, quantity=99_000_000, request_key="too-much")])
    assert rows("select count(*) as n from assisted_sale")[0].n == 0
    with transaction():
        first = selling.enter_many(sales)
    with transaction():
        again = selling.enter_many(sales)
    assert [one.order_id for one in again] == [one.order_id for one in first]
    assert not any(one.fresh for one in again)
    with transaction():
        assert audit.run_all().clean
