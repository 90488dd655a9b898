"""Who may open a page. Every view carries exactly one guard; a view without one stops the start."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, abort, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from shop.accounts import sessions
from shop.accounts.sessions import Identity

P = ParamSpec("P")
R = TypeVar("R")
MARK = "__guard__"
View = Callable[..., Any]


def me() -> Identity:
    """The signed-in user of a guarded page."""
    return cast(Identity, current_user._get_current_object())


def signed_in_user() -> Identity | None:
    """The user of this request, if any: for public pages that greet."""
    return me() if current_user.is_authenticated else None


def _mark(view: View, name: str) -> View:
    setattr(view, MARK, name)
    return view


def needs(view: View) -> str:
    """The guard of a view: public, signed_in, manager, staff, operator, provider; empty when it has none."""
    return cast(str, getattr(view, MARK, ""))


def public(view: View) -> View:
    """Anybody may open it."""
    return _mark(view, "public")


def provider(view: View) -> View:
    """Called by a payment provider; the view itself checks the signature."""
    return _mark(view, "provider")


def _to_sign_in() -> Response:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("storefront.sign_in", next=wanted or None), 303)


def _guarded(name: str, check: Callable[[dict[str, Any]], bool]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return _to_sign_in()
            sessions.touch(me())
            if not check(kwargs):
                abort(404)
            return view(*args, **kwargs)

        return _mark(wrapper, name)

    return decorate


def _manages(kwargs: dict[str, Any]) -> bool:
    if "coop" not in kwargs:
        return bool(me().cooperatives)
    grant = me().manages(kwargs["coop"])
    if grant is None:
        return False
    g.cooperative_id = grant.cooperative_id
    g.duty = grant.duty
    return True


def _oversees(kwargs: dict[str, Any]) -> bool:
    if "region" not in kwargs:
        return bool(me().regions)
    grant = me().oversees(kwargs["region"])
    if grant is None:
        return False
    g.region_code = kwargs["region"]
    g.duty = grant.duty
    return True


signed_in = _guarded("signed_in", lambda kwargs: True)
manager = _guarded("manager", _manages)
staff = _guarded("staff", _oversees)
operator = _guarded("operator", lambda kwargs: me().is_operator)


def check_every_view(app: Flask) -> None:
    """Refuse to start when a view carries no guard."""
    bare = [name for name, view in app.view_functions.items() if name != "static" and not needs(view)]
    if bare:
        raise RuntimeError("views without a guard: " + ", ".join(sorted(bare)))
