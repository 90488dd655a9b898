"""货到付款: cash still to come, and what came of one parcel: the cash, or the goods."""

from __future__ import annotations

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock, pages, typed
from shop.core.background import ring
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.money import parse_yuan
from shop.core.text import BadInput
from shop.office import shipping
from shop.office.blueprint import bp
from shop.orders.tasks import attribute
from shop.payments import on_delivery


@bp.get("/<coop>/on-delivery")
@guards.manager
def on_delivery_list(coop: str) -> str:
    """What is packed or on its way and will be paid at the door."""
    return render_template(
        "office/on_delivery.html", rows=on_delivery.outstanding(cooperative_id=g.cooperative_id)
    )


@bp.post("/<coop>/shipping/<int:suborder_id>/cash")
@guards.manager
def cash_received(coop: str, suborder_id: int) -> Response | tuple[str, int]:
    form = typed.posted(shipping.door_labels(), {"amount", "received_on"})
    fen = form.read("amount", lambda text: parse_yuan(text, label=_("收到现金")))
    day = form.read("received_on", lambda text: typed.day(text, label=_("收款日期")))
    if fen is not None and day is not None:
        try:
            with transaction():
                paid = on_delivery.receive(suborder_id, g.cooperative_id, fen, day, guards.me().id)
        except Refused as refusal:
            form.blame(refusal)
        except Conflict as conflict:
            return _said(conflict, suborder_id)
        else:
            if paid:
                ring(attribute, paid)
                pages.say(_("已登记收到现金，这一单完成"))
            else:
                pages.say(_("这一单的现金刚才已经登记过"), "notice")
            return redirect(url_for("office.parcel", suborder_id=suborder_id), 303)
    return shipping.parcel_page(suborder_id, handed=form), 422


@bp.post("/<coop>/shipping/<int:suborder_id>/refused")
@guards.manager
def cash_refused(coop: str, suborder_id: int) -> Response | tuple[str, int]:
    form = typed.posted(shipping.door_labels(), {"reason"})
    form.values.setdefault("received_on", clock.today().isoformat())
    try:
        with transaction():
            fresh = on_delivery.refuse(suborder_id, g.cooperative_id, form.text("reason"), guards.me().id)
    except (Refused, BadInput) as refusal:
        form.blame(refusal, {"": "reason"})
        return shipping.parcel_page(suborder_id, handed=form), 422
    except Conflict as conflict:
        return _said(conflict, suborder_id)
    pages.say(
        _("已登记没有收货，货已回库，订单关闭") if fresh else _("这一单刚才已经登记过"),
        "success" if fresh else "notice",
    )
    return redirect(url_for("office.parcel", suborder_id=suborder_id), 303)


def _said(conflict: Conflict, suborder_id: int) -> Response:
    pages.say(conflict.message, "error")
    return redirect(url_for("office.parcel", suborder_id=suborder_id), 303)
