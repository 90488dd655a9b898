"""快到期的货: closed lots whose best-before day is near or past, with what is left of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import g, render_template

from shop.accounts import guards
from shop.cooperatives.produce import recalls
from shop.core import clock
from shop.core.terms import NEAR_BEST_BEFORE_DAYS
from shop.office.blueprint import bp


def near() -> Sequence[Any]:
    """Lots of the cooperative that are near their day or past it. One statement."""
    today = clock.today()
    return recalls.near_their_day(g.cooperative_id, today, today + timedelta(days=NEAR_BEST_BEFORE_DAYS))


@bp.get("/<coop>/lots/near")
@guards.manager
def lots_near(coop: str) -> str:
    return render_template(
        "office/lots_near.html", rows=near(), days=NEAR_BEST_BEFORE_DAYS, today=clock.today()
    )


def figures() -> tuple[int, int]:
    """How many lots are near their day, and how many are past it: for the tile of 今日."""
    rows = near()
    expired = sum(1 for row in rows if row.expired)
    return len(rows) - expired, expired
