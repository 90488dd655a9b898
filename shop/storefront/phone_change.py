"""Another phone for the account: a code to the new one, and the password or a code to the old one."""

from __future__ import annotations

from contextlib import suppress

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from shop.accounts import codes, guards, proving, registration, sms
from shop.accounts.limits import account_key, limiter
from shop.core import pages
from shop.core.db import transaction
from shop.core.errors import Refused, said
from shop.core.http import settings
from shop.storefront import proofs
from shop.storefront.blueprint import bp
from shop.storefront.proofs import PER_ACCOUNT, PHONE, ProofForm


class PhoneForm(ProofForm):
    phone = StringField(
        _l("新手机号"), [InputRequired(_l("请填新手机号")), Length(max=40, message=_l("手机号太长了"))]
    )
    new_code = StringField(_l("新手机收到的验证码"), [Length(max=20, message=_l("验证码是 6 位数字"))])


def _page(form: PhoneForm) -> str:
    return render_template(
        "storefront/account/phone.html", form=form, has_password=proving.has_password(guards.me().id)
    )


@bp.get("/me/phone")
@guards.signed_in
def phone() -> str | Response:
    return proofs.away() or _page(PhoneForm(formdata=None))


@bp.post("/me/phone")
@limiter.limit(PER_ACCOUNT, key_func=account_key)
@guards.signed_in
def change_phone() -> Response | str | tuple[str, int]:
    """Whether the new phone has an account is told only to who proved to hold it."""
    if away := proofs.away():
        return away
    form, user, act = PhoneForm(), guards.me(), request.form.get("act")
    try:
        if act == "send":
            proofs.send_code(user.phone, PHONE)
            return _page(form)
        if form.validate_on_submit():
            wanted = registration.parse_phone(form.phone.data)
            if wanted == user.phone:
                raise Refused("这就是现在的手机号", "phone")
            if act == "send_new":
                proofs.send_code(wanted, PHONE)
                return _page(form)
            if not form.new_code.data:
                raise Refused("请填新手机收到的 6 位验证码", "new_code")
            proofs.check(form, PHONE)
            with transaction():
                proven = codes.redeem(wanted, form.new_code.data, PHONE)
            if not proven:
                raise Refused("验证码不对或已过期。可以重新获取一个", "new_code")
            with transaction():
                registration.change_phone(user.id, wanted, user.session_id)
            _tell_old(user.phone)
            pages.say(_("手机号已换，其他设备都已退出登录"))
            return redirect(url_for("storefront.account_settings"), 303)
    except Refused as refusal:
        form[_field(refusal, act)].errors = [said(refusal)]
    return _page(form), 422


def _field(refusal: Refused, act: str | None) -> str:
    """A code that could not be sent is told where it was asked for."""
    if act == "send":
        return "code"
    return "new_code" if act == "send_new" and refusal.field == "code" else refusal.field or "phone"


def _tell_old(old: str) -> None:
    """To the old phone, so that its holder sees what happened. A gateway that does not answer changes nothing."""
    with suppress(OSError):
        sms.gateway(settings()).send(
            old, _("你在大川镇商城的账号已换了手机号。不是你本人办的，请马上打合作社主页上的监督电话。")
        )
