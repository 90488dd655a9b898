"""人员和职务: who does what in this cooperative, since when; the chair invites, changes and ends duties."""

from __future__ import annotations

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import duties, guards, invitations
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused, said
from shop.core.http import settings
from shop.core.typed import Form
from shop.office.blueprint import bp

REQUIRED = frozenset({"phone", "duty"})


def labels() -> dict[str, str]:
    return {"phone": _("手机号"), "duty": _("职务")}


@bp.get("/<coop>/people")
@guards.manager
def people(coop: str) -> str:
    return _page(Form(labels(), {}, REQUIRED))


def _page(form: Form, problem: str = "") -> str:
    return render_template(
        "office/people.html",
        form=form,
        rows=duties.held_at(g.cooperative_id),
        invitations=invitations.open_at(g.cooperative_id),
        duties=duties.DUTIES,
        now=clock.now(),
        chair=g.duty == "chair",
        me=guards.me().id,
        problem=problem,
    )


@bp.post("/<coop>/people")
@guards.manager
def people_invite(coop: str) -> Response | tuple[str, int]:
    form = typed.posted(labels(), REQUIRED)
    try:
        with transaction():
            invitations.invite(g.cooperative_id, form.text("phone"), form.text("duty"), guards.me().id)
    except (Refused, Conflict) as refusal:
        form.blame(refusal)
        return _page(form), 422
    place = next(row for row in guards.me().cooperatives if row.cooperative_id == g.cooperative_id)
    where = settings().public_url + url_for("storefront.invitations")
    invitations.send(
        g.cooperative_id, place.cooperative_name or "", form.text("phone"), form.text("duty"), where
    )
    return redirect(url_for("office.people"), 303)


@bp.post("/<coop>/people/invitations/<int:invitation_id>/withdraw")
@guards.manager
def people_withdraw(coop: str, invitation_id: int) -> Response | tuple[str, int]:
    try:
        with transaction():
            invitations.withdraw(g.cooperative_id, invitation_id, guards.me().id)
    except Conflict as refusal:
        return _page(Form(labels(), {}, REQUIRED), said(refusal)), 422
    pages.say(_("邀请已撤回"))
    return redirect(url_for("office.people"), 303)


@bp.post("/<coop>/people/<int:grant_id>/duty")
@guards.manager
def people_change(coop: str, grant_id: int) -> Response | tuple[str, int]:
    wanted = typed.posted(labels()).text("duty")
    try:
        with transaction():
            duties.change(g.cooperative_id, grant_id, wanted, guards.me().id)
    except (Refused, Conflict) as refusal:
        return _page(Form(labels(), {}, REQUIRED), said(refusal)), 422
    pages.say(_("职务已换，马上生效"))
    return _after()


@bp.post("/<coop>/people/<int:grant_id>/remove")
@guards.manager
def people_remove(coop: str, grant_id: int) -> Response | tuple[str, int]:
    try:
        with transaction():
            duties.remove(g.cooperative_id, grant_id, guards.me().id)
    except Conflict as refusal:
        return _page(Form(labels(), {}, REQUIRED), said(refusal)), 422
    pages.say(_("已移除，对方马上不能再进本社的办公页"))
    return _after()


def _after() -> Response:
    """Back to the list, unless the own duty no longer opens it."""
    with_me = [row for row in duties.held_at(g.cooperative_id, 0) if row.user_id == guards.me().id]
    if not with_me:
        return redirect(url_for("storefront.account"), 303)
    return redirect(
        url_for("office.people" if with_me[0].duty in {"chair", "manager"} else "office.today"), 303
    )
