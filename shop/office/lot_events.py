"""A lot's events as a file for other systems of the supply chain (EPCIS 2.0)."""

from __future__ import annotations

from flask import Response, g

from shop.accounts import guards
from shop.core import activity
from shop.core.db import transaction
from shop.core.http import settings
from shop.office.blueprint import bp
from shop.orders import lot_events


@bp.get("/<coop>/lots/<int:lot_id>/epcis.json")
@guards.manager
def lot_epcis(coop: str, lot_id: int) -> Response:
    """An open lot has no events yet: refused."""
    found = lot_events.document(lot_id, g.cooperative_id, settings().public_url)
    with transaction():
        activity.record(
            "lot.events_exported", "lot", lot_id, cooperative_id=g.cooperative_id, actor_id=guards.me().id
        )
    response = Response(lot_events.written(found), mimetype="application/ld+json")
    response.headers.set("Content-Disposition", "attachment", filename=f"epcis-{lot_id}.jsonld")
    response.headers["GS1-EPCIS-Version"] = "2.0"
    return response
