"""Gifts: a parcel for each recipient, dispatched one by one; delivery notes with the greeting and without a price."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import activity, pages
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.office.blueprint import bp
from shop.office.shipping import companies
from shop.orders import fulfilment, gift_parcels, picking, work


@bp.get("/<coop>/shipping/<int:suborder_id>/gifts")
@guards.manager
def gift_boxes(coop: str, suborder_id: int) -> str:
    return _page(suborder_id, {}, {})


def _page(suborder_id: int, values: dict[str, str], problems: dict[str, str]) -> str:
    job, _steps = work.job(picking.number_of(suborder_id, g.cooperative_id), g.cooperative_id)
    return render_template(
        "office/gifts.html",
        job=job,
        rows=gift_parcels.recipients(suborder_id),
        companies=companies(),
        values=values,
        problems=problems,
    )


@bp.post("/<coop>/shipping/<int:suborder_id>/gifts")
@guards.manager
def gift_send(coop: str, suborder_id: int) -> Response | tuple[str, int]:
    """The waybills that are filled in are noted; with the last one the whole part is on its way."""
    picking.number_of(suborder_id, g.cooperative_id)
    known = gift_parcels.recipients(suborder_id)
    values = {f"number-{row.id}": request.form.get(f"number-{row.id}", "")[:60] for row in known}
    values["company"] = request.form.get("company", "")[:20]
    numbers: dict[int, str] = {}
    problems: dict[str, str] = {}
    for row in known:
        number = values[f"number-{row.id}"]
        if row.shipped_at is None and number.strip():
            try:
                numbers[row.id] = fulfilment.waybill(values["company"], number)[1]
            except Refused as refusal:
                problems[f"number-{row.id}" if refusal.field == "number" else "company"] = refusal.message
    if not numbers:
        problems["company"] = problems.get("company") or _("请至少填一个快递单号")
    if problems:
        return _page(suborder_id, values, problems), 422
    try:
        with transaction():
            left = gift_parcels.send(suborder_id, g.cooperative_id, values["company"], numbers)
            if not left:
                last = list(numbers.values())[-1]
                fulfilment.ship(suborder_id, g.cooperative_id, values["company"], last, guards.me().id)
    except (Refused, Conflict) as refusal:
        return _page(suborder_id, values, {"company": refusal.message}), refusal.status
    pages.say(
        _("已登记 %(n)d 个包裹，还有 %(left)d 个", n=len(numbers), left=left)
        if left
        else _("全部包裹都已发出")
    )
    return redirect(url_for("office.gift_boxes", suborder_id=suborder_id), 303)


@bp.get("/<coop>/shipping/<int:suborder_id>/gifts/notes")
@guards.manager
def gift_notes(coop: str, suborder_id: int) -> str | Response:
    """Delivery notes, one a recipient, to print; who printed them is kept."""
    job, _steps = work.job(picking.number_of(suborder_id, g.cooperative_id), g.cooperative_id)
    rows = gift_parcels.recipients(suborder_id)
    if not rows:
        return redirect(url_for("office.parcel", suborder_id=suborder_id), 303)
    with transaction():
        activity.record(
            "suborder.address_shown", "suborder", suborder_id, cooperative_id=g.cooperative_id,
            after={"number": job.number, "recipients": len(rows)},
        )  # fmt: skip
    return render_template("office/gift_notes.html", job=job, rows=rows)
