"""召回: a lot called back from sale and from its buyers; whom it reached, on screen, on paper and in Excel; lifting it."""

from __future__ import annotations

from typing import Any

from flask import Response, g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from shop.accounts import guards
from shop.cooperatives.produce import queries, recalls
from shop.cooperatives.produce.mode_words import MODES
from shop.core import activity, clock, pages, spreadsheet, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.quantity import format_quantity
from shop.core.spreadsheet import Column, Sheet
from shop.core.text import N_, clean_paragraphs
from shop.core.typed import Form
from shop.office.blueprint import bp
from shop.orders import recalled
from shop.orders.states import SUBORDER_STATES

SIZE = 50
ADVICE = N_("还没吃的请不要食用，保留原包装，联系合作社退货退款。")
COLUMNS = (
    Column("number", N_("订单"), width=20),
    Column("product", N_("商品"), width=24),
    Column("spec", N_("规格")),
    Column("quantity", N_("数量")),
    Column("sent", N_("已发出")),
    Column("state", N_("状态")),
    Column("buyer", N_("买家")),
    Column("phone", N_("电话")),
    Column("told", N_("通知")),
)
TOLD = {
    "": N_("没有短信通知，请打电话"), "waiting": N_("待发短信"), "sending": N_("短信发送中"), "sent": N_("已发短信"),
    "dropped": N_("没有短信通知，请打电话"), "failed": N_("短信没发成，请打电话"),
}  # fmt: skip


def _form() -> Form:
    return typed.posted({"reason": _("召回原因"), "advice": _("请买家怎么做")}, {"reason", "advice"})


@bp.get("/<coop>/lots/<int:lot_id>/recall")
@guards.manager
def lot_recall(coop: str, lot_id: int) -> str | Answer:
    row = queries.lot(lot_id, g.cooperative_id)
    form = _form()
    form.values["advice"] = _(ADVICE)
    return _page(row, form)


def _page(row: Any, form: Form) -> str:
    return render_template(
        "office/lot_recall.html",
        row=row,
        form=form,
        past=recalls.of_lot(row.id, g.cooperative_id),
        modes=MODES,
        today=clock.today(),
    )


@bp.post("/<coop>/lots/<int:lot_id>/recall")
@guards.manager
def lot_recall_save(coop: str, lot_id: int) -> Answer | tuple[str, int]:
    """Off sale at once, and every buyer's message noted in the same transaction."""
    row = queries.lot(lot_id, g.cooperative_id)
    form = _form()
    reason = form.read("reason", lambda text: clean_paragraphs(text, label=_("召回原因"), max_length=300))
    advice = form.read("advice", lambda text: clean_paragraphs(text, label=_("请买家怎么做"), max_length=300))
    if reason is None or advice is None:
        return _page(row, form), 422
    try:
        with transaction():
            ids = recalls.recall(lot_id, g.cooperative_id, reason, advice, guards.me().id)
            recalled.tell(ids)
    except Conflict as conflict:
        pages.say(conflict.message, "notice")
        return redirect(url_for("office.lot_recall", lot_id=lot_id), 303)
    except Refused as refusal:
        form.blame(refusal)
        return _page(row, form), 422
    pages.say(_("已召回并停售，正在通知买家"))
    return redirect(url_for("office.recall", recall_id=ids[0]), 303)


@bp.get("/<coop>/recalls/<int:recall_id>")
@guards.manager
def recall(coop: str, recall_id: int) -> str:
    return _recall_page(recall_id, typed.posted({"reason": _("解除原因")}, {"reason"}))


def _recall_page(recall_id: int, form: Form) -> str:
    row = recalls.one(recall_id, g.cooperative_id)
    lines = recalled.affected(recall_id, g.cooperative_id)
    number = pages.page_number()
    return render_template(
        "office/recall.html",
        row=row,
        form=form,
        held=[line for line in lines if line.held],
        buyers=len({line.phone + line.buyer for line in lines}),
        page=pages.Page(lines[(number - 1) * SIZE : number * SIZE], number, SIZE, len(lines)),
        states=SUBORDER_STATES,
        told=TOLD,
        now=clock.now(),
    )


@bp.post("/<coop>/recalls/<int:recall_id>/lift")
@guards.manager
def recall_lift(coop: str, recall_id: int) -> Answer | tuple[str, int]:
    form = typed.posted({"reason": _("解除原因")}, {"reason"})
    row = recalls.one(recall_id, g.cooperative_id)
    reason = form.read("reason", lambda text: clean_paragraphs(text, label=_("解除原因"), max_length=300))
    if reason is None:
        return _recall_page(recall_id, form), 422
    try:
        with transaction():
            recalls.lift(recall_id, g.cooperative_id, reason, guards.me().id)
            recalled.tell_lifted(recall_id)
    except Conflict as conflict:
        pages.say(conflict.message, "notice")
    else:
        pages.say(
            _("召回已解除，批次 %(code)s 又可以卖了；收到过召回通知的买家会收到解除通知", code=row.code)
        )
    return redirect(url_for("office.recall", recall_id=recall_id), 303)


@bp.get("/<coop>/recalls/<int:recall_id>/print")
@guards.manager
def recall_paper(coop: str, recall_id: int) -> str:
    return render_template(
        "office/recall_paper.html",
        row=recalls.one(recall_id, g.cooperative_id),
        lines=recalled.affected(recall_id, g.cooperative_id),
        states=SUBORDER_STATES,
        told=TOLD,
        now=clock.now(),
        back_url=url_for("office.recall", recall_id=recall_id),
    )


@bp.get("/<coop>/recalls/<int:recall_id>.xlsx")
@guards.manager
def recall_sheet(coop: str, recall_id: int) -> Response:
    """The same list as on the screen, masked; who took it is noted."""
    row = recalls.one(recall_id, g.cooperative_id)
    lines = recalled.affected(recall_id, g.cooperative_id)
    user = guards.me()
    with transaction():
        activity.record(
            "recall.exported", "lot_recall", recall_id, cooperative_id=g.cooperative_id, actor_id=user.id
        )
    rows = [
        {
            "number": line.number, "product": line.product, "spec": line.spec,
            "quantity": format_quantity(line.quantity, row.unit_kind, row.count_word),
            "sent": format_quantity(line.sent, row.unit_kind, row.count_word), "state": _(SUBORDER_STATES[line.state]),
            "buyer": line.buyer, "phone": line.phone, "told": _(TOLD[line.told]),
        }
        for line in lines
    ]  # fmt: skip
    made = clock.in_shanghai(clock.now())
    notes = (
        _("召回原因") + "：" + row.reason,
        _("口径：含这一批货、没有关闭的订单的每一行；姓名和电话已打码"),
        f"{user.name} {made:%Y-%m-%d %H:%M}",
    )
    title = _("批次 %(code)s 召回名单", code=row.code)
    return spreadsheet.answer(
        [Sheet(_("召回名单"), title, COLUMNS, rows, None, notes)], f"{coop}-recall-{recall_id}"
    )
