"""人员和职务 of the region: who may look, enter and decide, since when; the approver invites, changes and ends duties."""

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
from shop.township.blueprint import bp
from shop.township.duties import DOOR
from shop.township.overview import region_name

REQUIRED = frozenset({"phone", "duty"})


def labels() -> dict[str, str]:
    return {"phone": _("手机号"), "duty": _("职务")}


@bp.get("/<region>/people")
@guards.staff
def people(region: str) -> str:
    return _page(Form(labels(), {}, REQUIRED))


def _page(form: Form, problem: str = "") -> str:
    return render_template(
        "township/people.html",
        place=region_name(g.region_code),
        form=form,
        rows=duties.held_at(g.region_code),
        invitations=invitations.open_at(g.region_code),
        above=duties.staff_above(g.region_code),
        duties=duties.STAFF_DUTIES,
        now=clock.now(),
        gives=DOOR.may("township.people_invite"),
        me=guards.me().id,
        problem=problem,
    )


@bp.post("/<region>/people")
@guards.staff
def people_invite(region: str) -> Response | tuple[str, int]:
    form = typed.posted(labels(), REQUIRED)
    phone, duty = form.text("phone"), form.text("duty")
    try:
        with transaction():
            invitations.invite(g.region_code, phone, duty, guards.me().id)
    except (Refused, Conflict) as refusal:
        form.blame(refusal)
        return _page(form), 422
    where = settings().public_url + url_for("storefront.invitations")
    invitations.send(g.region_code, region_name(region), phone, duty, where)
    return redirect(url_for("township.people"), 303)


@bp.post("/<region>/people/invitations/<int:staff_invitation_id>/withdraw")
@guards.staff
def people_withdraw(region: str, staff_invitation_id: int) -> Response | tuple[str, int]:
    try:
        with transaction():
            invitations.withdraw(g.region_code, staff_invitation_id, guards.me().id)
    except Conflict as refusal:
        return _page(Form(labels(), {}, REQUIRED), said(refusal)), 422
    pages.say(_("邀请已撤回"))
    return redirect(url_for("township.people"), 303)


@bp.post("/<region>/people/<int:staff_grant_id>/duty")
@guards.staff
def people_change(region: str, staff_grant_id: int) -> Response | tuple[str, int]:
    wanted = typed.posted(labels()).text("duty")
    try:
        with transaction():
            duties.change(g.region_code, staff_grant_id, wanted, guards.me().id)
    except (Refused, Conflict) as refusal:
        return _page(Form(labels(), {}, REQUIRED), said(refusal)), 422
    pages.say(_("职务已换，马上生效"))
    return _after(staff_grant_id)


@bp.post("/<region>/people/<int:staff_grant_id>/remove")
@guards.staff
def people_remove(region: str, staff_grant_id: int) -> Response | tuple[str, int]:
    try:
        with transaction():
            duties.remove(g.region_code, staff_grant_id, guards.me().id)
    except Conflict as refusal:
        return _page(Form(labels(), {}, REQUIRED), said(refusal)), 422
    pages.say(_("已移除，对方马上不能再进镇里的工作页"))
    return _after(staff_grant_id)


def _after(ended: int) -> Response:
    """Back to the list, unless it was one's own and only duty here: then this door is closed."""
    mine = [row for row in duties.held_at(g.region_code) if row.user_id == guards.me().id]
    gone = any(row.id == ended for row in mine) and all(row.valid_to for row in mine)
    return redirect(url_for("storefront.account" if gone else "township.people"), 303)
