"""What the shop knows of whoever asks: whose basket it is, and how many kinds of goods are in it."""

from __future__ import annotations

from flask import has_request_context
from flask import session as cookie

from shop.accounts import guards
from shop.orders import basket
from shop.orders.basket import Owner

TOKEN = "basket"  # noqa: S105 (the name of a cookie value)
COUNT = "basket_count"


def owner() -> Owner:
    """The basket of the signed-in buyer, else the guest's (perhaps none yet)."""
    user = guards.signed_in_user()
    return basket.buyer(user.id) if user else basket.guest(cookie.get(TOKEN))


def owner_to_fill() -> Owner:
    """The same, but a guest without a basket gets a token now."""
    if guards.signed_in_user() is None and not cookie.get(TOKEN):
        cookie[TOKEN] = basket.new_token()
        cookie.permanent = True
    return owner()


def note_basket_size(number: int) -> None:
    """Keep the badge's number in the cookie, so that no page asks the database for it."""
    if cookie.get(COUNT, 0) != number:
        cookie[COUNT] = number


def badges() -> dict[str, dict[str, int]]:
    """For the frame: the number on the basket's tab."""
    number = cookie.get(COUNT, 0) if has_request_context() else 0
    return {"badges": {"storefront.basket": number}} if isinstance(number, int) and number > 0 else {}
