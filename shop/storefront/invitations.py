"""Invitations to a duty in a cooperative or in the township, for whoever signed in with the invited phone."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import duties, guards
from shop.accounts import invitations as asking
from shop.core import pages
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused, said
from shop.storefront.blueprint import bp


@bp.get("/invitations")
@guards.signed_in
def invitations() -> str:
    return _page()


def _page(problem: str = "") -> str:
    return render_template(
        "storefront/invitations.html",
        rows=asking.invited(guards.me().phone),
        duties=duties.DUTIES | duties.STAFF_DUTIES,
        problem=problem,
    )


@bp.post("/invitations/<int:invitation_id>/<any(accept,decline):answer>")
@guards.signed_in
def invitation_answer(invitation_id: int, answer: str) -> Response | tuple[str, int]:
    me, taken = guards.me(), None
    try:
        with transaction():
            if answer == "accept":
                taken = asking.accept(invitation_id, me.phone, me.id)
            else:
                asking.decline(invitation_id, me.phone, me.id)
    except (Refused, Conflict) as refusal:
        return _page(said(refusal)), 422
    if taken is None:
        pages.say(_("已谢绝"))
        return redirect(url_for("storefront.invitations"), 303)
    if taken.role == "staff":
        pages.say(_("已接受，这里是镇村的工作页"))
        return redirect(url_for("township.overview", region=taken.code), 303)
    pages.say(_("已接受，这里是合作社的办公页"))
    return redirect(url_for("office.today", coop=taken.code), 303)
