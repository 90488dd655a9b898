"""助农成效: what a year's sales came to, for everybody; never about fewer than ten households.

Cooperatives stand side by side for years that are over only: the growth of a running sum would tell of single sales. One
breakdown, not two: a cooperative less a product would be what it sold of its others.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import abort, current_app, g, render_template, request
from sqlalchemy import select

from shop.accounts import guards
from shop.cooperatives.people.models import Cooperative
from shop.core import clock
from shop.core.db import session
from shop.orders import figures
from shop.orders.figures import Sold
from shop.orders.public_totals import LEAST, Group, grouped
from shop.storefront.blueprint import bp

LASTS = timedelta(minutes=10)
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Totals:
    """A year's public figures, all of sold goods without freight; `total` None where too few households stand behind it."""

    year: int
    years: Sequence[int]
    last: date
    total: Sold | None
    before: Sold | None
    cooperatives: Sequence[Group]
    as_of: datetime


@bp.get("/impact")
@guards.public
def impact() -> str:
    g.private = False
    asked = request.args.get("year", "")
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) == 4):
        abort(404)
    return render_template("storefront/impact.html", t=_totals(int(asked) if asked else None), least=LEAST)


def _totals(year: int | None) -> Totals:
    """Read at most every ten minutes a year and process. Raises 404 for a year without sales."""
    kept: dict[int | None, Totals] = current_app.extensions.setdefault("public_totals", {})
    now = clock.now()
    known = kept.get(year)
    if known is not None and now - known.as_of < LASTS:
        return known
    with _LOCK:
        found = _read(year, now)
        kept[year] = found
    return found


def _read(year: int | None, now: datetime) -> Totals:
    years = figures.years_with_sales("")
    today = clock.shanghai_day(now)
    if year is None:
        year = years[0] if years else today.year
    elif year not in years:
        abort(404)
    sales = figures.year_sales("", year, min(today, date(year, 12, 31)))
    names = {row.id: row.name for row in session().execute(select(Cooperative.id, Cooperative.name))}
    enough, over = sales.total.households >= LEAST, year < today.year
    sold = {
        names[int(key)]: of_year
        for key, (of_year, _before) in sales.by["cooperative"].items()
        if of_year.orders
    }
    return Totals(
        year=year,
        years=years,
        last=sales.last,
        total=sales.total if enough else None,
        before=sales.before if enough and over and sales.before.households >= LEAST else None,
        cooperatives=grouped(sold, sales.total) if over else [],
        as_of=now,
    )
