"""One A4 page of a year's sales, the very sums of 总览, and the registry's rates."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _

from shop.accounts import guards
from shop.cooperatives.people import rates
from shop.core import clock
from shop.orders import facts_windows
from shop.township import sums
from shop.township.blueprint import bp
from shop.township.period import year_asked


@bp.get("/<region>/overview/print")
@guards.staff
def overview_paper(region: str) -> str:
    today = clock.today()
    place = sums.place(region, today.year)
    period = year_asked(max(place.years, default=today.year))
    windows = facts_windows.year(period.year, period.last)
    county = place.level != "township"
    found = sums.page(region, windows, county=county)
    first = (_("乡镇"), found.tables["town"]) if county else (_("村 · 合作社"), found.tables["cooperative"])
    return render_template(
        "township/overview_print.html",
        place=place.name,
        period=period,
        page=found,
        registry=rates.registry(region, period.last),
        parts=[first, (_("产品"), found.tables["product"]), (_("月份"), found.months)],
        generated_at=clock.now(),
    )
