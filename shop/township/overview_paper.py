"""One A4 page of a year's sales, and the registry's rates."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import select

from shop.accounts import guards
from shop.cooperatives.people import rates
from shop.cooperatives.people.models import Cooperative, Village
from shop.core import clock
from shop.core.db import session
from shop.orders import figures
from shop.township.blueprint import bp
from shop.township.overview import region_name
from shop.township.period import year_asked


@dataclass(frozen=True)
class Row:
    """A line of a table of sums: its name, the year's sums, the year before."""

    name: str
    now: figures.Sold
    before: figures.Sold
    cooperative: str = ""


@bp.get("/<region>/overview/print")
@guards.staff
def overview_paper(region: str) -> str:
    years = figures.years_with_sales(region)
    period = year_asked(years[0] if years else clock.today().year)
    sales = figures.year_sales(region, period.year, period.last)
    cooperatives = session().execute(
        select(Cooperative.id, Cooperative.name, Village.name.label("village"))
        .join(Village, Village.id == Cooperative.village_id)
        .where(Village.region_code.startswith(region))
        .order_by(Cooperative.id)
    )
    none = (figures.Sold(), figures.Sold())
    products = [Row(name, *both) for name, both in sales.by["product"].items()]
    return render_template(
        "township/overview_print.html",
        place=region_name(region),
        period=period,
        sales=sales,
        registry=rates.registry(region, period.last),
        tables={
            "cooperative": [
                Row(one.village, *sales.by["cooperative"].get(one.id, none), one.name) for one in cooperatives
            ],
            "product": sorted(products, key=lambda row: (-row.now.fen, row.name)),
            "month": [
                Row(_("%(n)s 月", n=month), *sales.by["month"].get(month, none))
                for month in range(1, period.last.month + 1)
            ],
        },
        generated_at=clock.now(),
    )
