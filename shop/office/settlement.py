"""结算: the month's draft, what each party is owed with its named deductions, and one household's statement."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import settlement as deeds
from shop.cooperatives.produce import deliverers
from shop.core import pages
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.office import month
from shop.office.blueprint import bp

SIZE = 30
NAMES = deeds.NAMES


@bp.get("/<coop>/settlement")
@guards.manager
def settlement(coop: str) -> str:
    return _page(month.asked())


def _page(asked: month.Month, problem: str = "") -> str:
    found = deeds.statement(g.cooperative_id, asked.name)
    lines = found.lines if found else ()
    number = pages.page_number()
    return render_template(
        "office/settlement.html",
        month=asked,
        statement=found,
        page=pages.Page(lines[(number - 1) * SIZE : number * SIZE], number, SIZE, len(lines)),
        problem=problem,
        names=NAMES,
    )


@bp.post("/<coop>/settlement")
@guards.manager
def settlement_compute(coop: str) -> Response | tuple[str, int]:
    asked = month.asked()
    try:
        with transaction():
            deeds.compute_month(g.cooperative_id, asked.name, guards.me().id)
    except Refused as refusal:
        return _page(asked, refusal.message), 422
    pages.say(_("%(month)s 的结算单算好了，是草稿，还没有付钱", month=asked.name))
    return redirect(url_for("office.settlement", month=asked.name), 303)


@bp.get("/<coop>/settlement/households/<int:household_id>")
@guards.manager
def settlement_household(coop: str, household_id: int) -> str:
    asked = month.asked()
    who = deliverers.one(household_id, g.cooperative_id, asked.last)
    found = deeds.statement(g.cooperative_id, asked.name)
    line: Any = (
        next((row for row in found.lines if row.household_id == household_id), None) if found else None
    )
    return render_template(
        "office/settlement_household.html", month=asked, who=who, statement=found, line=line, names=NAMES
    )
