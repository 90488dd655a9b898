"""总览: one number, provable down to the order line, of a month or a year; a county's staff see their towns as rows."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select, text
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.assisted import reading as assisted_reading
from shop.cooperatives.people import rates
from shop.cooperatives.people.models import Region
from shop.core import clock
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.money import format_plain
from shop.core.pages import wan
from shop.orders import facts_money, town_months
from shop.orders.facts_windows import Windows
from shop.township import sums
from shop.township.blueprint import bp
from shop.township.period import windows_asked


@bp.get("/")
@guards.staff
def door() -> Response:
    """Staff land on their own region."""
    return redirect(url_for("township.overview", region=guards.me().regions[0].region_code), 303)


@bp.get("/<region>/")
@guards.staff
def overview(region: str) -> str:
    return page(region)


def region_name(region: str) -> str:
    """Name of a region. Raises NotFound."""
    name = session().execute(select(Region.name).where(Region.code == region)).scalar()
    if name is None:
        raise NotFound
    return name


def page(region: str, *, problem: str = "", typed: str = "", wrong: date | None = None) -> str:
    """The page of the asked month or year; with `problem` the form of the closed month `wrong` shows it with what was typed."""
    today = clock.today()
    windows = windows_asked()
    place = sums.place(region, today.year)
    county = place.level != "township"
    closed = {} if county else town_months.closed(region, windows.so_far, windows.last)
    found = sums.page(region, windows, county=county, closed=_of_month(closed, windows))
    return render_template(
        "township/overview.html",
        place=place.name,
        county=county,
        years=sorted({*place.years, windows.last.year, 2020}, reverse=True),
        windows=windows,
        today=today,
        page=found,
        sentence=sentence(place.name, found),
        changes=_changes(region, windows, closed, found),
        can_close=not county
        and windows.monthly
        and windows.whole
        and windows.last < today
        and not found.closed,
        problem=problem,
        typed=typed,
        wrong=wrong,
        seen_at=clock.now(),
        proven=assisted_reading.sums(region, windows.first, windows.last),
        # a county's hundred thousand households are counted on a page of their own
        **({} if windows.monthly or county else _registry(region, windows)),
    )


def sentence(place: str, found: sums.Page) -> str:
    """What is told over the telephone in the morning: sales and money named apart, each with its comparison."""
    windows, total = found.windows, found.total
    if windows.monthly:
        head = _(
            "%(place)s%(year)s年%(month)s月（截至%(day)s日）销售额%(wan)s（%(yuan)s元），比去年同月%(change)s，涉及农户%(n)s户；"
            "1–%(month)s月累计%(so_far)s（%(so_far_yuan)s元），比去年同期%(change_so_far)s。",
            place=place, year=windows.last.year, month=windows.last.month, day=windows.last.day, wan=wan(total.now.fen),
            yuan=format_plain(total.now.fen), change=_told(total.change), n=found.reached["now"].sold,
            so_far=wan(total.so_far.fen), so_far_yuan=format_plain(total.so_far.fen),
            change_so_far=_told(total.change_so_far),
        )  # fmt: skip
    else:
        head = _(
            "%(place)s%(year)s年（截至%(month)s月%(day)s日）销售额%(wan)s（%(yuan)s元），比去年同期%(change)s，涉及农户%(n)s户。",
            place=place, year=windows.last.year, month=windows.last.month, day=windows.last.day, wan=wan(total.now.fen),
            yuan=format_plain(total.now.fen), change=_told(total.change), n=found.reached["now"].sold,
        )  # fmt: skip
    tail = _(
        "计入农户货款%(money)s元、%(n)s户（不并入销售额）；帮助销售%(assisted)s元另计。",
        money=format_plain(found.money["now"]),
        n=found.reached["now"].money,
        assisted=format_plain(found.assisted.now.fen),
    )
    return str(_("%(head)s%(tail)s", head=head, tail=tail))


def _told(change: str) -> str:
    return _("无可比数据") if change == "—" else change


def _of_month(closed: dict[date, town_months.Closed], windows: Windows) -> town_months.Closed | None:
    return closed.get(windows.first) if windows.monthly and windows.whole else None


def _changes(
    region: str, windows: Windows, closed: dict[date, town_months.Closed], found: sums.Page
) -> list[dict[str, Any]]:
    """The closed months shown, with what the rows say now: of a month that one, of a year all that differ or were noted."""
    if not closed:
        return []
    sold = {month: (plain, assisted) for month, plain, assisted in found.live_months}
    money = facts_money.money_months(region, windows)
    shown = []
    for month, one in closed.items():
        plain, assisted = sold.get(month, (0, 0))
        differs = {
            "sales": plain - one.sales_fen,
            "assisted": assisted - one.assisted_fen,
            "money": money.get(month, 0) - one.money_fen,
        }
        told = one.notes[-1] if one.notes else None
        noted = (told.sales_fen, told.assisted_fen, told.money_fen) if told else (0, 0, 0)
        if found.closed is one or any(differs.values()) or one.notes:
            shown.append({"closed": one, "differs": differs, "unsaid": tuple(differs.values()) != noted})
    return shown


def _registry(region: str, windows: Windows) -> dict[str, Any]:
    return {"registry": rates.registry(region, windows.last), "villages": _villages(region, windows.last)}


def _villages(region: str, day: date) -> list[Any]:
    statement = text(
        "select v.name, v.key_poor, v.deep_poor, string_agg(s.name || ' ' || s.capacity_kw || ' kW', '，') as stations"
        "  from village v left join pv_station s on s.village_id = v.id and s.in_service_on <= :day"
        " where v.region_code like :prefix group by v.id order by v.id"
    )
    return list(session().execute(statement, {"prefix": region + "%", "day": day}))
