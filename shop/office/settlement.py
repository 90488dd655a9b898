"""结算: the month's draft, what each party is owed with its named deductions, and one household's statement."""

from __future__ import annotations

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import settlement as deeds
from shop.cooperatives.income import settlement_approval
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused, said
from shop.core.terms import due_day
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
        over=asked.last < clock.today(),
        due_on=due_day(asked.last),
        minimum_fen=settlement_approval.minimum_payout(g.cooperative_id, asked.name),
        own=found is not None and found.made_by == guards.me().id,
        chair=g.duty == "chair",
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


@bp.post("/<coop>/settlement/approve")
@guards.manager
def settlement_approve(coop: str) -> Response | tuple[str, int]:
    """The chair's word on what another person computed."""
    asked = month.asked()
    found = deeds.statement(g.cooperative_id, asked.name)
    try:
        if found is None:
            raise Refused(_("这个月还没有算过"))
        if g.duty != "chair":
            raise Refused(_("结算单由理事长审批"))
        with transaction():
            settlement_approval.approve(found.settlement_id, g.cooperative_id, guards.me().id)
    except (Refused, Conflict) as refusal:
        return _page(asked, said(refusal)), 422
    pages.say(_("%(month)s 的结算单已审批，退货期过后可以付款", month=asked.name))
    return redirect(url_for("office.settlement", month=asked.name), 303)
