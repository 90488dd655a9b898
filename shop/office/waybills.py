"""Correcting the waybill of a parcel that went; the wrong one stays in its history."""

from __future__ import annotations

from flask import g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.office.blueprint import bp
from shop.office.shipping import labels, parcel_page, read_bill
from shop.orders import fulfilment, parcels


@bp.post("/<coop>/shipping/parcels/<int:shipment_id>/waybill")
@guards.manager
def waybill_correct(coop: str, shipment_id: int) -> Response | tuple[str, int]:
    suborder_id = parcels.suborder_of(shipment_id, g.cooperative_id)
    form = typed.posted(labels(), {"company", "number"})
    present = next(one for one in parcels.parcels_of([suborder_id])[suborder_id] if one.id == shipment_id)
    if form.text("company") == present.company:
        form.values["company"] = (
            ""  # the form came with it: a company pasted with the number is another choice
        )
    read_bill(form)
    form.values["company"] = form.text("company") or present.company
    if form.problems:
        return parcel_page(suborder_id, bill_form=form, wrong_parcel=shipment_id), 422
    try:
        with transaction():
            changed = fulfilment.correct(
                shipment_id, g.cooperative_id, form.text("company"), form.text("number"), guards.me().id
            )
    except Refused as refusal:
        form.blame(refusal)
        return parcel_page(suborder_id, bill_form=form, wrong_parcel=shipment_id), 422
    except Conflict as conflict:
        pages.say(conflict.message, "error")
    else:
        pages.say(_("单号已更正，买家会看到新的") if changed else _("单号没有变"))
    return redirect(url_for("office.parcel", suborder_id=suborder_id), 303)
