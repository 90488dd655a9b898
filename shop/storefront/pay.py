"""Paying: the page before the provider's checkout, the way there, and the page that waits for the result.

The state shown is always the database's: coming back from the checkout proves nothing.
"""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core.errors import Conflict, Refused, Unavailable, said
from shop.core.pages import say
from shop.orders import queries
from shop.orders.impact import impact_of
from shop.payments import by_transfer, charging, on_delivery
from shop.storefront import typed
from shop.storefront.blueprint import bp

WAITING = "awaiting_payment"
CLOSED = frozenset({"cancelled", "expired", "closed_unpaid", "refunded", "not_taken"})


@bp.get("/orders/<number>/pay")
@guards.signed_in
def pay(number: str) -> str | Response:
    found = queries.order_page(typed.code(number), guards.me().id)
    if not (found.card.payable or (found.card.at_door and found.card.state == "to_ship")):
        return redirect(url_for("storefront.order", number=number), 303)
    return _pay_page(found)


def _pay_page(found: queries.OrderPage, problem: str = "") -> str:
    return render_template(
        "storefront/pay.html",
        card=found.card,
        o=found,
        problem=problem,
        payee=by_transfer.payee_of(found.card.id),
        at_door=on_delivery.offer_for(found.card.id),
    )


@bp.post("/orders/<number>/pay")
@guards.signed_in
def pay_start(number: str) -> Response | tuple[str, int]:
    """To the provider's hosted page. Where it does not answer, this page says so and the order stays as it is."""
    buyer = guards.me().id
    try:
        url = charging.pay_url(typed.code(number), buyer)
    except (Conflict, Refused) as refusal:
        say(said(refusal), "notice")
        return redirect(url_for("storefront.order", number=number), 303)
    except Unavailable as refusal:
        return _pay_page(queries.order_page(number, buyer), said(refusal)), refusal.status
    return redirect(url, 303)


@bp.post("/orders/<number>/transfer")
@guards.signed_in
def transfer_start(number: str) -> Response:
    """Pay by bank transfer instead; asking again shows the same code."""
    number = typed.code(number)
    try:
        by_transfer.choose(number, guards.me().id)
    except (Conflict, Refused) as refusal:
        say(said(refusal), "notice")
        return redirect(url_for("storefront.pay", number=number), 303)
    return redirect(url_for("storefront.transfer", number=number), 303)


@bp.get("/orders/<number>/transfer")
@guards.signed_in
def transfer(number: str) -> str | Response:
    """Where to transfer how much with which code; it looks by itself whether the money has come."""
    found = queries.order_page(typed.code(number), guards.me().id)
    if found.card.state != WAITING:
        return redirect(url_for("storefront.pay_return", number=number), 303)
    slip = by_transfer.slip_of(found.card.id)
    if slip is None:
        return redirect(url_for("storefront.pay", number=number), 303)
    return render_template("storefront/transfer.html", card=found.card, slip=slip)


@bp.get("/pay/return/<number>")
@guards.signed_in
def pay_return(number: str) -> str | Response:
    """The result, as far as we know it; while we wait the page asks again by itself."""
    buyer = guards.me().id
    if request.headers.get("HX-Request") == "true":
        return _checked(typed.code(number), buyer)
    found = queries.order_page(typed.code(number), buyer)
    state = found.card.state
    return render_template(
        "storefront/pay_return.html",
        card=found.card,
        waiting=state == WAITING,
        closed=state in CLOSED,
        impact=impact_of(found.card.id) if found.attributed_at else [],
    )


def _checked(number: str, buyer: int) -> Response:
    """204 while nothing has changed, else the word to load the page anew."""
    changed = queries.state_of(number, buyer) != WAITING
    response = make_response("", 200 if changed else 204)
    if changed:
        response.headers["HX-Refresh"] = "true"
    return response
