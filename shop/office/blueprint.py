"""The office's blueprint; every address below /coop/<coop> keeps its cooperative by itself."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, g, request

from shop.accounts import guards

bp = Blueprint("office", __name__, url_prefix="/coop")
MAX_ID = 2**63 - 1


@bp.url_value_preprocessor
def refuse_impossible_ids(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A number that no row can have leads nowhere, instead of to the database's own refusal."""
    if any(isinstance(value, int) and value > MAX_ID for value in (values or {}).values()):
        abort(404)


@bp.app_url_defaults
def keep_coop(endpoint: str, values: dict[str, Any]) -> None:
    """Links between office pages stay with the cooperative of the page that prints them."""
    if "coop" in values or not endpoint.startswith("office.") or "cooperative_id" not in g:
        return
    if current_app.url_map.is_endpoint_expecting(endpoint, "coop"):
        values["coop"] = (request.view_args or {}).get("coop")


@bp.context_processor
def place() -> dict[str, str | None]:
    """The cooperative's name for the frame; it comes with the session, so it costs no statement."""
    if "cooperative_id" not in g:
        return {}
    grants = guards.me().cooperatives
    return {
        "place": next((row.cooperative_name for row in grants if row.cooperative_id == g.cooperative_id), "")
    }
