"""注销账号: what will be deleted, what is kept and why, and a proof of who asks. Nothing is closed by one press."""

from __future__ import annotations

from contextlib import suppress

from flask import redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField

from shop.accounts import guards, proving, sessions, sms
from shop.accounts.limits import account_key, limiter
from shop.core import pages
from shop.core.errors import Refused, said
from shop.core.http import settings
from shop.orders.attempts import retried
from shop.personal import leaving as closing
from shop.storefront import proofs
from shop.storefront.blueprint import bp
from shop.storefront.proofs import LEAVING, PER_ACCOUNT, ProofForm


class LeavingForm(ProofForm):
    sure = BooleanField(_l("我看过了，确定注销，注销后不能恢复"))


def _page(form: LeavingForm) -> str:
    user = guards.me()
    return render_template(
        "storefront/account/leaving.html",
        form=form,
        obstacles=closing.obstacles(user.id),
        has_password=proving.has_password(user.id),
    )


@bp.get("/me/leave")
@guards.signed_in
def leave() -> str | Response:
    return proofs.away() or _page(LeavingForm(formdata=None))


@bp.post("/me/leave")
@limiter.limit(PER_ACCOUNT, key_func=account_key)
@guards.signed_in
def leave_now() -> Response | str | tuple[str, int]:
    if away := proofs.away():
        return away
    form, user = LeavingForm(), guards.me()
    try:
        if request.form.get("act") == "send":
            proofs.send_code(user.phone, LEAVING)
            return _page(form)
        if form.validate_on_submit():
            if not form.sure.data:
                raise Refused("请先看完并勾选确定", "sure")
            proofs.check(form, LEAVING)
            retried(lambda: closing.close(user.id))  # an order in another tab may lock in the other order
            return _gone(user.phone)
    except Refused as refusal:
        form[refusal.field if refusal.field in {"now", "code"} else "sure"].errors = [said(refusal)]
    return _page(form), 422


def _gone(phone: str) -> Response:
    with suppress(OSError):
        sms.gateway(settings()).send(
            phone, _("你在大川镇商城的账号已注销。以后用这个手机号登录，是一个新账号。")
        )
    cookie.clear()
    pages.say(_("账号已注销。谢谢你来过。"))
    return sessions.clear_cookie(redirect(url_for("storefront.home"), 303))
