"""助农成效: what a year's sales came to, for everybody; never about fewer than ten households.

Cooperatives stand side by side for years that are over only: the growth of a running sum would tell of single sales. One
breakdown, not two: a cooperative less a product would be what it sold of its others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from flask import abort, g, render_template, request

from shop.accounts import guards
from shop.cooperatives.people import queries
from shop.core import clock
from shop.core.kept import kept
from shop.orders import figures
from shop.orders.figures import Sold
from shop.orders.public_totals import LEAST, Group, grouped
from shop.storefront.blueprint import bp

LASTS = timedelta(minutes=10)


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
    year = int(asked) if asked else None
    found = kept(("public_totals", year), LASTS, partial(_read, year))
    return render_template("storefront/impact.html", t=found, least=LEAST)


def _read(year: int | None, now: datetime) -> Totals:
    """The newest year where none is asked for. Aborts with 404 for a year without sales."""
    years = figures.years_with_sales("")
    today = clock.shanghai_day(now)
    if year is None:
        year = years[0] if years else today.year
    elif year not in years:
        abort(404)
    sales = figures.year_sales("", year, min(today, date(year, 12, 31)))
    names = {row.id: row.name for row in queries.cooperatives_under("")}
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
