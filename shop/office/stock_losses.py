"""报损: goods of a lot that are gone in the store, with why, a picture and who bears it; and goods found again."""

from __future__ import annotations

from typing import Any

from flask import Response, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from shop.accounts import guards
from shop.cooperatives.income import loss_reads, stock_losses
from shop.cooperatives.income.stock_losses import BEARERS, REASONS, HeldByOrders, Lost
from shop.cooperatives.produce import queries
from shop.cooperatives.produce.mode_words import MODES
from shop.core import clock, pages, pictures, typed
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.form_keys import new_key, sent_key
from shop.core.text import clean_line
from shop.core.typed import Form
from shop.office.blueprint import bp
from shop.office.typed_goods import read_goods, units_of
from shop.orders import lot_holds

PICTURES = "image/jpeg,image/png,image/webp"


def _goods(form: Form, name: str, row: Any) -> int | None:
    return read_goods(
        form, name, "unit", produce=row.produce, unit_kind=row.unit_kind, count_word=row.count_word
    )


def _form() -> Form:
    labels = {
        "quantity": _("报损数量"), "unit": _("单位"), "reason": _("原因"), "borne_by": _("由谁承担"), "note": _("说明"),
        "picture": _("照片"),
    }  # fmt: skip
    return typed.posted(labels, {"quantity", "reason", "borne_by"})


def _found_form() -> Form:
    return typed.posted({"found": _("找回数量"), "unit": _("单位")}, {"found"})


@bp.get("/<coop>/lots/<int:lot_id>/loss")
@guards.manager
def stock_loss(coop: str, lot_id: int) -> str:
    return _page(queries.lot(lot_id, g.cooperative_id), _form(), _found_form())


def _page(row: Any, form: Form, found: Form) -> str:
    return render_template(
        "office/stock_loss.html",
        row=row,
        form=form,
        found=found,
        reasons=[(code, _(name)) for code, name in REASONS.items()],
        bearers=[(code, _(name)) for code, name in BEARERS.items()],
        reason_names=REASONS,
        bearer_names=BEARERS,
        units=units_of(row.unit_kind, row.count_word),
        key=new_key(),
        losses=loss_reads.losses_of(row.id, g.cooperative_id),
        holders=lot_holds.holders(row.id, g.cooperative_id),
        accepted=PICTURES,
        modes=MODES,
        today=clock.today(),
    )


@bp.post("/<coop>/lots/<int:lot_id>/loss")
@guards.manager
def stock_loss_save(coop: str, lot_id: int) -> Answer | tuple[str, int]:
    row = queries.lot(lot_id, g.cooperative_id)
    form = _form()
    quantity = _goods(form, "quantity", row)
    if form.text("reason") not in REASONS:
        form.refuse("reason", _("请选择报损的原因"))
    borne_by = stock_losses.bearer(row.mode, form.text("borne_by"))
    if borne_by not in BEARERS:
        form.refuse("borne_by", _("请选择损失由谁承担"))
    note = form.read("note", lambda text: clean_line(text, label=_("说明"), max_length=200, required=False))
    if row.mode == "consign_fixed" and borne_by == "producers" and not (note or "").strip():
        form.refuse("note", _("让交货户承担，要写明依据，例如：代销协议第几条"))
    picture = _picture(form)
    if form.problems or quantity is None:
        return _page(row, form, Form(_found_form().labels, {})), 422
    lost = Lost(
        g.cooperative_id, lot_id, quantity, form.text("reason"), _key(), borne_by, note or "",
        guards.me().id,
    )  # fmt: skip
    try:
        with transaction():
            known = stock_losses.by_key(lost.key, g.cooperative_id)
            loss_id = stock_losses.write_off(lost)
            if picture is not None and known is None:
                pictures.store(
                    picture, subject_type=loss_reads.PICTURE, subject_id=loss_id, cooperative_id=g.cooperative_id,
                    by=lost.by,
                )  # fmt: skip
    except HeldByOrders as refusal:
        form.refuse("quantity", refusal.message)
        return _page(queries.lot(lot_id, g.cooperative_id), form, Form(_found_form().labels, {})), 422
    except Refused as refusal:
        form.blame(refusal)
        return _page(row, form, Form(_found_form().labels, {})), 422
    pages.say(_("已报损，并记入账本"))
    return redirect(url_for("office.stock_loss", lot_id=lot_id), 303)


def _picture(form: Form) -> pictures.Paper | None:
    try:
        paper = pictures.sent(request.files.get("picture"), "picture")
        if paper is not None and paper.media_type != pictures.WEBP:
            raise Refused(_("这里只收照片，请拍一张"), "picture")
    except Refused as refusal:
        form.blame(refusal)
        return None
    return paper


def _key() -> str:
    """Idempotency: one for a rendered form; without one every press is a new act."""
    return f"form:{g.cooperative_id}:{sent_key() or new_key()}"


@bp.post("/<coop>/lots/<int:lot_id>/found")
@guards.manager
def stock_found(coop: str, lot_id: int) -> Answer | tuple[str, int]:
    """Goods written off in the store are there after all."""
    row = queries.lot(lot_id, g.cooperative_id)
    form = _found_form()
    quantity = _goods(form, "found", row)
    if quantity is not None:
        key = _key()
        try:
            with transaction():
                if stock_losses.by_key(f"{key}:0", g.cooperative_id) is None:
                    stock_losses.find_again(g.cooperative_id, lot_id, quantity, key, guards.me().id)
        except Refused as refusal:
            form.blame(refusal, {"quantity": "found"})
    if form.problems:
        return _page(row, Form(_form().labels, {}, frozenset({"quantity", "reason", "borne_by"})), form), 422
    pages.say(_("已转回库存，账也冲回了"))
    return redirect(url_for("office.stock_loss", lot_id=lot_id), 303)


@bp.get("/<coop>/losses/<int:loss_id>/picture")
@guards.manager
def stock_loss_picture(coop: str, loss_id: int) -> Response:
    return pictures.answer(loss_reads.picture_of(loss_id, g.cooperative_id), [g.cooperative_id])
