"""本社的平台账户: where the provider sends what this cooperative sold; one asks, the chair approves, a day later it counts."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused, said
from shop.core.typed import Form
from shop.office.blueprint import bp
from shop.payments.connect import accounts as connecting

REQUIRED = frozenset({"account"})


def _form(typed: str = "") -> Form:
    return Form({"account": _("账户编号")}, {"account": typed}, REQUIRED)


@bp.get("/<coop>/connected")
@guards.manager
def connected(coop: str) -> str:
    return _page(_form())


def _page(form: Form, problem: str = "") -> str:
    return render_template(
        "office/connected.html",
        form=form,
        accounts=connecting.listed(g.cooperative_id),
        sent=connecting.sent_lately(g.cooperative_id),
        me=guards.me().id,
        chair=g.duty == "chair",
        now=clock.now(),
        problem=problem,
    )


@bp.post("/<coop>/connected")
@guards.manager
def connected_request(coop: str) -> Response | tuple[str, int]:
    form = _form(request.form.get("account", "")[:100])
    try:
        with transaction():
            connecting.request(g.cooperative_id, form.text("account"), guards.me().id)
    except Refused as refusal:
        form.refuse("account", said(refusal))
        return _page(form), 422
    pages.say(_("账户已登记，要由理事长批准；批准满 24 小时以后付款的订单，钱才分到这里"))
    return redirect(url_for("office.connected"), 303)


@bp.post("/<coop>/connected/<int:connected_id>/<any(approve,withdraw):act>")
@guards.manager
def connected_act(coop: str, connected_id: int, act: str) -> Response | tuple[str, int]:
    """Approving: the chair only, and not his own request."""
    user = guards.me().id
    try:
        with transaction():
            if act == "withdraw":
                connecting.withdraw(connected_id, g.cooperative_id, user)
            else:
                connecting.approve(connected_id, g.cooperative_id, user, chair=g.duty == "chair")
    except (Refused, Conflict) as refusal:
        return _page(_form(), said(refusal)), 422
    pages.say(_("已批准，24 小时后生效") if act == "approve" else _("已撤回，以后的订单不再分到这个账户"))
    return redirect(url_for("office.connected"), 303)
