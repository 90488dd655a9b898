"""盈余分配 in the office: what the township computed, the assembly's word on it, members' objections, what was voted."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flask import abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import notices, resolutions, voted
from shop.cooperatives.income.models import Distribution, DistributionLine
from shop.cooperatives.people.models import Household, Member
from shop.core import pages, pictures
from shop.core.db import session, transaction
from shop.core.errors import Refused, said
from shop.core.numbers import read_decimal, row_id
from shop.core.text import BadInput
from shop.core.typed import Form
from shop.office import votes
from shop.office.blueprint import bp

SUBJECTS = ("distribution", "conversion", "quantify")


@bp.get("/<coop>/distributions")
@guards.manager
def distributions(coop: str) -> str:
    rows = session().scalars(
        select(Distribution)
        .where(
            Distribution.cooperative_id == g.cooperative_id,
            Distribution.state.not_in(("void", "waiting", "computing")),
        )
        .order_by(Distribution.year.desc(), Distribution.id.desc())
        .limit(50)
    )
    return render_template("office/distributions.html", rows=rows.all())


@bp.get("/<coop>/distributions/<int:distribution_id>")
@guards.manager
def distribution(coop: str, distribution_id: int) -> str:
    return _view(distribution_id)


def _own(distribution_id: int) -> Distribution:
    head = session().get(Distribution, distribution_id)
    if head is None or head.cooperative_id != g.cooperative_id:
        abort(404)
    return head


def _view(
    distribution_id: int, problem: str = "", typed: dict[str, Any] | None = None, vote: Form | None = None
) -> str:
    head = _own(distribution_id)
    lines = (
        session()
        .execute(
            select(DistributionLine, Household.head_name, Household.id.label("household_id"))
            .join(Member, Member.id == DistributionLine.member_id)
            .join(Household, Household.id == Member.household_id)
            .where(DistributionLine.distribution_id == distribution_id)
            .order_by(DistributionLine.number)
        )
        .all()
    )
    return render_template(
        "office/distribution.html",
        head=head,
        lines=lines,
        notice=notices.latest(distribution_id),
        resolutions=resolutions.of_distribution(distribution_id),
        resolution_names=resolutions.NAMES,
        objections=notices.objections_of(distribution_id),
        vote=vote or Form(votes.form(SUBJECTS).labels, {}),
        subjects=[(subject, _(resolutions.NAMES[subject])) for subject in SUBJECTS],
        problem=problem,
        typed=typed or {},
        accepted=pictures.ACCEPTED,
        chair=g.duty == "chair",
    )


@bp.post("/<coop>/distributions/<int:distribution_id>/resolutions")
@guards.manager
def resolution_save(coop: str, distribution_id: int) -> Response | tuple[str, int]:
    _own(distribution_id)
    sent = votes.form(SUBJECTS)
    if not votes.save(sent, SUBJECTS, distribution_id):
        return _view(distribution_id, vote=sent), 422
    pages.say(_("决议已登记"))
    return redirect(url_for("office.distribution", distribution_id=distribution_id), 303)


@bp.post("/<coop>/distributions/<int:distribution_id>/objections")
@guards.manager
def objection_save(coop: str, distribution_id: int) -> Response | tuple[str, int]:
    _own(distribution_id)
    household = row_id(request.form.get("household_id", ""))
    if household is None:
        return _view(distribution_id, _("请选择是哪一户提的"), request.form.to_dict()), 422
    try:
        with transaction():
            notices.object_to(
                distribution_id,
                household,
                request.form.get("words", ""),
                "manager",
                guards.me().id,
                request.form.get("idempotency_key", "")[:100] or None,
            )
    except (Refused, BadInput) as refusal:
        return _view(distribution_id, said(refusal), request.form.to_dict()), 422
    pages.say(_("异议已记下，镇里答复后显示在这里"))
    return redirect(url_for("office.distribution", distribution_id=distribution_id), 303)


@bp.post("/<coop>/distributions/<int:distribution_id>/votes/<any(convert,quantify):what>")
@guards.manager
def voted_deed(coop: str, distribution_id: int, what: str) -> Response | tuple[str, int]:
    """Carry out what the assembly voted: the chair only."""
    _own(distribution_id)
    try:
        if g.duty != "chair":
            raise Refused(_("这一步由理事长办理"))
        with transaction():
            if what == "convert":
                number = read_decimal(request.form.get("share", ""), label=_("比例"), max_places=4)
                share = Fraction(number.digits, 10**number.places)
                voted.convert_to_capital(distribution_id, g.cooperative_id, share, guards.me().id)
            else:
                voted.quantify_reserve(
                    distribution_id, g.cooperative_id, request.form.get("key", ""), guards.me().id
                )
    except (Refused, BadInput) as refusal:
        return _view(distribution_id, said(refusal), request.form.to_dict()), 422
    pages.say(_("已按决议办好并入账"))
    return redirect(url_for("office.distribution", distribution_id=distribution_id), 303)
