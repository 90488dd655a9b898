"""报告: a month or a year in official form, asked for here, made by a worker, fetched as Word, Excel or PDF."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Response as Download
from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock, pages
from shop.core.background import ring
from shop.core.db import transaction
from shop.core.numbers import row_id
from shop.core.spreadsheet import XLSX
from shop.core.text import N_
from shop.core.typed import Form, posted
from shop.reporting import asking, periods, sold, tasks
from shop.reporting.facts import WINDOWS
from shop.reporting.models import DONE, KINDS, MONTHLY, SAME, YEARLY
from shop.reporting.sheets import UNITS
from shop.township.blueprint import bp
from shop.township.overview import region_name

SIZE = 20
NAMES = {MONTHLY: N_("月报"), YEARLY: N_("年报")}
STEPS = (N_("核对账目，汇总数据"), N_("写 Word 文件"), N_("写 Excel 表"), N_("排 PDF"))
MEDIA = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": XLSX,
    "pdf": "application/pdf",
}


@bp.get("/<region>/reports")
@guards.staff
def reports(region: str) -> str:
    last_month = clock.today().replace(day=1) - timedelta(days=1)
    kind = request.args.get("kind", MONTHLY)
    typed = {"kind": kind, "period": request.args.get("period", "")[:20] or f"{last_month:%Y-%m}"}
    return _list(Form(_labels(), typed, frozenset(_labels())))


def _labels() -> dict[str, str]:
    return {"kind": _("种类"), "period": _("报告期")}


def _list(form: Form) -> str:
    rows = asking.latest(g.region_code, SIZE + 1, row_id(request.args.get("after", "")))
    shown = rows[:SIZE]
    return render_template(
        "township/reports.html",
        place=region_name(g.region_code),
        form=form,
        kinds=[(kind, _(NAMES[kind])) for kind in KINDS],
        names=NAMES,
        page=pages.Page(shown, size=SIZE, next_after=str(shown[-1].id) if len(rows) > SIZE else None),
    )


@bp.post("/<region>/reports")
@guards.staff
def report_ask(region: str) -> Response | tuple[str, int]:
    form = posted(_labels(), _labels())
    if form.text("kind") not in KINDS:
        form.refuse("kind", _("请选择月报或年报"))
    else:
        form.read("period", lambda typed: periods.asked(form.text("kind"), typed))
    if form.problems:
        return _list(form), 422
    with transaction():
        period = periods.asked(form.text("kind"), form.text("period"))
        report_id = asking.ask(region, period, guards.me().id)
    ring(tasks.make, report_id)
    return redirect(url_for("township.report", report_id=report_id), 303)


@bp.get("/<region>/reports/<int:report_id>")
@guards.staff
def report(region: str, report_id: int) -> str | Response:
    found = asking.one(report_id, region)
    if found.row.state == SAME:
        pages.say(_("数据和上一次一样，这就是那一份"), "notice")
        return redirect(url_for("township.report", report_id=found.row.same_as), 303)
    fragment = request.headers.get("HX-Request") and request.headers.get("HX-Target") == "report"
    return render_template(
        "township/_report.html" if fragment else "township/report.html",
        place=region_name(region),
        found=found,
        name=NAMES[found.row.kind],
        step=STEPS[min(found.done, len(STEPS) - 1)],
        steps=len(STEPS),
        figures=[_figure(one) for one in (found.facts or {}).get("figures", [])],
        later=_later(found),
    )


def _figure(one: Mapping[str, Any]) -> dict[str, Any]:
    """A figure as its line shows it, with the address of its rows."""
    rows = one["rows"]
    return {
        **one,
        "window": WINDOWS[one["window"]] if "window" in one else "",
        "unit": UNITS[one["unit"]],
        "fen": one["value"] if one["unit"] == "fen" else None,
        "href": url_for(f"township.{rows['list']}", **rows["args"]) if rows else "",
    }


def _later(found: asking.Found) -> int:
    """How many sales were booked into the report's days since it was made."""
    if found.row.state != DONE or found.facts is None:
        return 0
    window, counted = found.facts["windows"]["now"], found.facts["counted"]
    days = periods.Window(date.fromisoformat(window["first"]), date.fromisoformat(window["last"]))
    then = int(counted["sales"]["number"]) + int(counted["assisted"]["number"])
    return sold.size(found.row.region_code, days) - then


@bp.get("/<region>/reports/<int:report_id>/<any(docx,xlsx,pdf):report_form>")
@guards.staff
def report_file(region: str, report_id: int, report_form: str) -> Response:
    period = asking.one(report_id, region).row.period
    with transaction():
        body = asking.take_file(report_id, region, report_form, guards.me().id)
    response = Download(body, mimetype=MEDIA[report_form])
    name = f"{region}-{period}-{report_id}.{report_form}"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response
