"""The buyer's orders: list, page, cancelling, confirming receipt. Another buyer's order does not exist here."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.aftersale import moves
from shop.aftersale.queries import of_order
from shop.core.db import transaction
from shop.core.errors import Conflict, said
from shop.core.pages import Page, here, page_number, say
from shop.core.text import N_
from shop.orders import fulfilment, gift_parcels, gifts, lots_sent, queries, recalled, states
from shop.orders.impact import impact_of
from shop.orders.parts import Step
from shop.orders.reviews import reading as review_reading
from shop.payments import after_sales, closing, weighing
from shop.payments.queries import payment_of, refunded_lines
from shop.storefront import typed
from shop.storefront.blueprint import bp

MONEY_BACK = {
    "late_payment", "double_payment", "refund_goods", "refund_amount", "refunding", "refunded", "refund_failed", "disputed",
}  # fmt: skip
REFUND = "refund"
TABS = queries.TABS | {REFUND: N_("退款售后")}


@bp.get("/orders")
@guards.signed_in
def orders() -> str:
    tab = request.args.get("tab", "all")
    tab = tab if tab in TABS else "all"
    buyer = guards.me().id
    page: Page[Any]
    refunds = after_sales.count_of(buyer)
    if tab == REFUND:
        counts = queries.tab_counts(buyer)
        page = after_sales.of_buyer(buyer, refunds, page_number())
    else:
        page, counts = queries.orders_of(buyer, tab, page_number())
    tabs = [
        {
            "label": _(label),
            "url": here(tab=None if name == "all" else name, page=None),
            "on": name == tab,
            "count": (counts | {REFUND: refunds})[name],
        }
        for name, label in TABS.items()
    ]
    return render_template("storefront/orders.html", page=page, tabs=tabs, tab=tab)


@bp.get("/orders/<number>")
@guards.signed_in
def order(number: str) -> str:
    return order_html(number)


def order_html(number: str, problem: str = "") -> str:
    """The page of one order. Raises NotFound."""
    found = queries.order_page(typed.code(number), guards.me().id)
    money_back = any(step.event in MONEY_BACK for step in found.steps)
    return render_template(
        "storefront/order.html",
        o=found,
        card=found.card,
        timeline=_timeline(found.steps, several=len(found.card.parts) > 1),
        impact=impact_of(found.card.id) if found.attributed_at else [],
        recalled=recalled.of_order(found.card.id) if found.card.parts else [],
        traced=lots_sent.trace_codes(found.card.id) if found.attributed_at else {},
        payment=payment_of(found.card.id) if money_back else None,
        back=refunded_lines(found.card.id) if money_back else {},
        weighed=weighing.of_order(found.card.id) if money_back else {},
        problem=problem,
        reviewed=review_reading.of_order(found.card.id) if found.attributed_at else {},
        recipients=gift_parcels.of_order(found.card.id) if found.card.parts[0].delivery == gifts.GIFT else (),
        part_states=states.SUBORDER_STATES,
        asked=of_order(found.card.id) if found.paid_at else [],
        moves=moves,
    )


def _timeline(steps: tuple[Step, ...], several: bool) -> list[dict[str, Any]]:
    """Newest first, as the timeline macro takes it; parcels are only named where there are several."""
    newest = len(steps) - 1
    return [
        {
            "title": _(step.name),
            "at": step.at,
            "text": " · ".join(filter(None, (_parcel(step) if several else "", step.note))),
            "now": place == newest,
            "done": place < newest,
        }
        for place, step in reversed(list(enumerate(steps)))
    ]


def _parcel(step: Step) -> str:
    return str(_("包裹 %(part)s", part=step.part)) if step.part else ""


@bp.post("/orders/<number>/cancel")
@guards.signed_in
def order_cancel(number: str) -> Response | tuple[str, int]:
    try:
        closing.cancel(typed.code(number), guards.me().id)
    except Conflict as refusal:
        return order_html(number, said(refusal)), refusal.status
    say(_("订单已取消，留的货已放回去卖"))
    return redirect(url_for("storefront.order", number=number), 303)


@bp.post("/orders/<number>/receive")
@guards.signed_in
def order_receive(number: str) -> Response | tuple[str, int]:
    """All parcels of the order, or the one that the form names."""
    wanted = typed.code(request.form.get("part") or number)
    if wanted != number and not wanted.startswith(f"{number}-"):
        wanted = typed.code(number)
    try:
        with transaction():
            fulfilment.receive(wanted, guards.me().id)
    except Conflict as refusal:
        return order_html(number, said(refusal)), refusal.status
    say(_("已确认收货，谢谢你帮了山里的农户"))
    return redirect(url_for("storefront.order", number=number), 303)
