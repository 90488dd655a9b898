"""收货登记: the receipts, one receipt, and taking one back while its lot is open."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.produce import confirming, daybook, goods_pictures, queries, slip_messages
from shop.cooperatives.produce import intake as deeds
from shop.cooperatives.produce.mode_words import MODES
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.money import format_plain
from shop.core.numbers import row_id
from shop.office.blueprint import bp

SIZE = 30
WHICH = ("unconfirmed", "outside")


@bp.get("/<coop>/intake")
@guards.manager
def intake(coop: str) -> str:
    which = request.args.get("which", "")
    which = which if which in WHICH else ""
    rows = queries.receipts(
        g.cooperative_id, before_id=row_id(request.args.get("after", "")), limit=SIZE + 1, which=which
    )
    shown, today = rows[:SIZE], clock.today()
    return render_template(
        "office/intake.html",
        page=pages.Page(shown, size=SIZE, next_after=str(shown[-1].id) if len(rows) > SIZE else None),
        totals=daybook.totals(g.cooperative_id, today),
        today=today,
        which=which,
        unconfirmed=confirming.waiting(g.cooperative_id, today),
        window=confirming.WINDOW.days,
        modes=MODES,
    )


@bp.get("/<coop>/intake/<int:receipt_id>")
@guards.manager
def receipt(coop: str, receipt_id: int) -> str:
    return receipt_page(receipt_id, typed.Form(_labels(), {}, frozenset({"reason"})))


def _labels() -> dict[str, str]:
    return {
        "reason": _("冲销原因"), "code": _("确认码"), "signature": _("签名"), "slip": _("签字单的照片"),
        goods_pictures.DELIVERY: _("货的照片"), goods_pictures.CERTIFICATE: _("合格证的照片"),
        "message": _("短信单"),
    }  # fmt: skip


def receipt_form() -> typed.Form:
    """What a form of the receipt's page sends, all of them together."""
    return typed.posted(_labels(), {"reason"})


def receipt_page(receipt_id: int, form: typed.Form) -> str:
    """A receipt with everything that can be done with it. Raises NotFound for another cooperative's."""
    row = queries.receipt(receipt_id, g.cooperative_id)
    return render_template(
        "office/receipt.html",
        row=row,
        form=form,
        modes=MODES,
        again=url_for("office.intake_new", **_again(row)),
        fresh=request.args.get("fresh") == "1",
        papers=goods_pictures.of_receipt(receipt_id, g.cooperative_id),
        most=goods_pictures.MOST,
        told=slip_messages.asked(receipt_id, g.cooperative_id),
    )


def _again(row: Any) -> dict[str, Any]:
    """What the next receipt keeps of this one: produce, mode and price."""
    kept = {"produce": row.produce_id, "mode": row.mode, "grade": row.grade}
    if row.price_fen:
        kept["price"] = format_plain(row.price_fen)
    return kept


@bp.post("/<coop>/intake/<int:receipt_id>/reverse")
@guards.manager
def receipt_reverse(coop: str, receipt_id: int) -> Response | tuple[str, int]:
    row = queries.receipt(receipt_id, g.cooperative_id)
    form = receipt_form()
    try:
        with transaction():
            deeds.reverse(receipt_id, g.cooperative_id, form.text("reason"), guards.me().id)
    except Refused as refusal:
        form.blame(refusal)
        return receipt_page(receipt_id, form), 422
    pages.say(_("%(number)s 已冲销，货和账都退回去了。记错的请重新登记", number=row.number))
    return redirect(url_for("office.receipt", receipt_id=receipt_id), 303)
