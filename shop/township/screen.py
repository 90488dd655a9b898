"""大屏: one page for the projector. The conclusion first, figures readable at eight metres, no names of persons."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from shop.accounts import guards
from shop.audit.models import AuditResult
from shop.cooperatives.people import rates
from shop.cooperatives.people.models import Cooperative, Village
from shop.core import clock
from shop.core.db import session
from shop.core.numbers import half_up
from shop.orders import facts_money, facts_reading, facts_windows
from shop.orders.facts_reading import NOTHING
from shop.township.blueprint import bp
from shop.township.overview import region_name
from shop.township.period import Period, year_asked

BARS = 8  # villages on the wall; the list behind has all
_HUNDRED = 100


@bp.get("/<region>/screen")
@guards.staff
def screen(region: str) -> str:
    """?year= shows another year; without it the present one."""
    period = year_asked(clock.today().year)
    windows = facts_windows.year(period.year, period.last)
    sales = facts_reading.sales(region, windows, ("cooperative_id",))
    paid = facts_money.read(region, windows, ("total",))
    last = select(AuditResult.clean, AuditResult.finished_at).order_by(AuditResult.id.desc()).limit(1)
    return render_template(
        "township/screen.html",
        place=region_name(region),
        period=period,
        total=sales.total()["now"],
        assisted=sales.total(assisted=True)["now"],
        households=paid.reached()["now"].sold,
        money_fen=paid.total()["now"],
        rates=rates.registry(region, period.last).rates[:3],
        bars=_bars(region, sales, period),
        months=_months(sales, period),
        audit=session().execute(last).one_or_none(),
        now=clock.now(),
        everything=_rows(period),
        helped=_rows(period, assisted="1"),
    )


def _rows(period: Period, **more: Any) -> str:
    return url_for("township.sales", first=period.first.isoformat(), last=period.last.isoformat(), **more)


def wan(fen: int) -> str:
    """Ten thousands of yuan without the word, one decimal, for a wall that says it once."""
    tenths = half_up(abs(fen), 100_000)
    return f"{'-' if fen < 0 else ''}{tenths // 10}.{tenths % 10}"


def _bars(region: str, sales: facts_reading.Sales, period: Period) -> list[dict[str, Any]]:
    """Cooperatives by what they sold: the village's name, the amount, its share of the largest in percent, its rows."""
    cooperatives = session().execute(
        select(Cooperative.id, Cooperative.code, Village.name)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Village.region_code.startswith(region))
    )
    by = sales.by["cooperative_id"]
    found = [
        {
            "name": row.name, "fen": by.get(row.id, NOTHING)["now"].fen,
            "href": _rows(period, coop=row.code),
        }
        for row in cooperatives
    ]  # fmt: skip
    found.sort(key=lambda bar: (-bar["fen"], bar["name"]))
    return _scaled(found[:BARS])


def _months(sales: facts_reading.Sales, period: Period) -> list[dict[str, Any]]:
    found = []
    for month in range(1, period.last.month + 1):
        first = date(period.year, month, 1)
        last = min(date(period.year, month, monthrange(period.year, month)[1]), period.last)
        href = url_for("township.sales", first=first.isoformat(), last=last.isoformat())
        fen = sales.by["month"].get(first, NOTHING)["now"].fen
        found.append({"name": _("%(n)s 月", n=month), "number": month, "fen": fen, "href": href})
    return _scaled(found)


def _scaled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    top = max((row["fen"] for row in rows), default=0) or 1
    return [{**row, "share": max(0, row["fen"]) * _HUNDRED // top, "wan": wan(row["fen"])} for row in rows]
