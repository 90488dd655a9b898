"""The export against the standard's own list: what EPCIS 2.0's schema requires of a document and of each kind of event."""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from shop.cooperatives.income import undoing
from shop.cooperatives.produce import recalls
from shop.core.db import db, transaction
from shop.core.errors import NotFound, Refused
from shop.orders import fulfilment, lot_events
from tests.cooperatives import work_scene
from tests.orders import market
from tests.stocktaking.test_losses import lost
from tests.stocktaking.test_recalls import call_back

BASE = "https://shop.example.org"
DOCUMENT = {"@context", "type", "schemaVersion", "creationDate", "epcisBody"}
EVENT = {"type", "eventTime", "eventTimeZoneOffset"}
REQUIRED = {"ObjectEvent": {"action"}, "AggregationEvent": {"action"}, "TransformationEvent": set()}
WHAT = {
    "ObjectEvent": {"epcList", "quantityList"},
    "AggregationEvent": {"childEPCs", "childQuantityList"},
    "TransformationEvent": {"inputQuantityList", "outputQuantityList"},
}
COMMON = EVENT | {"eventID", "recordTime", "bizStep", "disposition", "readPoint", "bizLocation", "action"}
ALLOWED = {
    "ObjectEvent": COMMON | {"epcList", "quantityList", "ilmd"},
    "AggregationEvent": COMMON | {"parentID", "childEPCs", "childQuantityList"},
    "TransformationEvent": COMMON - {"action"}
    | {"transformationID", "inputQuantityList", "outputQuantityList", "ilmd"},
}
OFFSET = re.compile(r"^([+]|[-])((0[0-9]|1[0-3]):([0-5][0-9])|14:00)$")
STEPS = {
    "commissioning", "packing", "shipping", "receiving", "decommissioning", "sampling", "stock_taking", "holding",
}  # fmt: skip
STATES = {
    "active",
    "in_progress",
    "in_transit",
    "returned",
    "damaged",
    "expired",
    "inactive",
    "non_sellable_other",
    "recalled",
}
URI = re.compile(r"^(https://|urn:uuid:)\S+$")


def written(stall: market.Stall) -> dict[str, Any]:
    found = lot_events.document(stall.lot_id, stall.coop.id, BASE)
    db.session.rollback()
    text = lot_events.written(found)
    whole: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return whole


@pytest.fixture
def lived(db_session: object) -> market.Stall:
    stall = market.stall(packs=4)
    market.paid(market.buyer(), {stall.sku_id: 1})
    with transaction():
        fulfilment.ship(market.row("select id from suborder").id, stall.coop.id, "sf", "SF1234567890", None)
    lost(stall, 123, reason="spoiled")
    call_back(stall)
    return stall


def test_a_document_and_its_events_have_what_the_standard_requires(lived: market.Stall) -> None:
    whole = written(lived)
    assert set(whole) >= DOCUMENT
    assert set(whole) <= DOCUMENT | {"id"}
    assert whole["type"] == "EPCISDocument"
    assert whole["schemaVersion"] == "2.0"
    assert whole["@context"][0] == "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
    assert all(isinstance(part, str | dict) for part in whole["@context"])
    datetime.fromisoformat(whole["creationDate"])
    events = whole["epcisBody"]["eventList"]
    assert [(event["type"], event["bizStep"]) for event in events] == [
        ("ObjectEvent", "commissioning"), ("AggregationEvent", "packing"), ("ObjectEvent", "shipping"),
        ("ObjectEvent", "decommissioning"), ("ObjectEvent", "holding"),
    ]  # fmt: skip
    for event in events:
        kind = event["type"]
        assert set(event) >= EVENT | REQUIRED[kind]
        assert set(event) <= ALLOWED[kind]
        assert set(event) & WHAT[kind]
        assert OFFSET.match(event["eventTimeZoneOffset"])
        assert datetime.fromisoformat(event["eventTime"]).utcoffset() is not None
        assert event.get("action") in {"ADD", "OBSERVE", "DELETE"}
        assert event["bizStep"] in STEPS
        assert event["disposition"] in STATES
        assert URI.match(event["eventID"])
        assert all(URI.match(event[name]["id"]) for name in ("readPoint", "bizLocation") if name in event)
        assert "ilmd" not in event or event["action"] == "ADD"
        for goods in event.get("quantityList", []) + event.get("childQuantityList", []):
            assert set(goods) == {"epcClass", "quantity", "uom"}
            assert URI.match(goods["epcClass"])
            assert goods["uom"] == "KGM"
            assert isinstance(goods["quantity"], int | Decimal)


