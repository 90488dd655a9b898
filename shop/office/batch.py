"""批量填单号: many lines pasted, looked over, then sent one by one; a line that is wrong keeps nobody else back."""

from __future__ import annotations

from flask import g, render_template, request
from flask_babel import gettext as _

from shop.accounts import guards
from shop.core import pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.office.blueprint import bp
from shop.orders import batch_waybills, fulfilment


@bp.get("/<coop>/shipping/batch")
@guards.manager
def batch(coop: str) -> str:
    return _page(_form(""))


def _form(text: str) -> typed.Form:
    return typed.Form({"rows": _("订单号，快递公司，单号")}, {"rows": text}, frozenset({"rows"}))


def _page(form: typed.Form, lines: list[batch_waybills.Line] | None = None) -> str:
    found = lines or []
    return render_template(
        "office/batch.html",
        form=form,
        lines=found,
        good=sum(not line.problem for line in found),
        most=batch_waybills.MOST,
    )


@bp.post("/<coop>/shipping/batch")
@guards.manager
def batch_send(coop: str) -> str | tuple[str, int]:
    """Without `sure` a look at every line; with it the good ones go, each by itself, and the others stay to be mended."""
    form = _form(request.form.get("rows", ""))
    try:
        lines = batch_waybills.read(form.text("rows"), g.cooperative_id)
    except Refused as refusal:
        form.blame(refusal)
        return _page(form), 422
    if request.form.get("sure") != "1":
        return _page(form, lines)
    sent = sum(_sent(line, line.suborder_id) for line in lines if line.suborder_id and not line.problem)
    left = [line for line in lines if line.problem]
    if sent:
        pages.say(_("已发出 %(n)d 单", n=sent))
    if not left:
        return _page(_form(""))
    pages.say(_("%(n)d 行没有发，改好再发", n=len(left)), "error")
    return _page(_form("\n".join(line.text for line in left)), left)


def _sent(line: batch_waybills.Line, suborder_id: int) -> bool:
    """Everything that is left of the order goes; what refuses it stands beside the line. The same waybill again is no harm."""
    try:
        with transaction():
            fulfilment.ship(suborder_id, g.cooperative_id, line.company, line.waybill, guards.me().id)
    except (Refused, Conflict) as refusal:
        line.problem = refusal.message
        return False
    return True
