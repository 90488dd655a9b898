"""Language and type size, kept in cookies of a year; set by a link, so that it works without JavaScript."""

from __future__ import annotations

from flask import current_app, redirect, request
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import language, pages
from shop.storefront.blueprint import bp
from shop.storefront.signin import safe_next

A_YEAR = 365 * 24 * 3600
CHOICES = {
    "lang": (language.COOKIE, tuple(language.LOCALES)),
    "size": (pages.SIZE_COOKIE, ("normal", "large")),
}


@bp.get("/prefs")
@guards.public
def prefs() -> Response:
    response = redirect(safe_next(request.args.get("next")), 303)
    for name, (cookie, values) in CHOICES.items():
        value = request.args.get(name)
        if value in values:
            secure = current_app.config["SESSION_COOKIE_SECURE"]
            response.set_cookie(cookie, value, max_age=A_YEAR, samesite="Lax", secure=secure, httponly=True)
    return response
