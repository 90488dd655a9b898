"""待退款: refunds that no provider sends, or that failed there; staff enter the bank's line once the money has left."""

from __future__ import annotations

from datetime import date

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused, said
from shop.core.numbers import row_id
from shop.core.text import BadInput
from shop.orders.states import NOTES
from shop.payments import repaying
from shop.township.blueprint import bp
from shop.township.overview import region_name


@bp.get("/<region>/refunds")
@guards.staff
def refunds(region: str) -> str:
    return _page(region)


@bp.post("/<region>/refunds")
@guards.staff
def refund_repaid(region: str) -> Response | tuple[str, int]:
    """The form names the refund, the bank's reference and its day."""
    refund_id = row_id(request.form.get("refund", "")) or 0
    reference = request.form.get("reference", "")[:200]
    try:
        with transaction():
            fresh = repaying.mark_repaid(
                refund_id, reference, _day(), by=guards.me().id, region_code=g.region_code
            )
    except (Refused, Conflict, BadInput) as refusal:
        return _page(region, said(refusal), refund_id, reference), 422
    pages.say(_("已登记为退回") if fresh else _("这笔刚才已经登记过"))
    return redirect(url_for("township.refunds"), 303)


def _day() -> date:
    try:
        return date.fromisoformat(request.form.get("booked_on", "")[:20])
    except ValueError:
        raise Refused(_("请填写银行流水上的日期"), field="booked_on") from None


def _page(region: str, problem: str = "", wrong: int = 0, reference: str = "") -> str:
    return render_template(
        "township/refunds.html",
        place=region_name(region),
        rows=repaying.waiting(region),
        today=clock.today(),
        problem=problem,
        wrong=wrong,
        why=NOTES,
        reference=reference,
    )
