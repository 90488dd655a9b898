"""Invitations to a cooperative's duty, for whoever signed in with the invited phone."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import duties, guards
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
        rows=duties.invited(guards.me().phone),
        duties=duties.DUTIES,
        problem=problem,
    )


@bp.post("/invitations/<int:invitation_id>/<any(accept,decline):answer>")
@guards.signed_in
def invitation_answer(invitation_id: int, answer: str) -> Response | tuple[str, int]:
    me, code = guards.me(), ""
    try:
        with transaction():
            if answer == "accept":
                code = duties.accept(invitation_id, me.phone, me.id)
            else:
                duties.decline(invitation_id, me.phone, me.id)
    except (Refused, Conflict) as refusal:
        return _page(said(refusal)), 422
    if answer == "decline":
        pages.say(_("已谢绝"))
        return redirect(url_for("storefront.invitations"), 303)
    pages.say(_("已接受，这里是合作社的办公页"))
    return redirect(url_for("office.today", coop=code), 303)
