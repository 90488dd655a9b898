from __future__ import annotations

from flask import Blueprint, Flask

from shop.accounts import guards

bp = Blueprint("office", __name__, url_prefix="/coop")


@bp.get("/<coop>/")
@guards.manager
def today(coop: str) -> str:
    return coop


def register(app: Flask) -> None:
    app.register_blueprint(bp)
