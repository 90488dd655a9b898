"""我的: who I am here, what is mine, the doors I may open."""

from __future__ import annotations

from flask import render_template

from shop.accounts import guards, invitations
from shop.orders import guest
from shop.storefront.blueprint import bp


@bp.get("/me")
@guards.signed_in
def account() -> str:
    phone = guards.me().phone
    return render_template(
        "storefront/me.html", nameless=guest.is_guest(phone), invitations=len(invitations.invited(phone))
    )
