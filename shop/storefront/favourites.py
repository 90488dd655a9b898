"""我的收藏: hearts on products and the page of what they mark."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import favourites, kept_goods
from shop.core import clock
from shop.core.db import transaction
from shop.core.errors import NotFound, Refused
from shop.core.numbers import row_id
from shop.core.pages import Page, page_number, say
from shop.storefront.blueprint import bp
from shop.storefront.signin import safe_next

SIZE = 24


def viewer() -> int | None:
    """Whose hearts are shown."""
    user = guards.signed_in_user()
    return user.id if user else None


@bp.app_template_global("signed_in")
def signed_in() -> bool:
    """For macros, which do not see current_user."""
    return viewer() is not None


@bp.get("/favourites")
@guards.signed_in
def my_favourites() -> str:
    number = page_number()
    rows = kept_goods.kept_goods(guards.me().id, clock.today(), SIZE + 1, (number - 1) * SIZE)
    page = Page(rows[:SIZE], number=number, size=SIZE, more=len(rows) > SIZE)
    return render_template("storefront/favourites.html", page=page)


@bp.post("/favourites")
@guards.signed_in
def favourite() -> Response:
    """`on` or `off` names the product, so that a second press of the same button changes nothing."""
    back = safe_next(request.form.get("next"))
    user_id = guards.me().id
    on, off = row_id(request.form.get("on", "")), row_id(request.form.get("off", ""))
    if on is None and off is None:
        raise NotFound
    try:
        with transaction():
            if on is not None:
                favourites.add(user_id, on)
            elif off is not None:
                favourites.remove(user_id, off)
    except Refused as refusal:
        say(refusal.message, "error")
    else:
        say(_("已收藏，在“我的”里能找到") if on is not None else _("已取消收藏"))
    return redirect(back, 303)
