"""Closing a month of 总览, and the dated note that says why it differs since."""

from __future__ import annotations

from datetime import date

from flask import g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core.db import transaction
from shop.core.errors import Refused, said
from shop.core.pages import say
from shop.core.text import BadInput
from shop.orders import town_months
from shop.township import overview
from shop.township.blueprint import bp
from shop.township.period import month_of


@bp.post("/<region>/months/close")
@guards.staff
def month_close(region: str) -> Response:
    """The form names the month. A refusal is shown on the month's page."""
    month = month_of(request.form.get("month", ""))
    try:
        with transaction():
            fresh = town_months.close(g.region_code, month, by=guards.me().id)
    except Refused as refusal:
        say(said(refusal), "error")
        return _to(month)
    say(_("已关账，上报的数不再变") if fresh else _("这个月已经关过账了"))
    return _to(month)


@bp.post("/<region>/months/note")
@guards.staff
def month_note(region: str) -> Response | tuple[str, int]:
    month, note = month_of(request.form.get("month", "")), request.form.get("note", "")[:1000]
    try:
        with transaction():
            town_months.add_note(g.region_code, month, note, by=guards.me().id)
    except (Refused, BadInput) as refusal:
        return overview.page(region, problem=said(refusal), typed=note, wrong=month), 422
    say(_("说明已记下"))
    return _to(month)


def _to(month: date) -> Response:
    return redirect(url_for("township.overview", month=month.isoformat()[:7]) + "#closed", 303)
