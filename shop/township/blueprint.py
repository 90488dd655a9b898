"""The township's blueprint; every address below /town/<region> keeps its region by itself."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, g

from shop.core import http

bp = Blueprint("township", __name__, url_prefix="/town")
bp.after_request(http.lead_script)


@bp.app_url_defaults
def keep_region(endpoint: str, values: dict[str, Any]) -> None:
    """Links between township pages stay in the region of the page that prints them."""
    if "region" in values or not endpoint.startswith("township.") or "region_code" not in g:
        return
    if current_app.url_map.is_endpoint_expecting(endpoint, "region"):
        values["region"] = g.region_code
