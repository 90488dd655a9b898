"""An order of several cooperatives, parted into one for each so that each is paid by itself; and all transfers still to make."""

from __future__ import annotations

import contextlib

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core.errors import Conflict, Refused, said
from shop.core.pages import say
from shop.payments import by_transfer, changing
from shop.storefront import typed
from shop.storefront.blueprint import bp


@bp.post("/orders/<number>/part")
@guards.signed_in
def part(number: str) -> Response:
    """`method=transfer`: each of the orders is to be paid by transfer, where its cooperative has an account."""
    number, buyer = typed.code(number), guards.me().id
    try:
        numbers = changing.part(number, buyer)
    except (Conflict, Refused) as refusal:
        say(said(refusal), "notice")
        return redirect(url_for("storefront.pay", number=number), 303)
    if request.form.get("method") != "transfer":
        if len(numbers) > 1:
            say(_("已分成 %(n)d 张订单，每张各自付款", n=len(numbers)))
        return redirect(url_for("storefront.orders", tab="to_pay"), 303)
    for one in numbers:
        with contextlib.suppress(Conflict, Refused):  # it stays to be paid otherwise, and the list says so
            by_transfer.choose(one, buyer)
    return redirect(url_for("storefront.transfers"), 303)


@bp.get("/transfers")
@guards.signed_in
def transfers() -> str:
    """Every transfer that the buyer has still to make, with its account and code."""
    return render_template("storefront/transfers.html", slips=by_transfer.slips_of(guards.me().id))
