"""The steps of a distribution after its draft: looked through, posted for checking, approved by another, booked, undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import lifecycle, notices, rules
from shop.cooperatives.income.year_inputs import read_year
from shop.cooperatives.people.models import Cooperative, Village
from shop.core import pages
from shop.core.db import session, transaction
from shop.core.errors import Refused, said
from shop.core.quantity import parse_pieces
from shop.core.text import N_, BadInput
from shop.township.blueprint import bp
from shop.township.distributions import distribution_view, read_result
from shop.township.duties import APPROVER
from shop.township.overview import region_name

DONE = {
    "preview": N_("已标为核对过，可以公示了"),
    "discard": N_("草稿已作废，可以重新计算"),
    "publish": N_("已开始公示"),
    "approve": N_("已审核，可以入账了"),
    "post": N_("已入账：公积金、各户应付都记好了"),
    "reverse": N_("已用反向凭证冲回"),
}


def cooperative_ids(region: str) -> set[int]:
    """Cooperatives of the region: the scope of every step."""
    statement = (
        select(Cooperative.id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Village.region_code.startswith(region))
    )
    return set(session().scalars(statement))


@bp.post(
    "/<region>/distributions/<int:distribution_id>/<any(preview,discard,publish,approve,post,reverse):step>"
)
@guards.staff
def distribution_step(region: str, distribution_id: int, step: str) -> Response | tuple[str, int]:
    try:
        with transaction():
            lifecycle.lock(distribution_id, cooperative_ids(region))
            _take(step, distribution_id, guards.me().id)
    except (Refused, BadInput) as refusal:
        return distribution_view(region, distribution_id, problem=said(refusal)), 422
    pages.say(_(DONE[step]))
    return redirect(url_for("township.distribution_page", distribution_id=distribution_id), 303)


def _take(step: str, distribution_id: int, by: int) -> None:
    reason = request.form.get("reason", "")
    if step == "preview":
        lifecycle.preview(distribution_id, by)
    elif step == "discard":
        lifecycle.discard(distribution_id, by, reason)
    elif step == "publish":
        days = parse_pieces(request.form.get("days", ""), "天", label=_("公示天数"))
        lifecycle.publish(distribution_id, by, days)
    elif g.duty not in APPROVER:
        raise Refused(_("审核、入账和冲回由审核岗办理，您是经办岗"))
    elif step == "approve":
        lifecycle.approve(distribution_id, by)
    elif step == "post":
        lifecycle.post(distribution_id, by)
    else:
        lifecycle.reverse(distribution_id, by, reason)


@bp.post("/<region>/objections/<int:objection_id>")
@guards.staff
def answer_objection(region: str, objection_id: int) -> Response:
    outcome, words = request.form.get("outcome", ""), request.form.get("answer", "")
    user = guards.me().id
    with transaction():
        found = notices.answer(objection_id, cooperative_ids(region), outcome, words, user)
        if outcome == "upheld":
            lifecycle.uphold(found, user)
    pages.say(_("已采纳，公示已撤下，请重新计算") if outcome == "upheld" else _("已答复"))
    return redirect(url_for("township.distribution_page", distribution_id=found), 303)


@bp.get("/<region>/distributions/<int:distribution_id>/what-if")
@guards.staff
def what_if(region: str, distribution_id: int) -> str | tuple[str, int]:
    """Another reserve rate or patronage ratio on the same books: computed, shown, not stored."""
    result = read_result(region, distribution_id)
    head = result.head.Distribution
    given = {
        name: request.args.get(name, "")[:12] or (head.rules or {}).get(name, "")
        for name in ("reserve_rate", "patronage_ratio")
    }
    problem, computed = "", None
    try:
        inputs = read_year(head.cooperative_id, head.year).inputs
        computed = rules.compute(replace(inputs, parameters=rules.Parameters(**given)))
    except rules.DistributionRefused as refusal:
        problem = str(refusal)
    page = render_template(
        "township/what_if.html",
        place=region_name(region),
        result=result,
        head=head,
        given=given,
        computed=computed,
        problem=problem,
        rows=_beside(result, computed) if computed else [],
    )
    return (page, 422) if problem else page


def _beside(result: Any, computed: rules.DistributionResult) -> list[dict[str, Any]]:
    """Each member's stored figure beside the tried one."""
    now = {line["number"]: line for line in result.lines}
    return [
        {
            "number": row.member,
            "name": now[row.member]["name"] if row.member in now else "—",
            "stored_fen": now[row.member]["total_fen"] if row.member in now else None,
            "tried_fen": row.patronage_fen + row.residual_fen,
            "change_fen": row.patronage_fen
            + row.residual_fen
            - (now[row.member]["total_fen"] if row.member in now else 0),
        }
        for row in computed.members
    ]
