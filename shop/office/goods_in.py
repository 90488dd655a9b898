"""A receipt after the scales: its pictures, its confirmation by the household, and the slip on paper or by message."""

from __future__ import annotations

import segno
from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.accounts.limits import limiter
from shop.cooperatives.produce import confirming, goods_pictures, queries, slip_messages
from shop.cooperatives.produce.mode_words import MODES
from shop.core import clock, pages, pictures, signatures, typed
from shop.core.db import transaction
from shop.core.errors import Refused, said
from shop.core.text import N_
from shop.office import receipt_messages
from shop.office.blueprint import bp
from shop.office.intake import receipt_form, receipt_page

PAPERS = {"a5": N_("A5 纸"), "roll": N_("小票纸 58 毫米")}
Answer = Response | tuple[str, int]


def _back(receipt_id: int) -> Response:
    return redirect(url_for("office.receipt", receipt_id=receipt_id), 303)


@bp.post("/<coop>/intake/<int:receipt_id>/pictures")
@guards.manager
def receipt_pictures(coop: str, receipt_id: int) -> Answer:
    """One or several pictures of the delivery, one of its certificate."""
    queries.receipt(receipt_id, g.cooperative_id)
    form, kept = receipt_form(), 0
    papers = {kind: _sent(form, kind) for kind in goods_pictures.KINDS}
    if not form.problems and not any(papers.values()):
        form.refuse(goods_pictures.DELIVERY, _("请选一张照片"))
    if not form.problems:
        try:
            with transaction():
                for kind, found in papers.items():
                    if found:
                        kept += goods_pictures.add(receipt_id, g.cooperative_id, kind, found, guards.me().id)
        except Refused as refusal:
            form.blame(refusal)
    if form.problems:
        return receipt_page(receipt_id, form), 422
    pages.say(_("照片已存好") if kept else _("这张照片已经有了"))
    return _back(receipt_id)


def _sent(form: typed.Form, kind: str) -> list[pictures.Paper]:
    """The files of a field, drawn anew; more than can be kept are not even decoded."""
    sent = [one for one in request.files.getlist(kind) if one.filename]
    if len(sent) > goods_pictures.MOST:
        form.refuse(kind, _("一次最多选 %(most)s 张照片", most=goods_pictures.MOST))
        return []
    try:
        return [paper for one in sent if (paper := pictures.sent(one, kind)) is not None]
    except Refused as refusal:
        form.refuse(kind, said(refusal))
        return []


@bp.get("/<coop>/intake/pictures/<int:goods_picture_id>")
@guards.manager
def goods_picture(coop: str, goods_picture_id: int) -> Response:
    return goods_pictures.shown(goods_picture_id, g.cooperative_id)


@bp.post("/<coop>/intake/<int:receipt_id>/code")
@limiter.limit("60 per hour")
@guards.manager
def receipt_code(coop: str, receipt_id: int) -> Answer:
    """Send the household a code for this receipt."""
    queries.receipt(receipt_id, g.cooperative_id)
    form = receipt_form()
    try:
        with transaction():
            sendable = confirming.issue_code(receipt_id, g.cooperative_id, guards.me().id)
        receipt_messages.send_code(sendable)
    except Refused as refusal:
        form.blame(refusal)
    except OSError:
        form.refuse("code", _("短信没发出去，请稍后再发，或让对方签名"))
    if form.problems:
        return receipt_page(receipt_id, form), 422
    pages.say(_("确认码已发到这一户的手机，问到后填在下面"))
    return _back(receipt_id)


@bp.post("/<coop>/intake/<int:receipt_id>/confirm")
@limiter.limit("300 per hour")
@guards.manager
def receipt_confirm(coop: str, receipt_id: int) -> Answer:
    """how: code (typed), signature (drawn), slip (a picture of the signed paper)."""
    row = queries.receipt(receipt_id, g.cooperative_id)
    form, how, made = receipt_form(), request.form.get("how", ""), False
    if row.confirmed_at is not None:
        pages.say(_("这张单已经确认过了"), "notice")
        return _back(receipt_id)
    try:
        if how == confirming.CODE:
            with transaction():
                made = confirming.redeem(receipt_id, g.cooperative_id, form.text("code")[:12], guards.me().id)
            if not made:
                form.refuse("code", _("确认码不对或过期了，请再问一次，或重新发"))
        elif how in (confirming.SIGNATURE, confirming.SLIP):
            paper = _signed(how)
            with transaction():
                made = confirming.sign(receipt_id, g.cooperative_id, how, paper, guards.me().id)
        else:
            form.refuse("", _("请选择怎么确认"))
    except Refused as refusal:
        form.blame(refusal)
    if form.problems:
        return receipt_page(receipt_id, form), 422
    pages.say(_("农户已确认") if made else _("这张单已经确认过了"), "ok" if made else "notice")
    return _back(receipt_id)


def _signed(how: str) -> pictures.Paper:
    """The drawn name, or the photograph of the signed slip. Raises Refused."""
    if how == confirming.SIGNATURE:
        return signatures.drawn(request.form.get("signature", ""))
    paper = pictures.sent(request.files.get("slip"), "slip")
    if paper is None:
        raise Refused(_("请选一张签字单的照片"), "slip")
    return paper


@bp.get("/<coop>/intake/<int:receipt_id>/slip")
@guards.manager
def delivery_slip(coop: str, receipt_id: int) -> str:
    """The paper for the household: ?paper=a5 or roll; with the QR of its own page where a slip of it stands."""
    row = queries.receipt(receipt_id, g.cooperative_id)
    paper = request.args.get("paper", "")
    paper = paper if paper in PAPERS else "a5"
    address = receipt_messages.household_address(row.household_id)
    drawn = (
        segno.make(address, error="m").svg_inline(scale=3, border=2, svgclass="qr", omitsize=True)
        if address
        else ""
    )
    return render_template(
        "office/delivery_slip.html",
        row=row,
        modes=MODES,
        paper=paper,
        papers=PAPERS,
        qr=Markup(drawn),  # noqa: S704 (drawn by the library)
        printed_at=clock.now(),
        back_url=url_for("office.receipt", receipt_id=receipt_id),
    )


@bp.post("/<coop>/intake/<int:receipt_id>/message")
@guards.manager
def delivery_message(coop: str, receipt_id: int) -> Answer:
    """The slip by text message, once."""
    queries.receipt(receipt_id, g.cooperative_id)
    form, sendable = receipt_form(), None
    try:
        with transaction():
            sendable = slip_messages.claim(receipt_id, g.cooperative_id, guards.me().id)
        if sendable is not None:
            _hand_over(receipt_id, sendable)
    except Refused as refusal:
        form.blame(refusal)
    except OSError:
        form.refuse("message", _("短信没发出去，请稍后再发，或打印单子"))
    if form.problems:
        return receipt_page(receipt_id, form), 422
    pages.say(_("短信单已发到这一户的手机") if sendable is not None else _("短信单已经发过，没有再发"))
    return _back(receipt_id)


def _hand_over(receipt_id: int, sendable: confirming.Sendable) -> None:
    """Between the claim and the mark only the gateway knows whether it went: cut off there, it is not sent again."""
    try:
        receipt_messages.send_slip(sendable)
    except OSError:
        with transaction():
            slip_messages.give_back(receipt_id)
        raise
    with transaction():
        slip_messages.mark_sent(receipt_id)
