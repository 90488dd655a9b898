"""The township's blueprint; every address below /town/<region> keeps its region by itself."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, g

from shop.accounts.duty_maps import NoDuty
from shop.core import http
from shop.core.privacy import mask_phone
from shop.township import duties, waiting

bp = Blueprint("township", __name__, url_prefix="/town")
bp.before_request(duties.check)
bp.register_error_handler(NoDuty, duties.refused)
bp.after_request(http.lead_script)


@bp.app_url_defaults
def keep_region(endpoint: str, values: dict[str, Any]) -> None:
    """Links between township pages stay in the region of the page that prints them."""
    if "region" in values or not endpoint.startswith("township.") or "region_code" not in g:
        return
    if current_app.url_map.is_endpoint_expecting(endpoint, "region"):
        values["region"] = g.region_code


@bp.context_processor
def place() -> dict[str, Any]:
    """What this door's templates ask: may(endpoint), the tabs of the duty, the number on one of them, formats.

    Nothing of it reads the database before the frame of a township page asks: error pages stand without it.
    """
    if "region_code" not in g:
        return {}
    return {
        "may": duties.DOOR.may,
        "openable": duties.DOOR.openable,
        "nav": duties.DOOR.nav(),
        "with_counts": waiting.counted,
        "mask_phone": mask_phone,
    }
