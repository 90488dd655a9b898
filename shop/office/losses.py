"""亏损处理: how much loss stands, the assembly's plans, and the reserve covering it."""

from __future__ import annotations

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import losses as deeds
from shop.core import pages, pictures, typed
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.money import parse_yuan
from shop.core.numbers import row_id
from shop.core.text import excerpt
from shop.core.typed import Form
from shop.office import votes
from shop.office.blueprint import bp

SUBJECTS = (deeds.SUBJECT,)


@bp.get("/<coop>/losses")
@guards.manager
def losses(coop: str) -> str:
    return _page(votes.form(SUBJECTS), _amount())


def _amount() -> Form:
    return typed.posted({"amount": _("弥补金额"), "plan": _("方案")}, required=["amount", "plan"])


def _page(vote: Form, amount: Form) -> str:
    plans = deeds.plans(g.cooperative_id)
    ready = [plan.resolution for plan in plans if plan.ready]
    return render_template(
        "office/losses.html",
        position=deeds.position(g.cooperative_id),
        plans=plans,
        choices=[(row.id, f"{row.held_on.isoformat()} {excerpt(row.summary)}") for row in ready],
        vote=vote,
        amount=amount,
        accepted=pictures.ACCEPTED,
        chair=g.duty == "chair",
    )


@bp.post("/<coop>/losses/plans")
@guards.manager
def loss_plan_save(coop: str) -> Response | tuple[str, int]:
    sent = votes.form(SUBJECTS)
    if not votes.save(sent, SUBJECTS):
        return _page(sent, Form(_amount().labels, {})), 422
    pages.say(_("方案已登记"))
    return redirect(url_for("office.losses"), 303)


@bp.post("/<coop>/losses/cover")
@guards.manager
def loss_cover(coop: str) -> Response | tuple[str, int]:
    """Carry out a plan: the chair only."""
    sent = _amount()
    fen = sent.read("amount", lambda text: parse_yuan(text, label=_("弥补金额")))
    if g.duty != "chair":
        sent.refuse("", _("这一步由理事长办理"))
    if fen is not None and not sent.problems:
        try:
            with transaction():
                deeds.cover(g.cooperative_id, row_id(sent.text("plan")) or 0, fen, guards.me().id)
        except Refused as refusal:
            sent.blame(refusal)
    if sent.problems:
        return _page(Form(votes.form(SUBJECTS).labels, {}), sent), 422
    pages.say(_("已用公积金弥补亏损并入账"))
    return redirect(url_for("office.losses"), 303)
