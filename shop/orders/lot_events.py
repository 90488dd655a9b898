"""The events of a lot, as other systems of a supply chain read them: EPCIS 2.0 in JSON-LD, words of the CBV.

Goods are told by class and quantity: a lot is a class of its own. No household is named, places are the cooperative's.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select

from shop.cooperatives.people.models import Cooperative, Village
from shop.cooperatives.produce import transformations
from shop.cooperatives.produce.loss_models import LotRecall, StockLoss
from shop.cooperatives.produce.models import IntakeReceipt, Lot, LotPart, Produce, StockMove
from shop.core import clock
from shop.core.db import session
from shop.core.errors import NotFound, Refused
from shop.core.numbers import trimmed
from shop.orders.shipment_models import Shipment, ShipmentLine

CONTEXT = (
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"  # named in the document, never fetched
)
OFFSET = "+08:00"
UNITS = {"g": "KGM", "piece": "EA"}  # UN/ECE Recommendation 20
# reason of a loss → bizStep and disposition
GONE = {
    "shrinkage": ("decommissioning", "inactive"),
    "damage": ("decommissioning", "damaged"),
    "spoiled": ("decommissioning", "non_sellable_other"),
    "expired": ("decommissioning", "expired"),
    "sample": ("sampling", "non_sellable_other"),
}
MOST = 10_000
_QUANTITY = re.compile(r'"quantity": "([0-9]+(?:\.[0-9]+)?)"')

Event = dict[str, Any]
AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Names:
    """Identifiers below the shop's own address, which is all that they promise."""

    base: str
    lot: AnyRow

    @property
    def item(self) -> str:
        return f"{self.base}/t/{self.lot.trace_code}"

    @property
    def place(self) -> str:
        return f"{self.base}/coops/{self.lot.cooperative_code}"

    def parcel(self, shipment_id: int) -> str:
        return f"{self.base}/id/parcel/{shipment_id}"

    def event(self, kind: str, row_id: int) -> str:
        """The same fact has the same id in every export."""
        return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{self.base}/id/{kind}/{row_id}')}"

    def goods(self, quantity: int) -> Event:
        return goods_of(self.base, self.lot.trace_code, quantity, self.lot.unit_kind)


def goods_of(base: str, trace_code: str, quantity: int, unit_kind: str) -> Event:
    """A quantityElement of a lot: kilograms to the gram, or pieces."""
    number = trimmed(quantity, 3).replace(",", "") if unit_kind == "g" else str(quantity)
    return {"epcClass": f"{base}/t/{trace_code}", "quantity": number, "uom": UNITS[unit_kind]}


def written(found: Event) -> str:
    """The document as text. Quantities are exact decimals that no float ever held: they stand as text until here."""
    return _QUANTITY.sub(r'"quantity": \1', json.dumps(found, ensure_ascii=False, indent=1))


def document(lot_id: int, cooperative_id: int, base: str) -> Event:
    """The whole history of a closed lot, in the order of its instants. Raises NotFound; Refused for an open lot."""
    lot = _lot(lot_id, cooperative_id)
    if lot.closed_at is None:
        raise Refused("封批以后才有可以导出的事件")
    names = Names(base.rstrip("/"), lot)
    events = [
        *_commissioned(names), *_transformed(names), *_packed(names), *_moved(names), *_recalled(names),
    ]  # fmt: skip
    events.sort(key=lambda event: (event["eventTime"], event["eventID"]))
    return {
        "@context": [CONTEXT, {"dachuan": f"{names.base}/id/ns#"}],
        "id": f"{names.item}/epcis",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": instant(clock.now()),
        "epcisBody": {"eventList": events},
    }


def instant(moment: datetime) -> str:
    """As dateTimeStamp wants it, at the offset that eventTimeZoneOffset names."""
    return clock.in_shanghai(moment).isoformat(timespec="milliseconds")


