"""总览: one number, provable down to the order line; the registry's rates; one A4 page of the same."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select, text
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.assisted import reading as assisted_reading
from shop.cooperatives.people import rates
from shop.cooperatives.people.models import Cooperative, Region, Village
from shop.core import clock
from shop.core.db import session
from shop.core.errors import NotFound
from shop.orders import figures
from shop.township.blueprint import bp
from shop.township.period import Period, year_asked


@bp.get("/")
@guards.staff
def door() -> Response:
    """Staff land on their own region."""
    return redirect(url_for("township.overview", region=guards.me().regions[0].region_code), 303)


@dataclass(frozen=True)
class Row:
    """A line of a table of sums: its name, the year's sums, the year before, the address of its rows."""

    name: str
    now: figures.Sold
    before: figures.Sold
    href: str
    cooperative: str = ""

    @property
    def fen(self) -> int:
        return self.now.fen

    @property
    def orders(self) -> int:
        return self.now.orders

    @property
    def households(self) -> int:
        return self.now.households

    @property
    def before_fen(self) -> int | None:
        return self.before.fen if self.before.orders else None

    @property
    def change(self) -> str:
        """Against the year before, in percent; '—' when there is nothing to compare with."""
        if self.before.fen <= 0:
            return "—"
        tenths = (self.now.fen - self.before.fen) * 1000 // self.before.fen
        sign = "-" if tenths < 0 else "+"
        return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}%"


@bp.get("/<region>/")
@guards.staff
def overview(region: str) -> str:
    return render_template("township/overview.html", **_figures(region))


@bp.get("/<region>/overview/print")
@guards.staff
def overview_paper(region: str) -> str:
    return render_template("township/overview_print.html", **_figures(region))


def region_name(region: str) -> str:
    """Name of a region. Raises NotFound."""
    name = session().execute(select(Region.name).where(Region.code == region)).scalar()
    if name is None:
        raise NotFound
    return name


def _figures(region: str) -> dict[str, Any]:
    years = figures.years_with_sales(region)
    period = year_asked(years[0] if years else clock.today().year)
    sales = figures.year_sales(region, period.year, period.last)
    cooperatives = (
        session()
        .execute(
            select(Cooperative.id, Cooperative.code, Cooperative.name, Village.name.label("village"))
            .join(Village, Village.id == Cooperative.village_id)
            .where(Village.region_code.startswith(region))
            .order_by(Cooperative.id)
        )
        .all()
    )
    return {
        "place": region_name(region),
        "years": sorted({*years, period.year, 2020}, reverse=True),
        "period": period,
        "sales": sales,
        "proven": assisted_reading.sums(region, period.first, period.last),
        "money": figures.households_paid(region, period.first, period.last),
        "registry": rates.registry(region, period.last),
        "tables": {
            "cooperative": _by_cooperative(sales.by, cooperatives, period, assisted=False),
            "product": _by_product(sales.by, period, assisted=False),
            "month": _by_month(sales, period),
            "assisted": _by_cooperative(sales.assisted_by, cooperatives, period, assisted=True),
            "assisted_product": _by_product(sales.assisted_by, period, assisted=True),
        },
        "villages": _villages(region, period),
        "generated_at": clock.now(),
    }


def _villages(region: str, period: Period) -> list[Any]:
    statement = text(
        "select v.name, v.key_poor, v.deep_poor, string_agg(s.name || ' ' || s.capacity_kw || ' kW', '，') as stations"
        "  from village v left join pv_station s on s.village_id = v.id and s.in_service_on <= :day"
        " where v.region_code like :prefix group by v.id order by v.id"
    )
    return list(session().execute(statement, {"prefix": region + "%", "day": period.last}))


def _href(period: Period, *, assisted: bool, coop: str | None = None, product: str | None = None) -> str:
    return url_for(
        "township.sales",
        first=period.first.isoformat(),
        last=period.last.isoformat(),
        assisted="1" if assisted else None,
        coop=coop,
        product=product,
    )


def _by_cooperative(by: Any, cooperatives: Any, period: Period, *, assisted: bool) -> list[Row]:
    none = (figures.Sold(), figures.Sold())
    rows = []
    for item in cooperatives:
        now, before = by["cooperative"].get(item.id, none)
        rows.append(
            Row(item.village, now, before, _href(period, assisted=assisted, coop=item.code), item.name)
        )
    return [row for row in rows if row.now.orders or row.before.orders] if assisted else rows


def _by_product(by: Any, period: Period, *, assisted: bool) -> list[Row]:
    rows = [
        Row(name, now, before, _href(period, assisted=assisted, product=name))
        for name, (now, before) in by["product"].items()
    ]
    return sorted(rows, key=lambda row: (-row.now.fen, row.name))


def _by_month(sales: figures.YearSales, period: Period) -> list[Row]:
    none = (figures.Sold(), figures.Sold())
    rows = []
    for month in range(1, period.last.month + 1):
        first = date(period.year, month, 1)
        last = date(period.year, month, monthrange(period.year, month)[1])
        href = url_for("township.sales", first=first.isoformat(), last=min(last, period.last).isoformat())
        rows.append(Row(_("%(n)s 月", n=month), *sales.by["month"].get(month, none), href))
    return rows
