"""付款: batches from settlements and distributions, the chair's word, the bank's file, the bank's answer."""

from __future__ import annotations

from typing import Any

from flask import Response as FlaskResponse
from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused, said
from shop.core.numbers import row_id
from shop.core.sheet_limits import MAX_SENT
from shop.core.table_file import ACCEPTED
from shop.core.text import BadInput
from shop.office import payouts_cash
from shop.office.blueprint import bp
from shop.payments import bank_layouts, bankanswer, payout_queries, payouts, sending
from shop.payments.bankfile import Layout

SIZE = 30
REFUSALS = (Refused, Conflict, BadInput)


@bp.get("/<coop>/payouts")
@guards.manager
def payouts_list(coop: str) -> str:
    return _list()


def _list(problem: str = "") -> str:
    number = pages.page_number()
    rows = payout_queries.batches([g.cooperative_id], limit=SIZE, offset=(number - 1) * SIZE)
    return render_template(
        "office/payouts.html",
        ready=payout_queries.ready(g.cooperative_id),
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
        today=clock.today(),
        problem=problem,
    )


@bp.post("/<coop>/payouts")
@guards.manager
def payout_make(coop: str) -> Response | tuple[str, int]:
    makers = {"settlement": payouts.make_from_settlement, "distribution": payouts.make_from_distribution}
    make, source_id = makers.get(request.form.get("source", "")), row_id(request.form.get("id", ""))
    method = payouts.CASH if request.form.get("method") == payouts.CASH else payouts.BANK
    try:
        if make is None or source_id is None:
            raise Refused(_("请选择要付的结算单或盈余分配"))
        with transaction():
            batch_id = make(source_id, g.cooperative_id, guards.me().id, method)
    except REFUSALS as refusal:
        return _list(said(refusal)), 422
    pages.say(_("付款批次做好了，还要另一个人批准"))
    return redirect(url_for("office.payout", batch_id=batch_id), 303)


@bp.get("/<coop>/payouts/<int:batch_id>")
@guards.manager
def payout(coop: str, batch_id: int) -> str:
    return _one(batch_id)


def _one(batch_id: int, problem: str = "") -> str:
    batch = payout_queries.batch(batch_id, [g.cooperative_id])
    if batch.method == payouts.CASH:
        return payouts_cash.page(batch, problem)
    number = pages.page_number()
    rows = payout_queries.payments_of(batch_id, limit=SIZE, offset=(number - 1) * SIZE)
    sent_as = sending.sent_layout(batch_id, g.cooperative_id)
    return render_template(
        "office/payout.html",
        batch=batch,
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
        answers=payout_queries.answers_of(batch_id),
        layouts=_layouts(sent_as),
        own=batch.made_by == guards.me().id,
        chair=g.duty == "chair",
        accepted=ACCEPTED,
        problem=problem,
    )


def _layouts(sent_as: str) -> list[Layout]:
    """What the batch can be written in: once it went out, only as it went out."""
    known = bank_layouts.ever if sent_as else bank_layouts.offered
    return [layout for layout in known(g.cooperative_id) if sent_as in ("", layout.code)]


@bp.post("/<coop>/payouts/<int:batch_id>/<any(approve,cancel):act>")
@guards.manager
def payout_act(coop: str, batch_id: int, act: str) -> Response | tuple[str, int]:
    payout_queries.batch(batch_id, [g.cooperative_id])
    user = guards.me().id
    try:
        if act == "approve" and g.duty != "chair":
            raise Refused(_("付款由理事长批准"))
        with transaction():
            if act == "approve":
                payouts.approve(batch_id, g.cooperative_id, user)
            else:
                payouts.cancel(batch_id, g.cooperative_id, user, request.form.get("reason", ""))
    except REFUSALS as refusal:
        return _one(batch_id, said(refusal)), 422
    pages.say(_("已批准") if act == "approve" else _("已取消，各户回到待付"))
    return redirect(url_for("office.payout", batch_id=batch_id), 303)


@bp.post("/<coop>/payouts/<int:batch_id>/file")
@guards.manager
def payout_file(coop: str, batch_id: int) -> Response | tuple[str, int]:
    """The bank's file; the first time it marks the batch sent. Account numbers: never kept by a cache."""
    payout_queries.batch(batch_id, [g.cooperative_id])
    try:
        with transaction():
            file = sending.send(batch_id, g.cooperative_id, request.form.get("layout", ""), guards.me().id)
    except REFUSALS as refusal:
        return _one(batch_id, said(refusal)), 422
    answer = FlaskResponse(file.body, content_type=file.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=file.name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/<coop>/payouts/<int:batch_id>/answer")
@guards.manager
def payout_answer(coop: str, batch_id: int) -> Response | tuple[str, int]:
    payout_queries.batch(batch_id, [g.cooperative_id])
    try:
        answer = bankanswer.read(sent_bytes("answer"))
        with transaction():
            outcome = bankanswer.record(batch_id, g.cooperative_id, answer, guards.me().id)
    except REFUSALS as refusal:
        return _one(batch_id, said(refusal)), 422
    _say(outcome)
    return redirect(url_for("office.payout", batch_id=batch_id), 303)


def sent_bytes(name: str) -> bytes:
    """The body of an uploaded file, at most a byte more than is allowed; empty where none was chosen."""
    upload: Any = request.files.get(name)
    if upload is None:
        return b""
    try:
        return bytes(upload.stream.read(MAX_SENT + 1))
    finally:
        upload.close()  # a large one lies in a file


def _say(outcome: bankanswer.Outcome) -> None:
    if outcome.repeated:
        pages.say(_("这个文件以前导入过，没有再记一遍"), "notice")
    else:
        done = _("付成 %(paid)s 笔已入账", paid=outcome.paid)
        again = _("没付成 %(n)s 笔、退回 %(back)s 笔已放回待付", n=outcome.failed, back=outcome.returned)
        pages.say(f"{done}，{again}" if outcome.failed or outcome.returned else done)
