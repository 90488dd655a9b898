"""各社章程参数: the terms that settlements and distributions are computed with, side by side; read only."""

from __future__ import annotations

from flask import render_template

from shop.accounts import guards
from shop.cooperatives.people import queries
from shop.core import clock
from shop.core.numbers import percent_of
from shop.township.blueprint import bp


@bp.get("/<region>/charters")
@guards.staff
def charters(region: str) -> str:
    today = clock.today()
    return render_template(
        "township/charters.html",
        rows=queries.charters_under(region, today),
        today=today,
        percent_of=percent_of,
    )
