"""章程: the parameters in force and before, the assembly's vote on new ones, and putting them in force."""

from __future__ import annotations

from functools import partial
from typing import cast

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import charters as deeds
from shop.cooperatives.income import resolutions
from shop.cooperatives.income.charters import Terms
from shop.cooperatives.people import queries
from shop.core import clock, pages, pictures, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.money import format_plain, parse_yuan
from shop.core.numbers import percent_of, read_percent, row_id
from shop.core.quantity import parse_pieces
from shop.core.text import excerpt
from shop.core.typed import Form
from shop.office import votes
from shop.office.blueprint import bp

SUBJECTS = ("charter",)
RATES = ("reserve_rate", "patronage_ratio", "commission_rate")
CHOICES = ("patronage_basis", "freight_bearer", "packaging_bearer", "fee_bearer")


def labels() -> dict[str, str]:
    return {
        "resolution": _("成员大会决议"),
        "valid_from": _("从哪天起生效"),
        "reserve_rate": _("公积金提取比例"),
        "patronage_ratio": _("盈余返还比例"),
        "patronage_basis": _("返还依据"),
        "commission_rate": _("代销提成比例"),
        "freight_bearer": _("运费由谁承担"),
        "packaging_bearer": _("包装费由谁承担"),
        "fee_bearer": _("支付手续费由谁承担"),
        "minimum_payout_fen": _("起付额"),
        "notice_days": _("公示天数"),
    }


@bp.get("/<coop>/charter")
@guards.manager
def charter(coop: str) -> str:
    return _page(votes.form(SUBJECTS), _offered())


def _offered() -> Form:
    """The form filled with what is in force."""
    now = queries.charter_on(g.cooperative_id, clock.today())
    values: dict[str, str] = {}
    if now is not None:
        values = {name: percent_of(getattr(now, name)).removesuffix("%") for name in RATES}
        values |= {name: getattr(now, name) for name in CHOICES}
        values["minimum_payout_fen"] = format_plain(now.minimum_payout_fen)
        values["notice_days"] = str(now.notice_days)
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
    terms = _terms(form)
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


def _terms(form: Form) -> Terms | None:
    day = form.read("valid_from", lambda text: typed.day(text, label=form.labels["valid_from"]))
    rates = {name: form.read(name, partial(read_percent, label=form.labels[name])) for name in RATES}
    minimum = form.read(
        "minimum_payout_fen",
        lambda text: parse_yuan(text, label=form.labels["minimum_payout_fen"], zero_allowed=True),
    )
    days = form.read("notice_days", lambda text: parse_pieces(text, "天", label=form.labels["notice_days"]))
    if form.problems or day is None:
        return None
    chosen = {name: request.form.get(name, "") for name in CHOICES}
    return Terms(
        valid_from=day,
        **cast(dict[str, str], rates),
        **chosen,
        minimum_payout_fen=minimum or 0,
        notice_days=days or 0,
    )
