"""最近看过: the last products a browser looked at, in its own signed cookie and nowhere else."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import seen_goods
from shop.core import clock
from shop.core.pages import say
from shop.storefront import favourites
from shop.storefront.blueprint import bp

SEEN = "seen"
MOST = 12


def ids() -> list[int]:
    """Products, the last one first; whatever else an old cookie may hold is left out."""
    kept = cookie.get(SEEN, [])
    return [one for one in kept if isinstance(one, int)][:MOST] if isinstance(kept, list) else []


def note(product_id: int) -> None:
    """This one was looked at now. The cookie changes only where the order does."""
    before = ids()
    if before[:1] != [product_id]:
        cookie[SEEN] = [product_id, *(one for one in before if one != product_id)][:MOST]
        cookie.permanent = True


@bp.get("/seen")
@guards.public
def seen_list() -> str:
    found = seen_goods.cards_of(ids(), clock.today(), favourites.viewer())
    return render_template("storefront/seen.html", found=found)


@bp.post("/seen/clear")
@guards.public
def seen_clear() -> Response:
    cookie.pop(SEEN, None)
    say(_("看过的记录已清空"))
    return redirect(url_for("storefront.seen_list"), 303)
