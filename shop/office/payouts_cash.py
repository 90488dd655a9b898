"""发现金: a batch for households without an account — the list to sign, and who signed it."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.queries import balance
from shop.core import clock, pages, pictures
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused, said
from shop.core.numbers import row_id
from shop.core.text import BadInput
from shop.office.blueprint import bp
from shop.payments import cash, payout_queries, payouts

MOST = 1000  # of one batch on a page: the list is signed as a whole


def page(batch: Any, problem: str = "", errors: dict[str, str] | None = None) -> str:
    """The batch with the form of its state."""
    return render_template(
        "office/payout_cash.html",
        batch=batch,
        rows=payout_queries.payments_of(batch.id, limit=MOST, offset=0),
        papers=pictures.papers_of(cash.SUBJECT, batch.id, g.cooperative_id),
        held_fen=balance(g.cooperative_id, Account.CASH),
        ticked=set(request.form.getlist("collected")),
        own=batch.made_by == guards.me().id,
        chair=g.duty == "chair",
        accepted=pictures.ACCEPTED,
        problem=problem,
        errors=errors or {},
    )


@bp.get("/<coop>/payouts/<int:cash_batch_id>/list")
@guards.manager
def payout_list(coop: str, cash_batch_id: int) -> str:
    """The A4 list that each household signs."""
    batch = _batch(cash_batch_id)
    rows = payout_queries.payments_of(cash_batch_id, limit=MOST, offset=0)
    return render_template("office/payout_list.html", batch=batch, rows=rows, printed_at=clock.now())


@bp.post("/<coop>/payouts/<int:cash_batch_id>/hand-out")
@guards.manager
def payout_hand_out(coop: str, cash_batch_id: int) -> Response | tuple[str, int]:
    batch = _batch(cash_batch_id)
    ticked = {row_id(one) or 0 for one in request.form.getlist("collected")}
    try:
        paper = pictures.sent(request.files.get("signed"), "signed")
        if paper is None:
            raise Refused(_("请附上签了字的领款表（照片或 PDF）"), "signed")
        with transaction():
            paid, rest = cash.hand_out(cash_batch_id, g.cooperative_id, ticked, paper, guards.me().id)
    except (Refused, Conflict, BadInput) as refusal:
        return page(batch, errors={getattr(refusal, "field", None) or "": said(refusal)}), 422
    done = _("已入账：发给 %(n)s 户", n=paid)
    pages.say(done + "，" + _("%(n)s 户没有来领，放回待付", n=rest) if rest else done)
    return redirect(url_for("office.payout", batch_id=cash_batch_id), 303)


def _batch(batch_id: int) -> Any:
    batch = payout_queries.batch(batch_id, [g.cooperative_id])
    if batch.method != payouts.CASH:
        raise NotFound
    return batch
