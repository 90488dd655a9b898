"""优惠券: what the cooperative issues and bears, and what the town owes it for its coupons."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.money import parse_yuan
from shop.core.numbers import row_id
from shop.core.typed import Form
from shop.office.blueprint import bp
from shop.orders.coupons import form as coupon_form
from shop.orders.coupons import issuing as deeds
from shop.payments import town_claims


@bp.get("/<coop>/coupons")
@guards.manager
def coupons(coop: str) -> str:
    return _page(coupon_form.form({}, of_town=False))


def _page(form: Form) -> str:
    return render_template(
        "office/coupons.html",
        rows=deeds.issued_by(cooperative_id=g.cooperative_id),
        promise=deeds.promise,
        form=form,
        today=clock.today(),
        key=coupon_form.key(),
    )


@bp.post("/<coop>/coupons")
@guards.manager
def coupon_issue(coop: str) -> Response | tuple[str, int]:
    form = coupon_form.form(request.form, of_town=False)
    if not coupon_form.issue(form, guards.me().id, cooperative_id=g.cooperative_id):
        return _page(form), 422
    pages.say(_("券已发出，买家可以领了"))
    return redirect(url_for("office.coupons"), 303)


@bp.post("/<coop>/coupons/stop")
@guards.manager
def coupon_stop(coop: str) -> Response:
    """The form names the coupon."""
    with transaction():
        deeds.stop(
            row_id(request.form.get("coupon", "")) or 0, guards.me().id, cooperative_id=g.cooperative_id
        )
    pages.say(_("已停发，领走的还能用"))
    return redirect(url_for("office.coupons"), 303)


def _paid_form() -> Form:
    labels = {"fen": _("到账金额"), "reference": _("银行流水号"), "paid_on": _("到账日期")}
    return typed.posted(labels, required=labels)


@bp.get("/<coop>/money/town")
@guards.manager
def town_money(coop: str) -> str:
    return _town_page(_paid_form())


def _town_page(form: Form) -> str:
    rows = town_claims.claims(g.cooperative_id)
    return render_template(
        "office/town_money.html",
        rows=rows,
        owed_fen=sum(row.fen for row in rows),
        payments=town_claims.payments(g.cooperative_id),
        form=form,
        today=clock.today(),
    )


@bp.post("/<coop>/money/town")
@guards.manager
def town_paid(coop: str) -> Response | tuple[str, int]:
    form = _paid_form()
    fen = form.read("fen", lambda text: parse_yuan(text, label=form.labels["fen"]))
    day = form.read("paid_on", lambda text: typed.day(text, label=form.labels["paid_on"]))
    if fen is not None and day is not None:
        try:
            with transaction():
                town_claims.record(g.cooperative_id, fen, form.text("reference"), day, guards.me().id)
        except (Refused, Conflict) as refusal:
            form.blame(refusal)
    if form.problems:
        return _town_page(form), 422
    pages.say(_("已入账：银行存款增加，镇里欠的减少"))
    return redirect(url_for("office.town_money"), 303)
