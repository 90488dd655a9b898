"""章程: the parameters in force and before, the assembly's vote on new ones, and putting them in force."""

from __future__ import annotations

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import charter_form, resolutions
from shop.cooperatives.income import charters as deeds
from shop.cooperatives.people import queries
from shop.core import clock, pages, pictures, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.numbers import row_id
from shop.core.text import excerpt
from shop.core.typed import Form
from shop.office import votes
from shop.office.blueprint import bp

SUBJECTS = ("charter",)


def labels() -> dict[str, str]:
    return {"resolution": _("成员大会决议"), **charter_form.labels()}


@bp.get("/<coop>/charter")
@guards.manager
def charter(coop: str) -> str:
    return _page(votes.form(SUBJECTS), _offered())


def _offered() -> Form:
    """The form filled with what is in force."""
    now = queries.charter_on(g.cooperative_id, clock.today())
    values = {} if now is None else charter_form.values_of(now)
    return Form(labels(), values, frozenset(labels()))


def _page(vote: Form, form: Form) -> str:
    passed = resolutions.of_cooperative(g.cooperative_id, "charter")
    return render_template(
        "office/charter.html",
        versions=queries.charters(g.cooperative_id),
        today=clock.today(),
        resolutions=passed,
        choices=[(row.id, f"{row.held_on.isoformat()} {excerpt(row.summary)}") for row in passed],
        vote=vote,
        form=form,
        accepted=pictures.ACCEPTED,
        chair=g.duty == "chair",
    )


@bp.post("/<coop>/charter/votes")
@guards.manager
def charter_vote(coop: str) -> Response | tuple[str, int]:
    sent = votes.form(SUBJECTS)
    if not votes.save(sent, SUBJECTS):
        return _page(sent, _offered()), 422
    pages.say(_("决议已登记"))
    return redirect(url_for("office.charter"), 303)


@bp.post("/<coop>/charter")
@guards.manager
def charter_adopt(coop: str) -> Response | tuple[str, int]:
    """Put a new version in force: the chair only."""
    form = typed.posted(labels(), required=labels())
    terms = charter_form.read(form)
    resolution = row_id(form.text("resolution"))
    if resolution is None:
        form.refuse("resolution", _("请先登记成员大会的决议，再在这里选它"))
    if g.duty != "chair":
        form.refuse("", _("这一步由理事长办理"))
    if terms is not None and resolution is not None and not form.problems:
        try:
            with transaction():
                deeds.adopt(g.cooperative_id, resolution, terms, guards.me().id)
        except (Refused, Conflict) as refusal:
            form.blame(refusal)
    if form.problems:
        return _page(Form(votes.form(SUBJECTS).labels, {}), form), 422
    pages.say(_("新的章程参数已登记，到日子自动生效"))
    return redirect(url_for("office.charter"), 303)
