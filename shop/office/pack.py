"""装箱: another lot for what is held, and the real weight of goods sold by weight, before the parcel goes."""

from __future__ import annotations

from collections.abc import Callable

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.produce import choosing
from shop.cooperatives.produce.mode_words import MODES
from shop.core import clock, pages, typed
from shop.core.background import ring
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.form_keys import new_key
from shop.core.money import format_yuan
from shop.core.numbers import row_id
from shop.core.quantity import parse_pieces, parse_weight
from shop.office.blueprint import bp
from shop.orders import lot_swaps, packing_view, picking, work
from shop.payments import weighing
from shop.payments.tasks import send_refund

Lines = list[packing_view.Line]


@bp.get("/<coop>/shipping/<int:suborder_id>/pack")
@guards.manager
def pack(coop: str, suborder_id: int) -> str:
    return _page(suborder_id)


def _labels() -> dict[str, str]:
    return {
        "lot": _("换成哪个批次"), "quantity": _("换多少"), "weighed": _("实际重量"), "quantity_unit": _("单位"),
        "weighed_unit": _("单位"),
    }  # fmt: skip


def _page(suborder_id: int, form: typed.Form | None = None, wrong: str = "") -> str:
    """`wrong`: the block whose form was refused, lot-<allocation> or weight-<line>."""
    job, _steps = work.job(picking.number_of(suborder_id, g.cooperative_id), g.cooperative_id)
    lines = packing_view.lines_to_pack(suborder_id) if job.part.state == "to_ship" else []
    return render_template(
        "office/pack.html",
        job=job,
        lines=lines,
        others=choosing.choices({line.produce_id for line in lines}, clock.today()) if lines else {},
        weighed=weighing.weighed_parcels(suborder_id) if any(line.by_weight for line in lines) else {},
        form=form or typed.Form(_labels(), {}),
        blank=typed.Form(_labels(), {}),
        wrong=wrong,
        modes=MODES,
        new_key=new_key,
    )


@bp.post("/<coop>/shipping/<int:suborder_id>/pack/lot")
@guards.manager
def pack_lot(coop: str, suborder_id: int) -> Response | tuple[str, int]:
    picking.number_of(suborder_id, g.cooperative_id)
    lines = packing_view.lines_to_pack(suborder_id)
    allocation_id = row_id(request.form.get("allocation")) or 0
    line = next((line for line in lines if any(one.id == allocation_id for one in line.held)), None)
    form = typed.posted(_labels(), {"lot", "quantity"})
    lot_id = row_id(form.text("lot"))
    if lot_id is None:
        form.refuse("lot", _("请选择批次"))
    quantity = form.read("quantity", _amount(line, form.text("quantity_unit"), _("换多少")))
    if form.problems or lot_id is None or quantity is None:
        return _page(suborder_id, form, f"lot-{allocation_id}"), 422
    try:
        with transaction():
            done = lot_swaps.swap(
                suborder_id, g.cooperative_id, allocation_id, lot_id, quantity, request_key=_key(), by=guards.me().id
            )  # fmt: skip
    except Refused as refusal:
        form.blame(refusal)
        return _page(suborder_id, form, f"lot-{allocation_id}"), 422
    except Conflict as conflict:
        pages.say(conflict.message, "error")
    else:
        pages.say(_("批次已换，货款跟着归到新批次的户") if done.fresh else _("刚才已经换过了，没有重复换"))
    return redirect(url_for("office.pack", suborder_id=suborder_id), 303)


@bp.post("/<coop>/shipping/<int:suborder_id>/pack/weight")
@guards.manager
def pack_weight(coop: str, suborder_id: int) -> Response | tuple[str, int]:
    picking.number_of(suborder_id, g.cooperative_id)
    line_id = row_id(request.form.get("line")) or 0
    form = typed.posted(_labels(), {"weighed"})
    unit = form.text("weighed_unit")
    grams = form.read("weighed", lambda text: parse_weight(text, unit or None, label=_("实际重量")))
    if form.problems or grams is None:
        return _page(suborder_id, form, f"weight-{line_id}"), 422
    try:
        with transaction():
            done = weighing.weigh(
                suborder_id, g.cooperative_id, line_id, grams, request_key=_key(), by=guards.me().id
            )
    except Refused as refusal:
        form.blame(refusal, {"amount": "weighed", f"line-{line_id}": "weighed"})
        return _page(suborder_id, form, f"weight-{line_id}"), 422
    except Conflict as conflict:
        pages.say(conflict.message, "error")
    else:
        if done.by_provider:
            ring(send_refund, done.refund_id)
        pages.say(_("已记下重量，退差价 %(fen)s，买家在订单里能看到", fen=format_yuan(done.amount_fen)))
    return redirect(url_for("office.pack", suborder_id=suborder_id), 303)


def _amount(line: packing_view.Line | None, unit: str, label: str) -> Callable[[str], int]:
    if line is not None and line.unit_kind != "g":
        word = line.count_word
        return lambda text: parse_pieces(text, word, label=label)
    return lambda text: parse_weight(text, unit or None, label=label)


def _key() -> str:
    return request.form.get("idempotency_key", "")[:62]
