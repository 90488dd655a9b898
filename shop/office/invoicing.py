"""The invoice that a buyer asked for: its number and day are noted on the parcel once it was issued."""

from __future__ import annotations

from flask import g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.office.blueprint import bp
from shop.office.shipping import bill_labels, parcel_page
from shop.orders import invoices


@bp.post("/<coop>/shipping/<int:suborder_id>/invoice")
@guards.manager
def invoice_issued(coop: str, suborder_id: int) -> Response | tuple[str, int]:
    """Note the invoice; the same again changes nothing."""
    invoices.wanted(suborder_id, g.cooperative_id)
    form = typed.posted(bill_labels(), set(bill_labels()))
    on = form.read("issued_on", lambda text: typed.day(text, label=_("开票日期")))
    if on is not None and on > clock.today():
        form.refuse("issued_on", _("开票日期不能晚于今天"))
    if form.problems or on is None:
        return parcel_page(suborder_id, bill=form), 422
    try:
        with transaction():
            fresh = invoices.issue(
                suborder_id,
                g.cooperative_id,
                form.text("invoice_number"),
                on,
                guards.me().id,
                request.form.get("replaces", "")[:40],
            )
    except (Refused, Conflict) as refusal:
        form.blame(refusal)
        return parcel_page(suborder_id, bill=form), refusal.status
    pages.say(_("已登记发票") if fresh else _("这张发票刚才已经登记过了"))
    return redirect(url_for("office.parcel", suborder_id=suborder_id), 303)
