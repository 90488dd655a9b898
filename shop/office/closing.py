"""结账: months in order, then the year; what still waits is said before, and what is closed stays closed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.ledger import periods, statements
from shop.cooperatives.ledger.closing import close_year
from shop.core import clock, pages, spans
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.office import books, month
from shop.office.blueprint import bp
from shop.orders.unposted import refuse_unposted, unposted


@bp.get("/<coop>/books/closing")
@guards.manager
def books_closing(coop: str) -> str:
    return _page()


def _page(problem: str = "") -> str:
    today = clock.today()
    period, year = periods.next_period(g.cooperative_id), periods.next_year(g.cooperative_id)
    return books.page(
        "closing",
        problem=problem,
        month=_checks(month.of(period).first, month.of(period).last, today) if period else None,
        month_name=period,
        year=_checks(date(year, 1, 1), date(year, 12, 31), today) if year else None,
        year_name=year,
        open_month=bool(period and year and period <= f"{year}-12"),
        closed=periods.closed_periods(g.cooperative_id),
    )


def _checks(first: date, last: date, today: date) -> dict[str, Any]:
    """What has to hold before these days are closed, and what they came to."""
    return {
        "over": last < today,
        "ends_on": last + timedelta(days=1),
        "waiting": unposted(g.cooperative_id, first, last),
        "balanced": statements.trial_balance(g.cooperative_id, first, last).balanced,
        "surplus_fen": statements.earned(g.cooperative_id, first, last),
        "span": spans.Span(first, last),
    }


@bp.post("/<coop>/books/closing/month")
@guards.manager
def books_close_month(coop: str) -> Response | tuple[str, int]:
    asked = month.asked()
    try:
        _confirmed()
        with transaction():
            refuse_unposted(g.cooperative_id, asked.first, asked.last)
            periods.close_period(g.cooperative_id, asked.name, guards.me().id)
    except Refused as refusal:
        return _page(refusal.message), 422
    pages.say(_("%(month)s 已结账", month=asked.name))
    return redirect(url_for("office.books_closing"), 303)


@bp.post("/<coop>/books/closing/year")
@guards.manager
def books_close_year(coop: str) -> Response | tuple[str, int]:
    typed = request.form.get("year", "")
    try:
        _confirmed()
        if not (typed.isascii() and typed.isdigit() and len(typed) == 4 and int(typed) >= spans.FIRST_YEAR):
            raise Refused(_("请选择要结账的年度"))
        year = int(typed)
        with transaction():
            refuse_unposted(g.cooperative_id, date(year, 1, 1), date(year, 12, 31))
            close_year(g.cooperative_id, year, guards.me().id)
    except Refused as refusal:
        return _page(refusal.message), 422
    pages.say(_("%(year)s 年已结账，可以做盈余分配了", year=year))
    return redirect(url_for("office.books_closing"), 303)


def _confirmed() -> None:
    if request.form.get("sure") != "1":
        raise Refused(_("结账以后不能再改，请先打勾确认"))
