"""退汇: a payment that had arrived came back; written down from the bank's paper."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import BadInput
from shop.core.typed import Form
from shop.office.blueprint import bp
from shop.payments import payout_queries, returned
from shop.payments.returned import Return


def _form() -> Form:
    labels = {"returned_on": _("退回日期"), "reason": _("退回原因"), "bank_reference": _("银行流水号")}
    return typed.posted(labels, required=["returned_on", "reason"])


def _payment(batch_id: int, seq: int) -> Any:
    payout_queries.batch(batch_id, [g.cooperative_id])
    row = payout_queries.payment(batch_id, seq)
    if row is None:
        raise NotFound
    return row


@bp.get("/<coop>/payouts/<int:batch_id>/<int:seq>/return")
@guards.manager
def payout_return(coop: str, batch_id: int, seq: int) -> str:
    return _page(batch_id, _payment(batch_id, seq), _form())


def _page(batch_id: int, row: Any, form: Form) -> str:
    return render_template(
        "office/payout_return.html",
        batch=payout_queries.batch(batch_id, [g.cooperative_id]),
        row=row,
        form=form,
        today=clock.today(),
    )


@bp.post("/<coop>/payouts/<int:batch_id>/<int:seq>/return")
@guards.manager
def payout_return_save(coop: str, batch_id: int, seq: int) -> Response | tuple[str, int]:
    row, form = _payment(batch_id, seq), _form()
    day = form.read("returned_on", lambda text: typed.day(text, label=_("退回日期")))
    if day is not None:
        told = Return(form.text("reason"), day, form.text("bank_reference"))
        try:
            with transaction():
                returned.record(batch_id, row.id, g.cooperative_id, told, guards.me().id)
        except (Refused, Conflict) as refusal:
            form.blame(refusal)
        except BadInput as refusal:
            form.refuse("reason", _(refusal.template, **refusal.values))
    if form.problems:
        return _page(batch_id, row, form), 422
    pages.say(_("已记退回：账已冲回，这一户回到待付"))
    return redirect(url_for("office.payout", batch_id=batch_id), 303)