def _lot(lot_id: int, cooperative_id: int) -> AnyRow:
    found = session().execute(
        select(
            Lot.id, Lot.cooperative_id, Lot.code, Lot.trace_code, Lot.closed_at, Lot.best_before, Produce.name.label("produce"),
            Produce.unit_kind, Cooperative.code.label("cooperative_code"), Cooperative.name.label("cooperative"),
            Village.name.label("village"),
        )
        .join(Produce, Produce.id == Lot.produce_id)
        .join(Cooperative, Cooperative.id == Lot.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Lot.id == lot_id, Lot.cooperative_id == cooperative_id)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound("没有找到这个批次")
    return found


def _event(
    names: Names, kind: str, row_id: int, at: datetime, event_type: str, step: str, disposition: str
) -> Event:
    return {
        "type": event_type,
        "eventID": names.event(kind, row_id),
        "eventTime": instant(at),
        "eventTimeZoneOffset": OFFSET,
        "bizStep": step,
        "disposition": disposition,
        "readPoint": {"id": names.place},
        "bizLocation": {"id": names.place},
    }


def _commissioned(names: Names) -> Iterator[Event]:
    """Goods came in: one event a day, whoever brought them; what was taken back before the lot was closed is left out."""
    rows = session().execute(
        select(
            IntakeReceipt.received_on, func.sum(LotPart.quantity).label("quantity"), func.min(IntakeReceipt.id).label("id")
        )
        .join(IntakeReceipt, IntakeReceipt.id == LotPart.receipt_id)
        .where(LotPart.lot_id == names.lot.id, LotPart.cooperative_id == names.lot.cooperative_id)
        .group_by(IntakeReceipt.received_on)
        .order_by(IntakeReceipt.received_on)
    )  # fmt: skip
    for row in rows:
        event = _event(
            names, "intake", row.id, _noon(row.received_on), "ObjectEvent", "commissioning", "active"
        )
        yield event | {
            "action": "ADD",
            "quantityList": [names.goods(int(row.quantity))],
            "ilmd": _master_data(names),
        }


def _master_data(names: Names) -> Event:
    lot = names.lot
    data = {
        "cbvmda:lotNumber": lot.code,
        "cbvmda:descriptionShort": lot.produce,
        "dachuan:cooperative": lot.cooperative,
        "dachuan:village": lot.village,
    }
    if lot.best_before:
        data["cbvmda:bestBeforeDate"] = lot.best_before.isoformat()
    return data


def _transformed(names: Names) -> Iterator[Event]:
    """Work that this lot went into, or came out of; what was undone never happened to the goods and is left out."""
    for work in transformations.around_lot(names.lot.id, names.lot.cooperative_id):
        event = _event(
            names, "work", work.id, work.at, "TransformationEvent", "creating_class_instance", "active"
        )
        yield event | {
            "transformationID": f"{names.base}/id/work/{work.id}",
            "inputQuantityList": [goods_of(names.base, *goods) for goods in work.went],
            "outputQuantityList": [goods_of(names.base, *goods) for goods in work.came],
        }


def _packed(names: Names) -> Iterator[Event]:
    """Goods went into parcels, and the parcels went off at the same moment."""
    rows = session().execute(
        select(Shipment.id, Shipment.at, func.sum(StockMove.quantity).label("quantity"))
        .join(ShipmentLine, ShipmentLine.shipment_id == Shipment.id)
        .join(
            StockMove,
            (StockMove.source_type == "shipment_line") & (StockMove.source_id == ShipmentLine.id)
            & (StockMove.kind == "shipped") & (StockMove.lot_id == names.lot.id),
        )
        .where(StockMove.cooperative_id == names.lot.cooperative_id)
        .group_by(Shipment.id)
        .order_by(Shipment.id)
        .limit(MOST)
    ).all()  # fmt: skip
    for row in rows:
        goods, parcel = [names.goods(int(row.quantity))], names.parcel(row.id)
        yield _event(names, "packing", row.id, row.at, "AggregationEvent", "packing", "in_progress") | {
            "action": "ADD", "parentID": parcel, "childQuantityList": goods,
        }  # fmt: skip
        shipped = _event(
            names,
            "shipping",
            row.id,
            row.at + timedelta(milliseconds=1),
            "ObjectEvent",
            "shipping",
            "in_transit",
        )
        del shipped["bizLocation"]  # it is on its way
        yield shipped | {"action": "OBSERVE", "epcList": [parcel]}


def _moved(names: Names) -> Iterator[Event]:
    """Goods that came back, were lost, or were found again; parcels are told by _packed."""
    for move in _moves(names.lot):
        goods = {"quantityList": [names.goods(move.quantity)]}
        if move.kind == "shipped":  # before there were parcels
            sent = _event(names, "move", move.id, move.at, "ObjectEvent", "shipping", "in_transit")
            del sent["bizLocation"]
            yield sent | {"action": "OBSERVE"} | goods
        elif move.kind == "returned":
            yield (
                _event(names, "move", move.id, move.at, "ObjectEvent", "receiving", "returned")
                | {"action": "OBSERVE"}
                | goods
            )
        elif move.kind == "found":
            yield (
                _event(names, "move", move.id, move.at, "ObjectEvent", "stock_taking", "active")
                | {"action": "ADD"}
                | goods
            )
        else:
            step, disposition = GONE[move.reason or "damage"]
            event = _event(names, "move", move.id, move.at, "ObjectEvent", step, disposition)
            yield event | {"action": "DELETE"} | goods


def _moves(lot: AnyRow) -> Sequence[AnyRow]:
    return session().execute(
        select(StockMove.id, StockMove.kind, StockMove.quantity, StockMove.at, StockLoss.reason)
        .outerjoin(StockLoss, (StockMove.source_type == "stock_loss") & (StockLoss.id == StockMove.source_id))
        .where(
            StockMove.lot_id == lot.id, StockMove.cooperative_id == lot.cooperative_id,
            StockMove.source_type != "transformation",
            StockMove.kind.in_(["returned", "written_off", "found"])
            | ((StockMove.kind == "shipped") & (StockMove.source_type != "shipment_line")),
        )
        .order_by(StockMove.id)
        .limit(MOST)
    ).all()  # fmt: skip


def _recalled(names: Names) -> Iterator[Event]:
    rows = session().execute(
        select(LotRecall.id, LotRecall.at, Lot.received)
        .join(Lot, Lot.id == LotRecall.lot_id)
        .where(LotRecall.lot_id == names.lot.id, LotRecall.cooperative_id == names.lot.cooperative_id)
        .order_by(LotRecall.id)
    )
    for row in rows:
        event = _event(names, "recall", row.id, row.at, "ObjectEvent", "holding", "recalled")
        yield event | {"action": "OBSERVE", "quantityList": [names.goods(row.received)]}


def _noon(day: date) -> datetime:
    """Deliveries are kept by day: the event stands at its noon in Shanghai."""
    return clock.day_range(day).start + timedelta(hours=12)
