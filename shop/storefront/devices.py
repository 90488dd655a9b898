"""Where the account is signed in: end one, the others, or all."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import devices as seen
from shop.accounts import guards, sessions
from shop.core import pages
from shop.core.db import transaction
from shop.core.numbers import row_id
from shop.storefront.blueprint import bp


@bp.get("/me/devices")
@guards.signed_in
def devices() -> str:
    rows = [
        {
            "id": row.id,
            "name": " · ".join(_(word) for word in seen.described(row.agent) if word),
            "address": seen.masked_address(row.ip),
            "created_at": row.created_at,
            "seen_at": row.seen_at,
        }
        for row in sessions.live_sessions(guards.me().id)
    ]
    return render_template("storefront/account/devices.html", rows=rows)


@bp.post("/me/devices/end")
@guards.signed_in
def end_devices() -> Response:
    """`session`: a number, `others`, or `all`, which ends this one too."""
    user = guards.me()
    wanted = request.form.get("session", "")
    with transaction():
        if wanted == "all":
            sessions.revoke_all(user.id)
        elif wanted == "others":
            sessions.revoke_all(user.id, but=user.session_id)
        elif session_id := row_id(wanted):
            sessions.revoke(session_id, user.id)
    if wanted == "all":
        cookie.clear()
        pages.say(_("所有设备都已退出登录"))
        return sessions.clear_cookie(redirect(url_for("storefront.home"), 303))
    pages.say(_("已让该设备退出登录"))
    return redirect(url_for("storefront.devices"), 303)
