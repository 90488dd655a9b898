"""The confirmation page and placing the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from sqlalchemy import Row
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock
from shop.core.errors import Conflict, NotFound, Refused, said
from shop.core.http import settings
from shop.core.numbers import row_id
from shop.core.pages import say
from shop.core.text import BadInput
from shop.orders import addresses, basket_view, freight, invoices, placing
from shop.orders import basket as baskets
from shop.orders.attempts import retried
from shop.orders.coupons import choice as coupon_choice
from shop.storefront import guest, typed, visitor
from shop.storefront.blueprint import bp

KEPT = "checkout"  # in the visitor's cookie: what was chosen and typed here, while an address or a heading is added elsewhere
MOST_KEPT = 600  # characters: a cookie has room for four kilobytes
ELSEWHERE = {
    "address": "address_new",
    "addresses": "addresses",
    "invoice": "invoice_new",
    "invoices": "invoices",
}


@bp.get("/checkout")
@guards.signed_in
def checkout() -> str | Response:
    return _page()


def _page(problem: str = "", field: str = "") -> str | Response:
    """The confirmation page; back to the basket where something must be mended there, to the address form where there is none."""
    buyer, asked = guards.me().id, _asked()
    book = addresses.of_buyer(buyer)
    chosen = _chosen(book, asked.get("address", ""))
    view = basket_view.read(baskets.buyer(buyer), clock.today(), _place_of(book, chosen), ways(asked))
    if not view.orderable:
        visitor.note_basket_size(len(view.items))
        if view.problems:
            say(problem or view.problems[0], "notice")
        elif problem:
            say(problem, "notice")
        return redirect(url_for("storefront.basket"), 303)
    if not book:
        return redirect(url_for("storefront.address_new", to="checkout"), 303)
    view, choice = coupon_choice.choose(buyer, view, asked)
    return render_template(
        "storefront/checkout.html",
        view=view,
        coupons=choice,
        book=book,
        chosen=chosen,
        headings=invoices.of_buyer(buyer),
        heading=asked.get("invoice", ""),
        notes={
            group.code: asked.get(f"note-{group.code}", "")[: placing.MAX_NOTE + 50] for group in view.groups
        },
        fresh_confirmed=confirmed(asked),
        problem=problem,
        field=field,
        most=placing.MAX_NOTE,
        minutes=settings().hold_minutes_online,
    )


def _asked() -> Mapping[str, str]:
    """What is chosen and typed so far: the form's, or, back from elsewhere, what it was before with what comes from there."""
    if request.method == "POST":
        return request.form
    kept = cookie.get(KEPT)
    return (kept if isinstance(kept, dict) else {}) | request.args.to_dict()


def ways(asked: Mapping[str, str]) -> dict[str, str]:
    """The ways of delivery as chosen so far, by cooperative code."""
    return {name.removeprefix("way-"): value[:20] for name, value in asked.items() if name.startswith("way-")}


def confirmed(asked: Mapping[str, str]) -> set[int]:
    """The skus whose box for fresh goods is ticked."""
    ids = (
        row_id(name.removeprefix("fresh-"))
        for name, value in asked.items()
        if name.startswith("fresh-") and value
    )
    return {sku_id for sku_id in ids if sku_id is not None}


def _leave(where: str) -> Response:
    """To another page that leads back here; nothing typed is lost."""
    names = [
        name
        for name in request.form
        if name in {"address", "invoice"} or name.startswith(("way-", "note-", "fresh-", "coupon-"))
    ]
    kept: dict[str, str] = {}
    for name in sorted(names, key=lambda name: name.startswith("note-")):
        value = request.form[name][: placing.MAX_NOTE]
        if value and sum(map(len, kept.values())) + len(value) <= MOST_KEPT:
            kept[name] = value
    cookie[KEPT] = kept
    return redirect(url_for(f"storefront.{where}", to="checkout"), 303)


def _place_of(book: Sequence[Row[*tuple[Any, ...]]], chosen: int) -> freight.Place:
    row = next((row for row in book if row.id == chosen), None)
    if row is None:
        return freight.HOME
    return freight.Place(row.province, row.province + row.city + row.district, row.street)


def _heading() -> int | None:
    """The invoice heading chosen, None for no invoice. Raises NotFound where it cannot be one."""
    return typed.row_id("invoice") if request.form.get("invoice") else None


def _chosen(book: Sequence[Row[*tuple[Any, ...]]], wanted: str) -> int:
    """The address asked for, else the first (the default one); 0 where there is none."""
    ids: list[int] = [row.id for row in book]
    return next((number for number in ids if str(number) == wanted), ids[0] if ids else 0)


@bp.post("/checkout")
@guards.signed_in
def place() -> Response | tuple[str | Response, int] | str:
    """Place the order; `act=recount` only reckons anew for another address or way of delivery, others add an address or a
    heading first."""
    buyer, act = guards.me().id, request.form.get("act", "")
    if act == "recount":
        return _recounted()
    if act in ELSEWHERE:
        return _leave(ELSEWHERE[act])
    try:
        basket_id, address_id = typed.row_id("basket"), typed.row_id("address")
        expected = _expected()
        key = typed.key("idempotency_key")
        notes = {
            name.removeprefix("note-"): value
            for name, value in request.form.items()
            if name.startswith("note-")
        }
        chosen, heading, sure = ways(request.form), _heading(), confirmed(request.form)
        hold = timedelta(minutes=settings().hold_minutes_online)
        placed = retried(
            lambda: placing.place(
                buyer,
                basket_id,
                address_id,
                key,
                notes,
                hold=hold,
                expected_fen=expected,
                ways=chosen,
                heading_id=heading,
                fresh_confirmed=sure,
                coupon_ids=coupon_choice.asked_for(request.form),
            )
        )
    except (Refused, Conflict, BadInput, NotFound) as refusal:
        return _again(refusal)
    visitor.note_basket_size(0)
    cookie.pop(KEPT, None)
    if placed.fresh:
        guest.remember_by_message(placed.number)
    return redirect(url_for("storefront.pay", number=placed.number), 303)


def _recounted() -> str | Response:
    """The page reckoned anew; a script that asked is sent on where the basket has to be mended first."""
    page = _page()
    if isinstance(page, str) or not request.headers.get("HX-Request"):
        return page
    return Response(status=204, headers={"HX-Redirect": page.location or url_for("storefront.basket")})


def _expected() -> int:
    """The total that the buyer saw, in fen."""
    text = request.form.get("total", "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refused(_("页面信息不完整，请核对后再提交"))
    return int(text)


def _again(refusal: Refused | Conflict | BadInput | NotFound) -> Response | tuple[str, int]:
    """The confirmation page with what went wrong, or the basket where it has to be mended."""
    page = _page(said(refusal), getattr(refusal, "field", None) or "")
    return (page, getattr(refusal, "status", 422)) if isinstance(page, str) else page
