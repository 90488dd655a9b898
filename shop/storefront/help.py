"""Help, trading rules, licences, privacy: what the law wants on screen, in plain words."""

from __future__ import annotations

from flask import g, render_template

from shop.accounts import guards
from shop.accounts.consents import NOTICE
from shop.cooperatives.people.queries import cooperatives_under
from shop.core.http import settings
from shop.orders.parts import AUTO_RECEIVE_AFTER
from shop.storefront.blueprint import bp


@bp.get("/help")
@guards.public
def help() -> str:  # noqa: A001 (the endpoint's name)
    g.private = False
    return render_template(
        "storefront/help.html", minutes=settings().hold_minutes_online, days=AUTO_RECEIVE_AFTER.days
    )


@bp.get("/help/rules")
@guards.public
def rules() -> str:
    """E-commerce Law art. 33: rules of trade, found at any time."""
    g.private = False
    return render_template(
        "storefront/rules.html", minutes=settings().hold_minutes_online, days=AUTO_RECEIVE_AFTER.days
    )


@bp.get("/help/licence")
@guards.public
def licence() -> str:
    """E-commerce Law art. 15: who sells, under which registration."""
    g.private = False
    return render_template("storefront/licence.html", cooperatives=cooperatives_under(""))


@bp.get("/help/privacy")
@guards.public
def privacy() -> str:
    """Personal Information Protection Law art. 17, 45-47; E-commerce Law art. 24."""
    g.private = False
    return render_template("storefront/privacy.html", hours=settings().session_hours, version=NOTICE)
