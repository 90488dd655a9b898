"""The office's blueprint; every address below /coop/<coop> keeps its cooperative by itself."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, g, request

from shop.accounts import guards
from shop.accounts.duty_maps import NoDuty
from shop.core.numbers import percent_of
from shop.core.privacy import mask_name, mask_phone
from shop.core.quantity import echo_weight
from shop.office import duties

bp = Blueprint("office", __name__, url_prefix="/coop")
bp.before_request(duties.check)
bp.register_error_handler(NoDuty, duties.refused)


@bp.app_url_defaults
def keep_coop(endpoint: str, values: dict[str, Any]) -> None:
    """Links between office pages stay with the cooperative of the page that prints them."""
    if "coop" in values or not endpoint.startswith("office.") or "cooperative_id" not in g:
        return
    if current_app.url_map.is_endpoint_expecting(endpoint, "coop"):
        values["coop"] = (request.view_args or {}).get("coop")


@bp.context_processor
def place() -> dict[str, Any]:
    """The cooperative's name for the frame (it comes with the session, so it costs no statement), and formats of this door."""
    if "cooperative_id" not in g:
        return {}
    grants = guards.me().cooperatives
    name = next((row.cooperative_name for row in grants if row.cooperative_id == g.cooperative_id), "")
    return {
        "place": name,
        "nav": duties.nav(),
        "may": duties.may,
        "openable": duties.openable,
        "percent_of": percent_of,
        "echo_weight": echo_weight,
        "mask_name": mask_name,
        "mask_phone": mask_phone,
    }
