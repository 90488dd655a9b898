"""Proving once more who one is, on the pages that change the account itself: the password, or a code by text message."""

from __future__ import annotations

from flask import redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import Length

from shop.accounts import codes, guards, proving, sms
from shop.core import pages
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.http import settings
from shop.core.text import N_
from shop.orders import guest

PER_ACCOUNT = "10 per 5 minutes;40 per day"
PASSWORD, PHONE, LEAVING = "password", "phone", "leaving"
WORDS = {PASSWORD: N_("改密码"), PHONE: N_("换手机号"), LEAVING: N_("注销账号")}


class ProofForm(FlaskForm):
    """The two fields of a proof; pages put their own before them."""

    now = PasswordField(_l("现在的密码"), [Length(max=200, message=_l("密码太长了"))])
    code = StringField(_l("验证码"), [Length(max=20, message=_l("验证码是 6 位数字"))])


def send_code(phone: str, purpose: str) -> None:
    """A code that is good for this purpose only, and says so. Raises Refused (within a minute of the last, no gateway)."""
    with transaction():
        code = codes.issue(phone, purpose)
    words = _(
        "验证码 %(code)s，用于%(what)s，5 分钟内有效。不要告诉任何人。", code=code, what=_(WORDS[purpose])
    )
    try:
        sms.gateway(settings()).send(phone, words)
    except OSError:
        raise Refused("短信没有发出去，请一分钟后再试", "code") from None
    pages.say(_("验证码一分钟内会到。5 分钟内有效。"), "notice")


def check(form: ProofForm, purpose: str) -> None:
    """Raises Refused beside the field that does not prove anything."""
    password, code = form.now.data or "", form.code.data or ""
    if not password and not code:
        field = "now" if proving.has_password(guards.me().id) else "code"
        raise Refused("请填现在的密码，或者获取验证码后填上", field)
    with transaction():
        right = proving.holds(guards.me().id, password=password, code=code, purpose=purpose)
    if not right:
        if password:
            raise Refused("密码不对，也可以改用验证码", "now")
        raise Refused("验证码不对或已过期。可以重新获取一个", "code")


def away() -> Response | None:
    """Guests have no phone and no password: these pages send them back to their own."""
    return redirect(url_for("storefront.account"), 303) if guest.is_guest(guards.me().phone) else None
