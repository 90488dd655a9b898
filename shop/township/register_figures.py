"""村 and 比率: every village's households, persons and rates on a day; each numerator and denominator leads to its list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import told
from shop.catalog.queries import village_by_code
from shop.cooperatives.people import rates
from shop.cooperatives.people.rates import Rate
from shop.core import clock, pages, typed
from shop.core.db import session, transaction
from shop.core.errors import NotFound, Refused
from shop.core.text import N_
from shop.core.typed import Form
from shop.township.blueprint import bp
from shop.township.overview import region_name
from shop.township.period import day_asked

_STATIONS = text(
    """
    select s.village_id, s.name, s.capacity_kw, s.in_service_on, s.running from pv_station s
      join village v on v.id = s.village_id where v.region_code like :prefix and s.in_service_on <= :day order by s.id
    """
)
# figures of a village: (heading, the count's name, its list)
COUNTS = (
    (N_("户"), "households", "all"),
    (N_("人"), "persons", "all"),
    (N_("农业户"), "agricultural_households", "agricultural"),
    (N_("建档立卡户"), "registered_households", "registered"),
    (N_("建档立卡人"), "registered_persons", "registered"),
    (N_("符合条件户"), "eligible_households", "eligible"),
    (N_("成员户"), "member_households", "member"),
)


@dataclass(frozen=True)
class Line:
    """A village, or all of them: its figures with the address of the list behind each."""

    name: str
    code: str
    counts: Any
    rates: Sequence[Rate]

    def number(self, name: str) -> int:
        return getattr(self.counts, name) or 0


@bp.get("/<region>/register/villages")
@guards.staff
def register_villages(region: str) -> str:
    day = day_asked("day", clock.today())
    lines, total = _lines(region, day)
    return render_template(
        "township/register_villages.html",
        place=region_name(region),
        day=day,
        lines=lines,
        total=total,
        counts=COUNTS,
        stations=_stations(day),
        behind=_behind(day),
    )


@bp.get("/<region>/register/villages/<village>")
@guards.staff
def register_village(region: str, village: str) -> str:
    return _village_page(village, None)


def _village_page(code: str, form: Form | None) -> str:
    day = day_asked("day", clock.today())
    found = [one for one in rates.by_village(g.region_code, day) if one.village.code == code]
    if not found:
        raise NotFound
    one = found[0]
    return render_template(
        "township/register_village.html",
        place=region_name(g.region_code),
        day=day,
        line=Line(one.village.name, one.village.code, one.village, one.rates),
        village=one.village,
        counts=COUNTS,
        stations=_stations(day).get(one.village.id, []),
        behind=_behind(day),
        form=form or Form(_story_labels(), {"story": village_by_code(code).story}),
        most=told.LONGEST_STORY,
    )


def _story_labels() -> dict[str, str]:
    return {"story": _("村介绍")}


@bp.post("/<region>/register/villages/<village>")
@guards.staff
def village_tell(region: str, village: str) -> Response | tuple[str, int]:
    form = typed.posted(_story_labels())
    try:
        with transaction():
            told.tell_of_village(g.region_code, village, form.text("story"), guards.me().id)
    except Refused as refusal:
        form.blame(refusal)
        return _village_page(village, form), 422
    pages.say(_("已保存，买家马上看得到"), link=(url_for("storefront.village", code=village), _("看一看")))
    return redirect(url_for("township.register_village", village=village), 303)


@bp.get("/<region>/register/rates")
@guards.staff
def register_rates(region: str) -> str:
    day = day_asked("day", clock.today())
    lines, total = _lines(region, day)
    return render_template(
        "township/register_rates.html",
        place=region_name(region),
        day=day,
        lines=[total, *lines],
        behind=_behind(day),
    )


def _lines(region: str, day: date) -> tuple[list[Line], Line]:
    whole = rates.registry(region, day)
    lines = [
        Line(one.village.name, one.village.code, one.village, one.rates)
        for one in rates.by_village(region, day)
    ]
    return lines, Line("", "", whole.counts, whole.rates)


def _stations(day: date) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in session().execute(_STATIONS, {"prefix": g.region_code + "%", "day": day}):
        found.setdefault(row.village_id, []).append(row)
    return found


def _behind(day: date) -> Any:
    """The address of a list of a village ('' for all) on that day."""

    def address(which: str, village: str = "") -> str:
        return url_for("township.register", which=which, village=village or None, day=day.isoformat())

    return address
