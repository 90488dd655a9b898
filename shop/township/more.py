"""更多: every page of the door that leads somewhere, for thumbs; the desktop's rail has the most used ones beside it."""

from __future__ import annotations

from flask import render_template

from shop.accounts import guards
from shop.township.blueprint import bp


@bp.get("/<region>/more")
@guards.staff
def more(region: str) -> str:
    return render_template("township/more.html")
