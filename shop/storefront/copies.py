"""A copy of my own data: ask for it, wait a minute, fetch it within three days."""

from __future__ import annotations

from flask import Response as File
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.accounts.limits import account_key, limiter
from shop.core import language, pages
from shop.core.background import ring
from shop.core.db import transaction
from shop.personal import exporting, tasks
from shop.storefront.blueprint import bp


@bp.get("/me/copy")
@guards.signed_in
def copy() -> str:
    """While a copy is being made the page's box asks again by itself."""
    page = "_copy" if request.headers.get("HX-Request") == "true" else "copy"
    return render_template(f"storefront/account/{page}.html", latest=exporting.latest(guards.me().id))


@bp.post("/me/copy")
@limiter.limit("10 per day", key_func=account_key)
@guards.signed_in
def copy_ask() -> Response:
    with transaction():
        export_id = exporting.request(guards.me().id, language.chosen())
    ring(tasks.export, export_id)
    return redirect(url_for("storefront.copy"), 303)


@bp.get("/me/copy/file")
@guards.signed_in
def copy_file() -> Response:
    """Only ever one's own: the address names no copy."""
    body = exporting.file_of(guards.me().id)
    if body is None:
        pages.say(_("这份副本已过期或还没做好，可以重新申请"), "notice")
        return redirect(url_for("storefront.copy"), 303)
    answer = File(body, mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename="my-data.zip")
    return answer
