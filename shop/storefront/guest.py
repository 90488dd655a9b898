"""Ordering without an account: name, phone and address once; then a link that only the guest has."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards, sessions, sms
from shop.accounts.limits import limiter
from shop.core.db import transaction
from shop.core.errors import NotFound, Refused, said
from shop.core.http import settings
from shop.orders import addresses as book
from shop.orders import basket, guest
from shop.storefront import visitor
from shop.storefront.addresses import filled, form_of
from shop.storefront.blueprint import bp

LINK = "guest"  # the guest's own token in the guest's own cookie: pages of the guest show the link again
MAX_TOKEN = 100


@bp.get("/checkout/guest")
@guards.public
def guest_start() -> str | Response:
    if guards.signed_in_user():
        return redirect(url_for("storefront.checkout"), 303)
    return render_template("storefront/guest.html", form=form_of({}))


@bp.post("/checkout/guest")
@limiter.limit("30 per 5 minutes;200 per day")
@guards.public
def guest_open() -> Response | str | tuple[str, int]:
    """Keep the address, open the guest's account with the basket, and on to the confirmation page."""
    if guards.signed_in_user():
        return redirect(url_for("storefront.checkout"), 303)
    typed, shown = filled()
    shown["own"] = request.form.get("own") == "1"
    if request.form.get("act") in {"places", "split"}:
        return render_template("storefront/guest.html", form=form_of(shown))
    values, problems = book.cleaned(typed)
    if problems:
        return render_template("storefront/guest.html", form=form_of(shown, problems)), 422
    try:
        ticket, ends = _open(values)
    except Refused as refusal:
        return render_template(
            "storefront/guest.html", form=form_of(shown, {"recipient": said(refusal)})
        ), 422
    return sessions.set_cookie(redirect(url_for("storefront.checkout"), 303), ticket, ends)


def _open(values: dict[str, Any]) -> tuple[str, Any]:
    held = cookie.get(visitor.TOKEN)
    with transaction():
        user_id, token = guest.open_account(values, own_phone=request.form.get("own") == "1")
        ticket, ends = sessions.open_session(user_id)
        if held:
            basket.merge(held, user_id)
        kinds = basket.size(basket.buyer(user_id))
    cookie.clear()
    cookie[LINK], cookie.permanent = token, True
    visitor.note_basket_size(kinds)
    return ticket, ends


@bp.get("/g/<token>")
@guards.public
def guest_link(token: str) -> str | Response:
    """The link's door: a page with one button, so that a preview of the link in a chat opens nothing."""
    _account(token)
    return render_template("storefront/guest_link.html", token=token)


@bp.post("/g/<token>")
@limiter.limit("30 per 5 minutes")
@guards.public
def guest_enter(token: str) -> Response:
    user_id = _account(token)
    with transaction():
        ticket, ends = sessions.open_session(user_id)
        kinds = basket.size(basket.buyer(user_id))
    cookie.clear()
    cookie[LINK], cookie.permanent = token, True
    visitor.note_basket_size(kinds)
    return sessions.set_cookie(redirect(url_for("storefront.orders"), 303), ticket, ends)


def _account(token: str) -> int:
    """Raises NotFound for an unknown link and one that was taken over: both look the same."""
    user_id = guest.account_of(token) if len(token) <= MAX_TOKEN and token.isascii() else None
    if user_id is None:
        raise NotFound
    return user_id


def link() -> dict[str, str]:
    """For the frame and the order page: the guest's own link, empty for everybody else."""
    user = guards.signed_in_user()
    token = cookie.get(LINK) if user is not None and guest.is_guest(user.phone) else None
    return {"guest_link": url_for("storefront.guest_link", token=token, _external=True) if token else ""}


def remember_by_message(number: str) -> None:
    """After a guest's first order: the link by SMS as well. A gateway that does not answer changes nothing."""
    mine = link()["guest_link"]
    if not mine:
        return
    phone = guest.phone_to_tell(guards.me().id)
    words = _("订单 %(number)s 已提交。查看订单：%(link)s 请不要转给别人。", number=number, link=mine)
    if phone:
        with suppress(OSError):
            sms.gateway(settings()).send(phone, words)
