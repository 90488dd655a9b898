"""The bulk rows equal what the deeds produce: the same small plan lived through one by one, and written at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import scoped_session

from shop.audit import run as audit
from shop.commands.demo import load
from shop.commands.demo.accounts import write_accounts
from shop.commands.demo.buyers import buyers
from shop.commands.demo.current import current_supply
from shop.commands.demo.dice import Dice
from shop.commands.demo.parcels import give_parcels
from shop.commands.demo.people import people
from shop.commands.demo.places import town
from shop.commands.demo.plan import Pool, Sale
from shop.commands.demo.recent import recent_sales
from shop.commands.demo.timeline import Timeline
from shop.commands.demo.write_catalogue import write_catalogue, write_categories
from shop.commands.demo.write_people import write_people
from shop.commands.demo.write_pictures import write_pictures
from shop.commands.demo.write_places import write_county, write_town
from shop.commands.demo.written import Written
from shop.core import clock
from shop.core.db import transaction
from tests.demo.one_by_one import OneByOne
from tests.demo.rows import Rows, as_set, everything, named, without
from tests.support.databases import CleanDatabase

SEED = 11

# By table: columns that hold the moment of writing, or ids of rows whose order means nothing.
MOMENTS = {
    "lot": ("opened_at", "closed_at", "trace_code"),
    "intake_receipt": ("recorded_at",),
    "customer_order": ("request_key", "attributed_at", "closed_at"),
    "lot_allocation": ("attributed_at",),
    "payment": ("created_at",),
}
COMPARED = (
    "supplier", "lot", "intake_receipt", "lot_part", "customer_order", "suborder", "order_line", "lot_allocation", "payment",
    "bank_statement_line",
)  # fmt: skip
UNORDERED = {
    "stock_move": ("id", "at"),
    "attribution": ("id", "at"),
    "order_event": ("id", "at"),
    "activity": ("id", "at"),
}


def test_bulk_rows_equal_the_deeds(db_session: scoped_session[Any], _clean: CleanDatabase) -> None:  # noqa: PT019 - it has a value
    written, pools, sales = _town_and_plan()
    OneByOne(written, pools, sales).live()
    with transaction():
        assert audit.run_all().clean
    by_deeds = everything()
    db_session.rollback()
    _clean.make_clean()
    written, pools, sales = _town_and_plan()
    with transaction():
        load.write_trade(SEED, written, pools, sales)
    in_bulk = everything()
    for table in COMPARED:
        drop = MOMENTS.get(table, ())
        assert without(in_bulk[table], *drop) == without(by_deeds[table], *drop), table
    for table, drop in UNORDERED.items():
        assert as_set(without(in_bulk[table], *drop)) == as_set(without(by_deeds[table], *drop)), table
    assert _books(in_bulk) == _books(by_deeds)
    assert len(in_bulk["customer_order"]) == len(sales)
    assert len(in_bulk["attribution"]) > len(in_bulk["order_line"]) > 50
    assert {row["mode"] for row in in_bulk["lot"]} == {"buyout", "consign_fixed", "consign_commission"}


def _town_and_plan() -> tuple[Written, list[Pool], list[Sale]]:
    """A town with its weeks of orders in every state; the plan is made anew as it remembers what it took."""
    place = town(0)
    written = Written(place, people(SEED, place), buyers(SEED, 0))
    today = clock.today()
    with transaction():
        write_county()
        write_town(place, written)
        write_accounts(written, "no password")
        write_people(written)
        write_catalogue(written, write_categories(), today)
        write_pictures(written)
    timeline = Timeline(today)
    pools = current_supply(SEED, place, written.people, timeline)
    sales = recent_sales(SEED, place, written.buyers, pools, timeline)
    give_parcels(Dice(SEED), sales)
    return written, pools, sales


def _books(rows: Rows) -> list[Mapping[str, Any]]:
    """Postings by key with their entries; money in the bank is booked by nobody's deed."""
    keys = {row["id"]: row["key"] for row in rows["ledger_transaction"]}
    entries = named(without(rows["ledger_entry"], "id"), "transaction_id", keys)
    heads = without(rows["ledger_transaction"], "id", "posted_at")
    return [
        *as_set(head for head in heads if head["kind"] != "receipt"),
        *as_set(entry for entry in entries if not str(entry["transaction_id"]).startswith("receipt:")),
    ]
