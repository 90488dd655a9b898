"""消息提醒: which messages about the own orders always come, and an e-mail address for them."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.pages import say
from shop.orders.reminders import address as reminder_address
from shop.storefront.blueprint import bp


@bp.get("/me/reminders")
@guards.signed_in
def reminders() -> str:
    return _page(reminder_address.email_of(guards.me().id))


def _page(email: str, problem: str = "") -> str:
    field = {
        "name": "email",
        "id": "email",
        "label": _("邮箱"),
        "data": email,
        "errors": [problem] if problem else [],
        "required": False,
    }
    return render_template("storefront/reminders.html", email=field)


@bp.post("/me/reminders")
@guards.signed_in
def reminders_save() -> Response | tuple[str, int]:
    typed_in = request.form.get("email", "")[:300]
    try:
        with transaction():
            kept = reminder_address.keep(guards.me().id, typed_in)
    except Refused as refusal:
        return _page(typed_in, refusal.message), refusal.status
    say(_("已保存，订单消息也会发到这个邮箱") if kept else _("已保存，订单消息只发短信"))
    return redirect(url_for("storefront.reminders"), 303)