def test_quantities_are_exact_and_say_what_happened(lived: market.Stall) -> None:
    came, packed, sent, gone, called = written(lived)["epcisBody"]["eventList"]
    assert came["quantityList"][0]["quantity"] == 2
    assert packed["childQuantityList"][0]["quantity"] == Decimal("0.5")
    assert sent["epcList"] == [packed["parentID"]]
    assert gone["quantityList"][0]["quantity"] == Decimal("0.123")
    assert (gone["action"], called["disposition"]) == ("DELETE", "recalled")
    assert came["ilmd"]["cbvmda:lotNumber"]


def test_the_same_facts_have_the_same_ids(lived: market.Stall) -> None:
    first, second = (
        [event["eventID"] for event in written(lived)["epcisBody"]["eventList"]] for _ in range(2)
    )
    assert first == second
    assert len(set(first)) == len(first)


def test_no_household_and_no_buyer_is_named(lived: market.Stall) -> None:
    text = lot_events.written(lot_events.document(lived.lot_id, lived.coop.id, BASE))
    db.session.rollback()
    for word in ("户主", "李女士", "138", "珞喻路"):
        assert word not in text


def test_work_in_the_store_names_what_went_in_and_what_came_out(db_session: object) -> None:
    stored = work_scene.store()
    dried = stored.dry()
    for lot_id in (stored.lot_id, dried):
        found = lot_events.document(lot_id, stored.coop.id, BASE)
        db.session.rollback()
        events = json.loads(lot_events.written(found), parse_float=Decimal)["epcisBody"]["eventList"]
        (work,) = [event for event in events if event["type"] == "TransformationEvent"]
        assert set(work) >= EVENT
        assert set(work) <= ALLOWED["TransformationEvent"]
        assert set(work) & WHAT["TransformationEvent"]
        assert [goods["quantity"] for goods in work["inputQuantityList"]] == [100]
        assert [goods["quantity"] for goods in work["outputQuantityList"]] == [18]
        assert work["inputQuantityList"][0]["epcClass"] != work["outputQuantityList"][0]["epcClass"]
    assert [event["type"] for event in events] == ["TransformationEvent"], "made, not brought in"


def test_undone_work_is_not_told(db_session: object) -> None:
    stored = work_scene.store()
    work_id = stored.work("dry", [(stored.lot_id, 100_000)], [18_000])
    with transaction():
        undoing.undo(work_id, stored.coop.id, "登记错了")
    found = lot_events.document(stored.lot_id, stored.coop.id, BASE)
    db.session.rollback()
    assert [event["bizStep"] for event in found["epcisBody"]["eventList"]] == ["commissioning"]


def test_a_recall_reaches_what_was_made_of_the_lot(db_session: object) -> None:
    stored = work_scene.store()
    dried = stored.dry()
    with transaction():
        recalls.recall(stored.lot_id, stored.coop.id, "检出农药残留", "请不要食用")
    marked = {row.id for row in db.session.execute(text("select id from lot where recalled_at is not null"))}
    db.session.rollback()
    assert marked == {stored.lot_id, dried}


def test_open_lots_and_others_have_none(db_session: object) -> None:
    stall, other = market.stall(packs=4), market.stall(packs=4)
    with pytest.raises(NotFound):
        lot_events.document(other.lot_id, stall.coop.id, BASE)
    db.session.rollback()
    with transaction():
        market.row("update lot set closed_at = null where id = :id returning id", id=stall.lot_id)
    with pytest.raises(Refused):
        lot_events.document(stall.lot_id, stall.coop.id, BASE)
    db.session.rollback()
